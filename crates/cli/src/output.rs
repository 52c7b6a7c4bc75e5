//! Data goes to stdout, everything else to stderr.

use crate::error::CliError;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

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

/// Writes a line to stderr. If even that is closed, nobody is there to be told.
pub(crate) fn note(line: impl Display) {
    drop(writeln!(io::stderr().lock(), "{line}"));
}
