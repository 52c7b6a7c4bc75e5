//! The run directory: complete at every moment.
//!
//! `requests.jsonl` is appended to as requests end; every other file is replaced by rename. A
//! kill loses at most the requests in flight.

use crate::records::RecordsError;
use crate::search::SearchReport;
use crate::telemetry::{TELEMETRY, TelemetryError};
use farebox_core::curve::LoadCurve;
use farebox_core::run::RunManifest;
use farebox_core::verdict::Verdict;
use serde::Serialize;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

pub use crate::stored::{StoredRun, curve_of, read_manifest, read_verdict};
pub(crate) use crate::stored::{put_recording_beside, read_counted};

/// A directory that a run is written to.
#[derive(Debug)]
pub struct RunDir {
    path: PathBuf,
}

/// Why a run directory cannot be made, written or read.
#[derive(Debug, thiserror::Error)]
pub enum RunDirError {
    /// There is something in its place.
    #[error("--out: {} exists already", .0.display())]
    Exists(PathBuf),
    /// Another process writes to it.
    #[error("{}: this run is under way in another process", .0.display())]
    Busy(PathBuf),
    /// It cannot be made.
    #[error("--out: {}: {source}", path.display())]
    Make {
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// It is no run directory.
    #[error("{} is no run directory: it has no run.json", .0.display())]
    NoRun(PathBuf),
    /// The system said no.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A document is not what it should be.
    #[error("{}: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        source: serde_json::Error,
    },
    /// It was written by another version.
    #[error("{}: schema {found}; this version reads {known}", path.display())]
    Schema {
        /// The file.
        path: PathBuf,
        /// What it says it is.
        found: String,
        /// What can be read.
        known: &'static str,
    },
    /// A line of the records is not what it should be.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// What the machine reported cannot be read.
    #[error(transparent)]
    Telemetry(Box<TelemetryError>),
    /// A stored promise cannot be read.
    #[error("{}: {source}", path.display())]
    Slo {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: farebox_core::slo::SloError,
    },
}

impl RunDir {
    /// Whether something is in the place of a new run.
    pub fn is_taken(path: &Path) -> bool {
        path.symlink_metadata().is_ok()
    }

    /// Whether a new run could be made at `path`, which is free: found out by making the topmost
    /// folder that is missing, and taking it away again.
    pub fn try_out(path: &Path) -> Result<(), RunDirError> {
        let is_missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
        let Some(topmost) = path.ancestors().take_while(is_missing).last() else { return Ok(()) };
        let made = fs::create_dir(topmost).and_then(|()| fs::remove_dir(topmost));
        match made {
            // Somebody else came first.
            Err(error) if topmost.is_dir() => drop(error),
            made => made.map_err(|source| make_error(topmost, source))?,
        }
        Ok(())
    }

    /// Makes a new directory with its manifest in it.
    pub fn create(path: &Path, manifest: &RunManifest) -> Result<Self, RunDirError> {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|source| make_error(parent, source))?;
        }
        match fs::create_dir(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(RunDirError::Exists(path.to_owned()));
            }
            made => made.map_err(|source| make_error(path, source))?,
        }
        let dir = Self { path: path.to_owned() };
        dir.write_manifest(manifest)?;
        Ok(dir)
    }

    /// The same at `path` or, where that is taken, at `path-2`, `path-3` and so on.
    pub fn create_beside(path: &Path, manifest: &RunManifest) -> Result<Self, RunDirError> {
        let mut made = Self::create(path, manifest);
        for n in 2.. {
            if !matches!(made, Err(RunDirError::Exists(_))) {
                break;
            }
            let mut name = path.file_name().unwrap_or_default().to_owned();
            name.push(format!("-{n}"));
            made = Self::create(&path.with_file_name(name), manifest);
        }
        made
    }

    /// The directory of a run that is gone on with.
    pub(crate) fn existing(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file that records are appended to, for one process at a time.
    pub fn open_records(&self) -> Result<File, RunDirError> {
        let file = self.append_to(REQUESTS)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Err(RunDirError::Busy(self.path.clone())),
            // Some file systems know no locks.
            Ok(()) | Err(TryLockError::Error(_)) => Ok(file),
        }
    }

    /// The file that samples are appended to.
    pub(crate) fn open_telemetry(&self) -> Result<File, RunDirError> {
        self.append_to(TELEMETRY)
    }

    /// A file of lines, without the last one where a kill has torn it.
    fn append_to(&self, name: &str) -> Result<File, RunDirError> {
        let path = self.path.join(name);
        let file = File::options().create(true).append(true).read(true).open(&path);
        let file = file.map_err(|source| io_error(&path, source))?;
        mend(&file).map_err(|source| io_error(&path, source))?;
        Ok(file)
    }

    /// Replaces `run.json`.
    pub fn write_manifest(&self, manifest: &RunManifest) -> Result<(), RunDirError> {
        self.replace(MANIFEST, manifest)
    }

    /// Replaces `curve.json`.
    pub fn write_curve(&self, curve: &LoadCurve) -> Result<(), RunDirError> {
        self.replace(CURVE, curve)
    }

    /// Replaces `verdict.json`.
    pub fn write_verdict(&self, verdict: &Verdict) -> Result<(), RunDirError> {
        self.replace(VERDICT, verdict)
    }

    /// Writes `search.json`.
    pub fn write_search(&self, report: &SearchReport) -> Result<(), RunDirError> {
        self.replace("search.json", report)
    }

    /// Writes beside the file and renames over it, so that nobody ever sees half of it.
    fn replace(&self, name: &str, document: &impl Serialize) -> Result<(), RunDirError> {
        let path = self.path.join(name);
        let mut text = serde_json::to_vec_pretty(document)
            .map_err(|source| RunDirError::Json { path: path.clone(), source })?;
        text.push(b'\n');
        replace_file(&path, &text).map_err(|source| io_error(&path, source))
    }
}

/// Cuts off what follows the last whole line.
fn mend(file: &File) -> io::Result<()> {
    let len = file.metadata()?.len();
    let (mut end, mut block) = (len, vec![0; 1 << 16]);
    while end > 0 {
        let start = end.saturating_sub(block.len() as u64);
        let block = &mut block[..(end - start) as usize];
        file.read_exact_at(block, start)?;
        if let Some(at) = block.iter().rposition(|byte| *byte == b'\n') {
            end = start + at as u64 + 1;
            break;
        }
        end = start;
    }
    if end < len { file.set_len(end) } else { Ok(()) }
}

pub(crate) const MANIFEST: &str = "run.json";
pub(crate) const REQUESTS: &str = "requests.jsonl";
pub(crate) const CURVE: &str = "curve.json";
pub(crate) const VERDICT: &str = "verdict.json";

/// Replaces a file whole: written beside it, synced, renamed over it.
pub fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let beside = path.with_file_name(name);
    let mut file = File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

pub(crate) fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, RunDirError> {
    let text = fs::read(path).map_err(|source| io_error(path, source))?;
    serde_json::from_slice(&text)
        .map_err(|source| RunDirError::Json { path: path.to_owned(), source })
}

fn make_error(path: &Path, source: io::Error) -> RunDirError {
    RunDirError::Make { path: path.to_owned(), source }
}

fn io_error(path: &Path, source: io::Error) -> RunDirError {
    RunDirError::Io { path: path.to_owned(), source }
}
