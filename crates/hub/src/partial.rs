//! A download under way: bytes on disk that are not yet a blob.

use crate::cache::{beside, failed};
use crate::error::HubError;
use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The beginning of a blob. It stays when a download breaks off, for the next one to go on from.
#[derive(Debug)]
pub(crate) struct Partial {
    file: File,
    path: PathBuf,
    blob: PathBuf,
    length: u64,
    leftover: Leftover,
}

/// What becomes of a download that breaks off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leftover {
    Resume,
    Remove,
}

impl Partial {
    /// Opens what an earlier download of `blob` left, or begins anew. While another process
    /// downloads the same blob, this one writes a file of its own.
    pub(crate) fn open(blob: &Path) -> Result<Self, HubError> {
        let parent = blob.parent().unwrap_or(blob);
        fs::create_dir_all(parent).map_err(|source| failed(parent, source))?;
        let mut name = blob.file_name().unwrap_or_default().to_os_string();
        name.push(".farebox.incomplete");
        let mut path = blob.with_file_name(name);
        let mut file = open(&path)?;
        let mut leftover = Leftover::Resume;
        // Between open and lock the other process may have made the file its blob.
        if file.try_lock().is_err() || !path.exists() {
            path = beside(blob);
            file = open(&path)?;
            leftover = Leftover::Remove;
        }
        let mut partial = Self { file, path, blob: blob.to_owned(), length: 0, leftover };
        let length = partial.file.seek(SeekFrom::End(0));
        partial.length = length.map_err(|source| failed(&partial.path, source))?;
        Ok(partial)
    }

    /// Bytes on disk.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Forgets what is there.
    pub(crate) fn restart(&mut self) -> Result<(), HubError> {
        let emptied = self.file.set_len(0).and_then(|()| self.file.rewind());
        self.length = 0;
        emptied.map_err(|source| failed(&self.path, source))
    }

    /// Adds `bytes`.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<(), HubError> {
        self.file.write_all(bytes).map_err(|source| failed(&self.path, source))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Makes it the blob.
    pub(crate) fn finish(self) -> Result<(), HubError> {
        let synced = self.file.sync_all();
        let placed = synced.and_then(|()| fs::rename(&self.path, &self.blob));
        placed.map_err(|source| failed(&self.blob, source))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if self.leftover == Leftover::Remove {
            // After `finish` there is nothing left to remove.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn open(path: &Path) -> Result<File, HubError> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
    file.map_err(|source| failed(path, source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_broke_off_is_there_for_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let blob = folder.path().join("blobs/tag");
        Partial::open(&blob).unwrap().append(b"first ").unwrap();
        let mut next = Partial::open(&blob).unwrap();
        assert_eq!(next.length(), 6);
        next.append(b"second").unwrap();
        next.finish().unwrap();
        assert_eq!(fs::read(&blob).unwrap(), b"first second");
    }

    #[test]
    fn two_downloads_of_one_blob_do_not_mix() {
        let folder = tempfile::tempdir().unwrap();
        let blob = folder.path().join("tag");
        let mut one = Partial::open(&blob).unwrap();
        one.append(b"whole").unwrap();
        let mut two = Partial::open(&blob).unwrap();
        assert_eq!(two.length(), 0, "the other's bytes are not its own");
        two.append(b"wh").unwrap();
        drop(two);
        one.finish().unwrap();
        assert_eq!(fs::read(&blob).unwrap(), b"whole");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    }
}
