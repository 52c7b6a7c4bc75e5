//! Data goes to stdout, everything else to stderr.

use crate::error::CliError;
use farebox_report::Format;
use farebox_report::grid::{Cell, Column, Grid};
use serde::Serialize;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// Writes data to stdout. Whoever stopped reading has had enough: a closed pipe is no error.
pub(crate) fn data(text: &str) -> Result<(), CliError> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(CliError::failed(format_args!("cannot write to stdout: {error}")))
        }
        _ => Ok(()),
    }
}

/// Names files that were written: a line each, or a document.
pub(crate) fn files(paths: &[&Path], format: Format) -> Result<(), CliError> {
    #[derive(Serialize)]
    struct Files {
        files: Vec<String>,
    }
    let files: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let grid = || Grid {
        columns: vec![Column::words("file")],
        rows: files.iter().map(|file| vec![Cell::Text(file.clone())]).collect(),
        footers: Vec::new(),
    };
    data(&match format {
        Format::Human => files.join("\n") + "\n",
        Format::Json => json("farebox.files/1", &Files { files })?,
        Format::Csv => grid().to_csv().map_err(CliError::failed)?,
        Format::Markdown => grid().to_markdown(),
    })
}

/// A document as JSON, which begins with its schema.
pub(crate) fn json<T: Serialize>(schema: &str, document: &T) -> Result<String, CliError> {
    #[derive(Serialize)]
    struct Tagged<'a, T> {
        schema: &'a str,
        #[serde(flatten)]
        document: &'a T,
    }
    let tagged = Tagged { schema, document };
    Ok(serde_json::to_string_pretty(&tagged).map_err(CliError::failed)? + "\n")
}

/// Several of them: `{"schema": ..., NAME: [...]}`.
pub(crate) fn json_list<T: Serialize>(
    schema: &str,
    name: &str,
    entries: &[T],
) -> Result<String, CliError> {
    json(schema, &std::collections::BTreeMap::from([(name, entries)]))
}

/// Writes a line to stderr. If even that is closed, nobody is there to be told.
pub(crate) fn note(line: impl Display) {
    drop(writeln!(io::stderr().lock(), "{line}"));
}
