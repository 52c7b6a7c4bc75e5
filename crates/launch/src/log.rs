//! An engine's log, as far as an error quotes it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// How much of the end of a log is looked at, in bytes.
const LOOKED_AT: u64 = 64 * 1024;
/// Lines that are quoted.
const QUOTED: usize = 20;

/// The end of a log.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tail(String);

impl Tail {
    /// What can be read of the end of the log at `path`.
    pub(crate) fn of(path: &Path) -> Self {
        Self(
            read(path)
                .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
                .unwrap_or_default(),
        )
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// Its last lines that say something.
    pub(crate) fn lines(&self) -> Vec<String> {
        let lines: Vec<&str> = self.0.lines().filter(|line| !line.trim().is_empty()).collect();
        let first = lines.len().saturating_sub(QUOTED);
        lines[first..].iter().map(|&line| line.to_owned()).collect()
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LOOKED_AT)))?;
    let mut bytes = Vec::new();
    file.take(LOOKED_AT).read_to_end(&mut bytes)?;
    Ok(bytes)
}
