//! An honest Hub's answers, and a client that asks it.

use crate::server::{Reply, Seen, Server};
use farebox_hub::{
    Address, Cache, Hub, HubError, HubEvent, HubSettings, Listener, Network, Patience, RepoRef,
    Token,
};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

pub(crate) const TOKEN: &str = "hf_VerySecretToken";
pub(crate) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
pub(crate) const NEWER: &str = "89abcdef0123456789abcdef0123456789abcdef";
pub(crate) const CONFIG: &[u8] = br#"{"model_type":"llama"}"#;

/// A client with a cache and an ear of its own.
pub(crate) struct Bench {
    pub(crate) folder: TempDir,
    pub(crate) settings: HubSettings,
    heard: Arc<Mutex<Vec<HubEvent>>>,
}

impl Bench {
    /// A client of the Hub at `url`, with the token and hardly any patience.
    pub(crate) fn new(url: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().join("hub"));
        let mut settings = HubSettings::new(Address::parse(url).unwrap(), cache);
        settings.token = Some(Token::parse(TOKEN).unwrap());
        settings.patience = Patience {
            connect: Duration::from_secs(5),
            silence: Duration::from_secs(5),
            backoff: Duration::ZERO,
            ..Patience::default()
        };
        Self { folder, settings, heard: Arc::default() }
    }

    pub(crate) fn of(server: &Server) -> Self {
        Self::new(&server.url)
    }

    pub(crate) fn offline(&mut self) -> &Self {
        self.settings.network = Network::Offline;
        self
    }

    pub(crate) fn hub(&self) -> Hub {
        let heard = self.heard.clone();
        let listener = Listener::new(move |event| heard.lock().unwrap().push(event.clone()));
        Hub::new(self.settings.clone(), listener).unwrap()
    }

    pub(crate) fn heard(&self) -> Vec<HubEvent> {
        self.heard.lock().unwrap().clone()
    }

    /// The bytes of `org/name`'s configuration.
    pub(crate) fn config(&self) -> Result<Vec<u8>, HubError> {
        let file = block_on(self.hub().config(&model("org/name")))?;
        Ok(fs::read(file.path).unwrap())
    }

    /// The folder of `org/name` in the cache.
    pub(crate) fn repo(&self) -> PathBuf {
        self.folder.path().join("hub/models--org--name")
    }

    /// Every file below the cache, with its content.
    pub(crate) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        walk(self.folder.path(), &mut found);
        found
    }
}

fn walk(folder: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else {
            found.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
}

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(future)
}

pub(crate) fn model(text: &str) -> RepoRef {
    text.parse().unwrap()
}

/// `content` of `COMMIT` as the Hub sends it: whole, in part, or not at all if it is known.
pub(crate) fn honest(request: &Seen, content: &[u8]) -> Reply {
    let etag = format!("\"{}\"", etag(content));
    let named =
        |status| Reply::status(status).header("X-Repo-Commit", COMMIT).header("ETag", &etag);
    if request.header("if-none-match") == Some(etag.as_str()) {
        return named(304);
    }
    let Some(range) = request.header("range") else { return named(200).body(content) };
    let (first, last) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
    let first: usize = first.parse().unwrap();
    if first >= content.len() {
        return named(416);
    }
    let last = last.parse().unwrap_or(usize::MAX).min(content.len() - 1);
    let range = format!("bytes {first}-{last}/{}", content.len());
    named(206).header("Content-Range", range).body(&content[first..=last])
}

/// The same answer for the commit `NEWER`.
pub(crate) fn newer(mut reply: Reply) -> Reply {
    reply.headers.retain(|(name, _)| name != "X-Repo-Commit");
    reply.header("X-Repo-Commit", NEWER)
}

/// A tag that differs where contents do.
pub(crate) fn etag(content: &[u8]) -> String {
    let sum = content.iter().fold(7_u64, |sum, byte| sum.wrapping_mul(31) + u64::from(*byte));
    format!("{sum:040x}")
}

/// A file the Hub does not have.
pub(crate) fn no_entry() -> Reply {
    Reply::status(404).header("X-Error-Code", "EntryNotFound").header("X-Repo-Commit", COMMIT)
}
