//! One repository's part of the cache: what is there, and how more is put in.

use crate::cache::{failed, place, write};
use crate::error::HubError;
use crate::name::{Commit, Etag, FileName, Revision};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The folder `models--org--name`.
#[derive(Debug, Clone)]
pub(crate) struct RepoCache {
    root: PathBuf,
    /// Makes a link to its first argument at its second.
    symlink: fn(&Path, &Path) -> io::Result<()>,
}

/// What the cache knows of a file at a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Known {
    /// It is here.
    Here(PathBuf),
    /// The repository has none.
    Absent,
    /// Nothing.
    Unknown,
}

impl RepoCache {
    pub(crate) fn at(root: PathBuf) -> Self {
        Self { root, symlink }
    }

    /// The commit that `revision` is, or stood for when the Hub was last asked.
    pub(crate) fn commit_of(&self, revision: &Revision) -> Option<Commit> {
        revision.as_commit().or_else(|| {
            let text = fs::read_to_string(self.reference(revision)).ok()?;
            Commit::parse(text.trim())
        })
    }

    /// What is known of `file` at `commit`. A link whose blob is gone counts for nothing.
    pub(crate) fn find(&self, commit: &Commit, file: &FileName) -> Known {
        let path = self.snapshot(commit, file);
        if path.is_file() {
            return Known::Here(path);
        }
        let absent = self.absence(commit, file).is_file();
        if absent { Known::Absent } else { Known::Unknown }
    }

    /// The tag of a cached file, where its link tells; a copy does not.
    pub(crate) fn etag_of(path: &Path) -> Option<Etag> {
        Etag::parse(fs::read_link(path).ok()?.file_name()?.to_str()?)
    }

    /// Where the content `etag` is or belongs.
    pub(crate) fn blob(&self, etag: &Etag) -> PathBuf {
        self.root.join("blobs").join(etag.as_str())
    }

    /// Where the header of the weight file `file` at `commit` is or belongs.
    pub(crate) fn header(&self, commit: &Commit, file: &FileName) -> PathBuf {
        self.root.join(".farebox").join(commit.as_str()).join(format!("{file}.header"))
    }

    /// Where the list of all files at `revision` is or belongs.
    pub(crate) fn tree(&self, revision: &Revision) -> PathBuf {
        self.root.join(".farebox/trees").join(format!("{revision}.json"))
    }

    /// Makes the blob `etag` the content of `file` at `commit`.
    pub(crate) fn link(
        &self,
        commit: &Commit,
        file: &FileName,
        etag: &Etag,
    ) -> Result<PathBuf, HubError> {
        let path = self.snapshot(commit, file);
        if Self::etag_of(&path).as_ref() != Some(etag) || !path.is_file() {
            let up = "../".repeat(file.as_str().split('/').count() + 1);
            let target = PathBuf::from(format!("{up}blobs/{etag}"));
            let blob = self.blob(etag);
            place(&path, |beside| {
                (self.symlink)(&target, beside).or_else(|_| fs::copy(&blob, beside).map(|_| ()))
            })?;
        }
        Ok(path)
    }

    /// Remembers that `revision` stands for `commit`.
    pub(crate) fn set_reference(
        &self,
        revision: &Revision,
        commit: &Commit,
    ) -> Result<(), HubError> {
        if self.commit_of(revision).as_ref() == Some(commit) || revision.as_commit().is_some() {
            return Ok(());
        }
        // Other tools call a cache corrupt in which a branch leads to no folder.
        let folder = self.root.join("snapshots").join(commit.as_str());
        fs::create_dir_all(&folder).map_err(|source| failed(&folder, source))?;
        write(&self.reference(revision), commit.as_str().as_bytes())
    }

    /// Remembers that `commit` has no `file`.
    pub(crate) fn set_absent(&self, commit: &Commit, file: &FileName) -> Result<(), HubError> {
        write(&self.absence(commit, file), b"")
    }

    fn reference(&self, revision: &Revision) -> PathBuf {
        self.root.join("refs").join(revision.as_str())
    }

    fn snapshot(&self, commit: &Commit, file: &FileName) -> PathBuf {
        self.root.join("snapshots").join(commit.as_str()).join(file.as_str())
    }

    fn absence(&self, commit: &Commit, file: &FileName) -> PathBuf {
        self.root.join(".no_exist").join(commit.as_str()).join(file.as_str())
    }
}

#[cfg(unix)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(not(unix))]
fn symlink(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::write;

    #[test]
    fn where_links_are_impossible_the_newest_content_is_copied() {
        let folder = tempfile::tempdir().unwrap();
        let symlink = |_: &Path, _: &Path| Err(io::ErrorKind::Unsupported.into());
        let cache = RepoCache { root: folder.path().to_owned(), symlink };
        let commit = Commit::parse(&"0a".repeat(20)).unwrap();
        let file = FileName::parse("sub/config.json").unwrap();
        for content in ["first", "second"] {
            let etag = Etag::parse(content).unwrap();
            write(&cache.blob(&etag), content.as_bytes()).unwrap();
            let path = cache.link(&commit, &file, &etag).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
            assert!(!path.is_symlink() && RepoCache::etag_of(&path).is_none());
            assert_eq!(cache.find(&commit, &file), Known::Here(path));
        }
    }

    #[test]
    fn a_reference_is_believed_only_if_it_is_a_commit() {
        let folder = tempfile::tempdir().unwrap();
        let cache = RepoCache::at(folder.path().to_owned());
        let main = Revision::main();
        write(&cache.reference(&main), b"../../elsewhere").unwrap();
        assert_eq!(cache.commit_of(&main), None);
        let commit = Commit::parse(&"0a".repeat(20)).unwrap();
        cache.set_reference(&main, &commit).unwrap();
        assert_eq!(cache.commit_of(&main), Some(commit));
    }
}
