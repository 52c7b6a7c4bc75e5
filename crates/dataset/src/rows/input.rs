//! Bytes from disk or standard input, unpacked by what they are.

use crate::error::DatasetError;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek};
use std::path::{Path, PathBuf};

/// Bytes read at once. The first line of JSONL is expected to fit, or to fill it.
pub(super) const BUFFER: usize = 256 * 1024;

/// Where rows come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A file.
    File(PathBuf),
    /// Standard input.
    Stdin,
}

/// An open input, unpacked.
pub(super) enum Opened {
    /// Rows as text.
    Text(Box<dyn BufRead + Send>),
    /// Columns, which need a file to seek in.
    Parquet(File),
}

impl Input {
    /// `-` is standard input, anything else a file.
    pub fn named(text: &str) -> Self {
        if text == "-" { Self::Stdin } else { Self::File(PathBuf::from(text)) }
    }

    /// What messages call it.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Stdin => "standard input".to_owned(),
        }
    }

    /// The file, if it is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Stdin => None,
        }
    }

    /// Its size in bytes on disk, where known.
    pub fn bytes(&self) -> Option<u64> {
        Some(self.path()?.metadata().ok()?.len())
    }
}

pub(super) fn open(input: &Input) -> Result<Opened, DatasetError> {
    let failed = |source| DatasetError::Open { input: input.name(), source };
    match input {
        Input::File(path) => {
            if path.is_dir() {
                return Err(failed(io::Error::from(io::ErrorKind::IsADirectory)));
            }
            let mut file = File::open(path).map_err(failed)?;
            let head = head(&mut file).map_err(failed)?;
            file.rewind().map_err(failed)?;
            if head.starts_with(b"PAR1") {
                return Ok(Opened::Parquet(file));
            }
            unpack(&head, file).map_err(failed)
        }
        Input::Stdin => {
            let mut stdin = io::stdin();
            let head = head(&mut stdin).map_err(failed)?;
            let whole = Cursor::new(head.clone()).chain(stdin);
            if head.starts_with(b"PAR1") {
                return spool(whole).map(Opened::Parquet).map_err(failed);
            }
            unpack(&head, whole).map_err(failed)
        }
    }
}

/// The first bytes, fewer only if there are no more.
fn head(source: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(4);
    source.take(4).read_to_end(&mut head)?;
    Ok(head)
}

fn unpack(head: &[u8], source: impl Read + Send + 'static) -> io::Result<Opened> {
    let plain: Box<dyn Read + Send> = match head {
        // RFC 1952: several members may follow one another.
        [0x1f, 0x8b, ..] => Box::new(flate2::read::MultiGzDecoder::new(source)),
        // RFC 8878.
        [0x28, 0xb5, 0x2f, 0xfd] => Box::new(zstd::Decoder::new(source)?),
        _ => Box::new(source),
    };
    let mut text = BufReader::with_capacity(BUFFER, filled(plain));
    // An error while unpacking is told by whoever reads on, with its row.
    if text.fill_buf().is_ok_and(|start| start.starts_with(b"\xef\xbb\xbf")) {
        text.consume(3);
    }
    Ok(Opened::Text(Box::new(text)))
}

/// The same bytes, the first [`BUFFER`] of them in one piece: pipes and archives give less at once,
/// and what a text is shows on its first whole line.
fn filled(mut source: Box<dyn Read + Send>) -> Box<dyn Read + Send> {
    let mut start = Vec::with_capacity(BUFFER);
    match source.by_ref().take(BUFFER as u64).read_to_end(&mut start) {
        Ok(_) => Box::new(Cursor::new(start).chain(source)),
        // What came before it is told first, so that the error has its row.
        Err(error) => Box::new(Cursor::new(start).chain(Failing(error))),
    }
}

/// Fails as something else did, however often it is asked.
struct Failing(io::Error);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::new(self.0.kind(), self.0.to_string()))
    }
}

/// Parquet keeps its index at the end: what comes through a pipe is put into a file first.
fn spool(mut source: impl Read) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    io::copy(&mut source, &mut file)?;
    file.rewind()?;
    Ok(file)
}
