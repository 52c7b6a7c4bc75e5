//! Conversations made of this repository's own text: prose, code and data, as Parquet.

use crate::error::BenchError;
use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use rand_core::Rng;
use rand_pcg::Pcg64;
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

/// Columns as WildChat has them, without those that nobody reads.
const SCHEMA: &str = "message schema {
    optional group conversation (LIST) { repeated group list { optional group element {
        optional binary content (UTF8); optional binary role (UTF8); } } } }";

/// Conversations per row group.
const ROWS: usize = 5000;

/// Writes conversations with `bytes` of text in all.
pub(crate) fn write(path: &Path, bytes: u64) -> Result<(), BenchError> {
    let paragraphs = paragraphs(Path::new("."))?;
    let mut random = Pcg64::new(1, 1);
    let failed =
        |error: ParquetError| BenchError::io("conversations")(std::io::Error::other(error));
    let schema = Arc::new(parse_message_type(SCHEMA).map_err(failed)?);
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let file = File::create(path).map_err(BenchError::io("conversations"))?;
    let mut writer =
        SerializedFileWriter::new(file, schema, Arc::new(properties)).map_err(failed)?;
    let mut written = 0;
    while written < bytes {
        let mut group = writer.next_row_group().map_err(failed)?;
        let talks: Vec<Vec<String>> =
            (0..ROWS).map(|_| talk(&paragraphs, &mut random, &mut written)).collect();
        columns(&mut group, &talks).map_err(failed)?;
        group.close().map_err(failed)?;
    }
    writer.close().map(drop).map_err(failed)
}

/// One to six turns of a short question and a longer answer.
fn talk(paragraphs: &[String], random: &mut Pcg64, written: &mut u64) -> Vec<String> {
    let turns = 1 + random.next_u32() % 6;
    let mut message = |most: u32| {
        let parts = 1 + random.next_u32() % most;
        let pick = |_| paragraphs[random.next_u64() as usize % paragraphs.len()].as_str();
        let text = (0..parts).map(pick).collect::<Vec<_>>().join("\n\n");
        *written += text.len() as u64;
        text
    };
    (0..turns).flat_map(|_| [message(2), message(4)]).collect()
}

fn columns(
    group: &mut SerializedRowGroupWriter<'_, File>,
    talks: &[Vec<String>],
) -> Result<(), ParquetError> {
    // Every level is there; the first message of a row begins a new list.
    let repetition: Vec<i16> =
        talks.iter().flat_map(|talk| (0..talk.len()).map(|at| i16::from(at > 0))).collect();
    let definition = vec![4; repetition.len()];
    let texts = talks.iter().flatten().map(|text| ByteArray::from(text.as_str())).collect();
    let role = |at: usize| ByteArray::from(["user", "assistant"][at % 2]);
    let roles = talks.iter().flat_map(|talk| (0..talk.len()).map(role)).collect();
    let columns: [Vec<ByteArray>; 2] = [texts, roles];
    for values in columns {
        if let Some(mut column) = group.next_column()? {
            let typed = column.typed::<ByteArrayType>();
            typed.write_batch(&values, Some(&definition), Some(&repetition))?;
            column.close()?;
        }
    }
    Ok(())
}

/// Paragraphs of all sources, documents and catalogue files.
fn paragraphs(root: &Path) -> Result<Vec<String>, BenchError> {
    let mut found = Vec::new();
    for folder in ["crates", "docs", "catalog", "benches"] {
        walk(&root.join(folder), &mut found)?;
    }
    found.sort_unstable();
    found.dedup();
    if found.is_empty() { Err(BenchError::Missing("text")) } else { Ok(found) }
}

fn walk(folder: &Path, found: &mut Vec<String>) -> Result<(), BenchError> {
    let failed = || BenchError::io(folder.display().to_string());
    for entry in fs::read_dir(folder).map_err(failed())? {
        let path = entry.map_err(failed())?.path();
        let known = path.extension().is_some_and(|it| it == "rs" || it == "md" || it == "toml");
        if path.is_dir() {
            walk(&path, found)?;
        } else if known {
            let text = fs::read_to_string(&path).unwrap_or_default();
            let fits = |part: &&str| (40..4000).contains(&part.len());
            found.extend(text.split("\n\n").filter(fits).map(str::to_owned));
        }
    }
    Ok(())
}
