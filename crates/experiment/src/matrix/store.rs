//! The directory of a matrix: `matrix.json`, replaced by rename after every step, and a run
//! directory per cell under `cells/`. What was cut short is moved to `aside/`, never deleted.

use super::cells::Cell;
use crate::run_dir::{RunDirError, StoredRun, read_json, replace_file};
use farebox_core::RunState;
use farebox_core::run::RunManifest;
use farebox_core::verdict::{Severity, Verdict};
use farebox_price::matrix::{CellRow, CellState, MatrixSheet};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// A matrix's directory, ours alone while this lives.
#[derive(Debug)]
pub struct MatrixDir {
    root: PathBuf,
    /// Unlocked when it is closed.
    _lock: File,
}

/// Why the directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Something else is in its place.
    #[error("{} exists already and is no matrix: it has no matrix.json", .0.display())]
    Foreign(PathBuf),
    /// Another process is at it.
    #[error("{}: another run of this matrix is under way", .0.display())]
    Busy(PathBuf),
    /// A cell that was measured is asked for in another way.
    #[error("{cell} was measured already, but {what}")]
    Changed {
        /// Its name.
        cell: String,
        /// What is different.
        what: String,
    },
    /// The system said no.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A document cannot be read or written.
    #[error(transparent)]
    RunDir(#[from] RunDirError),
}

/// What is there of a cell.
#[derive(Debug)]
pub enum Standing {
    /// Nothing.
    Fresh,
    /// A whole run, with its verdict where it has one.
    Done(Box<StoredRun>, Option<Severity>),
    /// Something that has to be done again.
    Cut,
}

const SHEET: &str = "matrix.json";

impl MatrixDir {
    /// Opens or makes the directory, with what an earlier run left.
    pub fn open(root: &Path) -> Result<(Self, Option<MatrixSheet>), StoreError> {
        let earlier = Self::peek(root)?;
        let cells = root.join("cells");
        fs::create_dir_all(&cells).map_err(|source| io_error(&cells, source))?;
        let path = root.join(".lock");
        let lock = File::create(&path).map_err(|source| io_error(&path, source))?;
        match lock.try_lock() {
            Ok(()) => Ok((Self { root: root.to_owned(), _lock: lock }, earlier)),
            Err(TryLockError::WouldBlock) => Err(StoreError::Busy(root.to_owned())),
            Err(TryLockError::Error(source)) => Err(io_error(&path, source)),
        }
    }

    /// What an earlier run left, without touching anything.
    pub fn peek(root: &Path) -> Result<Option<MatrixSheet>, StoreError> {
        let sheet = root.join(SHEET);
        if sheet.exists() {
            return Ok(Some(read_json(&sheet)?));
        }
        // A kill between the folder and its document leaves an empty shell.
        let is_shell = |name: &std::ffi::OsStr| name == "cells" || name == ".lock";
        match fs::read_dir(root) {
            Ok(entries) => {
                let foreign = entries.flatten().any(|entry| !is_shell(&entry.file_name()));
                if foreign { Err(StoreError::Foreign(root.to_owned())) } else { Ok(None) }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(io_error(root, source)),
        }
    }

    /// Where the matrix is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where a cell is.
    pub fn cell(&self, name: &str) -> PathBuf {
        self.root.join(dir_of(name))
    }

    /// Replaces `matrix.json`.
    pub fn write(&self, sheet: &MatrixSheet) -> Result<(), StoreError> {
        write_sheet(&self.root, sheet)
    }

    /// The rows of `earlier` that are no more among `cells` and whose directories are there.
    pub(super) fn no_longer_asked(
        &self,
        cells: &[Cell],
        earlier: Option<&MatrixSheet>,
    ) -> Vec<CellRow> {
        let rows = earlier.into_iter().flat_map(|it| it.cells.iter().chain(&it.no_longer_asked));
        let is_asked = |row: &CellRow| cells.iter().any(|cell| cell.name == row.name);
        rows.filter(|row| !is_asked(row) && self.root.join(&row.dir).is_dir()).cloned().collect()
    }

    /// A file for the log of the next server that is started for a cell like this.
    pub fn log(&self, server: &str) -> Result<PathBuf, StoreError> {
        let logs = self.root.join("logs");
        fs::create_dir_all(&logs).map_err(|source| io_error(&logs, source))?;
        Ok(numbered(&logs, server, ".log"))
    }

    /// Moves what is there of a cell out of the way.
    pub fn set_aside(&self, name: &str) -> Result<PathBuf, StoreError> {
        let aside = self.root.join("aside");
        fs::create_dir_all(&aside).map_err(|source| io_error(&aside, source))?;
        let to = numbered(&aside, name, "");
        let from = self.cell(name);
        fs::rename(&from, &to).map_err(|source| io_error(&from, source))?;
        Ok(to)
    }
}

/// Replaces the `matrix.json` in the folder `root`.
pub fn write_sheet(root: &Path, sheet: &MatrixSheet) -> Result<(), StoreError> {
    let path = root.join(SHEET);
    let mut text = serde_json::to_vec_pretty(sheet)
        .map_err(|source| RunDirError::Json { path: path.clone(), source })?;
    text.push(b'\n');
    replace_file(&path, &text).map_err(|source| io_error(&path, source))
}

/// The first of `name-1`, `name-2`, ... in `folder` that is free.
fn numbered(folder: &Path, name: &str, ending: &str) -> PathBuf {
    let numbered = |n: u32| folder.join(format!("{name}-{n}{ending}"));
    let taken = (1..u32::MAX).take_while(|n| numbered(*n).exists()).count();
    numbered(taken as u32 + 1)
}

/// Where a cell is, seen from the directory of its matrix.
pub fn dir_of(name: &str) -> String {
    format!("cells/{name}")
}

/// What is there of `cell` below `root`. A whole run that was asked something else is refused.
pub fn standing(
    root: &Path,
    cell: &Cell,
    now: &CellRow,
    earlier: Option<&CellRow>,
) -> Result<Standing, StoreError> {
    let dir = root.join(dir_of(&cell.name));
    let manifest = dir.join("run.json");
    if !dir.exists() {
        return Ok(Standing::Fresh);
    }
    // A directory is made before its manifest.
    if !manifest.exists() {
        return Ok(Standing::Cut);
    }
    let state = read_json::<RunManifest>(&manifest)?.state;
    let was_tried_in_vain = earlier.is_some_and(|row| row.state == CellState::Failed);
    if state != RunState::Complete || was_tried_in_vain {
        return Ok(Standing::Cut);
    }
    if let Some(what) = earlier.and_then(|earlier| difference(earlier, now)) {
        return Err(StoreError::Changed { cell: cell.name.clone(), what });
    }
    let verdict = read_json::<Verdict>(&dir.join("verdict.json")).ok();
    Ok(Standing::Done(Box::new(StoredRun::open(&dir)?), verdict.map(|verdict| verdict.verdict)))
}

/// What of a measured cell is asked for in another way now. Promises and prices may change: they
/// are applied anew.
fn difference(earlier: &CellRow, now: &CellRow) -> Option<String> {
    let differ = |what: &str, was: &[String], is: &[String]| {
        (was != is).then(|| format!("{what} was `{}` and is `{}`", was.join(" "), is.join(" ")))
    };
    let [was, is] = [earlier, now].map(|row| std::slice::from_ref(&row.server));
    differ("its server", was, is).or_else(|| differ("what is asked", &earlier.asked, &now.asked))
}

fn io_error(path: &Path, source: io::Error) -> StoreError {
    StoreError::Io { path: path.to_owned(), source }
}
