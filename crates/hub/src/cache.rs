//! The Hub's own cache on disk, shared with every other tool that uses it.
//!
//! ```text
//! models--org--name/                datasets--org--name/ for a dataset
//!   refs/main                       the commit a branch or tag stood for when last asked
//!   blobs/<etag>                    contents
//!   snapshots/<commit>/config.json  a link to its blob, a copy where links are impossible
//!   .no_exist/<commit>/<file>       files known not to exist
//!   .farebox/trees/<revision>.json  the files of a dataset when last listed
//!   .farebox/<commit>/<file>.header weight headers, which are no files of the Hub's own
//! ```
//!
//! Layout: <https://huggingface.co/docs/huggingface_hub/guides/manage-cache>. Files are written
//! beside their place and renamed into it, so a reader never sees half of one.

use crate::error::HubError;
use crate::repo_cache::RepoCache;
use crate::repo_ref::RepoRef;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A Hub cache: the folder that holds `models--...` folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    root: PathBuf,
}

impl Cache {
    /// The cache in the folder `root`, which is made when first written to.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The part that belongs to one repository.
    pub(crate) fn repo(&self, of: &RepoRef) -> RepoCache {
        RepoCache::at(self.root.join(of.repo.folder(of.kind.plural())))
    }
}

/// Writes `bytes` to `path` in one step, making its folders.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), HubError> {
    place(path, |beside| fs::write(beside, bytes))
}

/// Makes a file beside `path` with `make` and renames it into place.
pub(crate) fn place(
    path: &Path,
    make: impl FnOnce(&Path) -> io::Result<()>,
) -> Result<(), HubError> {
    let beside = beside(path);
    let parent = path.parent().unwrap_or(path);
    let placed = fs::create_dir_all(parent)
        .and_then(|()| make(&beside))
        .and_then(|()| fs::rename(&beside, path));
    placed.map_err(|source| {
        // Nothing may be there to remove; the first error is the one to tell.
        let _ = fs::remove_file(&beside);
        failed(path, source)
    })
}

/// A name in the same folder that no other writer uses.
pub(crate) fn beside(path: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Relaxed);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}-{count}.incomplete", std::process::id()))
}

/// The error of a failed operation on `path`.
pub(crate) fn failed(path: &Path, source: io::Error) -> HubError {
    HubError::Cache { path: path.to_owned(), source }
}
