//! The client a caller holds: configuration and weights of a model, from the cache or the Hub.

use crate::answer::Client;
use crate::cache::failed;
use crate::download::Download;
use crate::error::HubError;
use crate::event::{HubEvent, Listener};
use crate::header::read_local;
use crate::index::WeightIndex;
use crate::name::{Commit, FileName};
use crate::repo_cache::{Known, RepoCache};
use crate::repo_ref::RepoRef;
use crate::safetensors::SafetensorsHeader;
use crate::settings::{HubSettings, Network};
use crate::tree::{self, TreeFile};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Largest configuration accepted, in bytes. Real ones have a few thousand.
pub const LARGEST_CONFIG: u64 = 16 * 1024 * 1024;

/// Largest weight index accepted, in bytes. Real ones reach ten million.
pub const LARGEST_INDEX: u64 = 64 * 1024 * 1024;

/// The Hub, as far as the settings allow to reach it, and its cache. Its futures need a tokio
/// runtime with sockets and time.
#[derive(Debug)]
pub struct Hub {
    settings: HubSettings,
    listener: Listener,
    /// None offline: then nothing here could open a socket.
    client: Option<Client>,
}

/// A file in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedFile {
    /// Where it is.
    pub path: PathBuf,
    /// The commit it belongs to.
    pub commit: Commit,
    /// Whether the Hub was asked.
    pub origin: Origin,
}

/// Whether a file is known to be what the Hub has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The Hub sent it or confirmed it just now.
    Hub,
    /// The cache had it and the Hub was not asked or could not be.
    Cache,
}

/// What a model tells about its weights without sending them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Weights {
    /// The index of a sharded model.
    Sharded(WeightIndex),
    /// The header of the only file.
    Single(SafetensorsHeader),
}

impl Hub {
    /// Prepares to ask; no connection is opened yet. `listener` is told of waits and downloads.
    pub fn new(settings: HubSettings, listener: Listener) -> Result<Self, HubError> {
        let client = match settings.network {
            Network::Online => Some(Client::new(&settings)?),
            Network::Offline => None,
        };
        Ok(Self { settings, listener, client })
    }

    /// The model's `config.json`.
    pub async fn config(&self, model: &RepoRef) -> Result<CachedFile, HubError> {
        self.file(model, &FileName::config(), LARGEST_CONFIG).await
    }

    /// The model's `hf_quant_config.json`; none where it has none, or where that is not known
    /// offline.
    pub async fn quantisation(&self, model: &RepoRef) -> Result<Option<CachedFile>, HubError> {
        match self.file(model, &FileName::quantisation(), LARGEST_CONFIG).await {
            Ok(file) => Ok(Some(file)),
            Err(HubError::EntryNotFound { .. } | HubError::Offline { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What the model tells about its weights: its index, or without one the header of its only
    /// weight file.
    pub async fn weights(&self, model: &RepoRef) -> Result<Weights, HubError> {
        let name = FileName::weight_index();
        let missing = match self.file(model, &name, LARGEST_INDEX).await {
            Ok(file) => {
                let json = read_limited(&file.path, &name, LARGEST_INDEX)?;
                let index = WeightIndex::parse(&json);
                let index = index.map_err(|source| HubError::Index { file: name, source })?;
                return Ok(Weights::Sharded(index));
            }
            Err(error @ (HubError::EntryNotFound { .. } | HubError::Offline { .. })) => error,
            Err(error) => return Err(error),
        };
        match (self.header(model, &FileName::single_weights()).await, missing) {
            (Err(HubError::Offline { .. }), missing @ HubError::Offline { .. }) => Err(missing),
            (header, _) => header.map(Weights::Single),
        }
    }

    /// The header of one weight file, such as a shard that the index names.
    pub async fn header(
        &self,
        model: &RepoRef,
        file: &FileName,
    ) -> Result<SafetensorsHeader, HubError> {
        let cache = self.settings.cache.repo(model);
        let bytes = match (self.local_header(&cache, model, file)?, &self.client) {
            (Some(bytes), None) => bytes,
            (Some(bytes), _) if model.revision.as_commit().is_some() => bytes,
            (None, None) => return Err(self.offline(model, file)),
            (local, Some(client)) => {
                let fetched = self.download(client, &cache, (model, file)).run_header().await;
                match (fetched, local) {
                    (Err(error), Some(bytes)) if error.is_transient() => {
                        self.tell_stale(file, &error);
                        bytes
                    }
                    (fetched, _) => fetched?,
                }
            }
        };
        SafetensorsHeader::parse(&bytes)
            .map_err(|source| HubError::Header { file: file.clone(), source })
    }

    /// Any file of the repository, if it has at most `limit` bytes.
    pub async fn file(
        &self,
        model: &RepoRef,
        file: &FileName,
        limit: u64,
    ) -> Result<CachedFile, HubError> {
        let cache = self.settings.cache.repo(model);
        let commit = cache.commit_of(&model.revision);
        let known = commit.as_ref().map_or(Known::Unknown, |commit| cache.find(commit, file));
        let settled = self.client.is_none() || model.revision.as_commit().is_some();
        if let Some(client) = &self.client
            && (known == Known::Unknown || !settled)
        {
            match self.download(client, &cache, (model, file)).run(limit).await {
                Ok((commit, path)) => return Ok(CachedFile { path, commit, origin: Origin::Hub }),
                Err(error) if error.is_transient() && known != Known::Unknown => {
                    self.tell_stale(file, &error);
                }
                Err(error) => return Err(error),
            }
        }
        match (known, commit) {
            (Known::Here(path), Some(commit)) => {
                Ok(CachedFile { path, commit, origin: Origin::Cache })
            }
            (Known::Absent, _) => {
                Err(HubError::EntryNotFound { model: model.clone(), file: file.clone() })
            }
            _ => Err(self.offline(model, file)),
        }
    }

    /// Every file of the repository. Offline, or while the Hub is down, as it was when last listed.
    pub async fn files(&self, of: &RepoRef) -> Result<Vec<TreeFile>, HubError> {
        let cache = self.settings.cache.repo(of);
        let kept = || tree::kept(&cache.tree(&of.revision));
        let Some(client) = &self.client else {
            return kept().ok_or_else(|| self.offline(of, &FileName::listing()));
        };
        match tree::list(client, &self.settings, &self.listener, of).await {
            Ok(files) => {
                tree::keep(&cache.tree(&of.revision), &files)?;
                Ok(files)
            }
            Err(error) if error.is_transient() => match kept() {
                Some(files) => {
                    self.tell_stale(&FileName::listing(), &error);
                    Ok(files)
                }
                None => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    /// The header as the cache has it: kept from an earlier time, or in a whole weight file.
    fn local_header(
        &self,
        cache: &RepoCache,
        model: &RepoRef,
        file: &FileName,
    ) -> Result<Option<Vec<u8>>, HubError> {
        let Some(commit) = cache.commit_of(&model.revision) else { return Ok(None) };
        let kept = cache.header(&commit, file);
        let path = match cache.find(&commit, file) {
            _ if kept.is_file() => kept,
            Known::Here(path) => path,
            Known::Absent if self.client.is_none() => {
                return Err(HubError::EntryNotFound { model: model.clone(), file: file.clone() });
            }
            _ => return Ok(None),
        };
        let bytes = read_local(&path).map_err(|source| failed(&path, source))?;
        bytes.map(Some).map_err(|source| HubError::Header { file: file.clone(), source })
    }

    fn download<'a>(
        &'a self,
        client: &'a Client,
        cache: &'a RepoCache,
        (model, file): (&'a RepoRef, &'a FileName),
    ) -> Download<'a> {
        let (settings, listener) = (&self.settings, &self.listener);
        Download { client, settings, listener, cache, model, file }
    }

    fn tell_stale(&self, file: &FileName, error: &HubError) {
        let (file, reason) = (file.clone(), error.to_string());
        self.listener.tell(&HubEvent::UsingCached { file, reason });
    }

    fn offline(&self, model: &RepoRef, file: &FileName) -> HubError {
        let (model, file) = (model.clone(), file.clone());
        HubError::Offline { model, file, cache: self.settings.cache.root().to_owned() }
    }
}

impl CachedFile {
    /// Its content, if it has at most `limit` bytes. `name` is for the error.
    pub fn read(&self, name: &FileName, limit: u64) -> Result<Vec<u8>, HubError> {
        read_limited(&self.path, name, limit)
    }
}

fn read_limited(path: &Path, name: &FileName, limit: u64) -> Result<Vec<u8>, HubError> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|source| failed(path, source))?;
    // One byte more than allowed tells a longer file from one that just fits.
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|source| failed(path, source))?;
    if bytes.len() as u64 > limit {
        return Err(HubError::TooLarge { file: name.clone(), limit });
    }
    Ok(bytes)
}
