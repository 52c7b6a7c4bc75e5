//! One file into the cache: asked for, resumed, checked, linked.

use crate::answer::{Answer, Client, Content};
use crate::body::Body;
use crate::error::HubError;
use crate::event::{HubEvent, Listener};
use crate::name::{Commit, Etag, FileName};
use crate::partial::Partial;
use crate::repo_cache::{Known, RepoCache};
use crate::repo_ref::RepoRef;
use crate::request::{Ask, Part};
use crate::retry::Budget;
use crate::settings::HubSettings;
use std::path::PathBuf;

/// What all requests for one file share.
#[derive(Debug)]
pub(crate) struct Download<'a> {
    pub(crate) client: &'a Client,
    pub(crate) settings: &'a HubSettings,
    pub(crate) listener: &'a Listener,
    pub(crate) cache: &'a RepoCache,
    pub(crate) model: &'a RepoRef,
    pub(crate) file: &'a FileName,
}

impl Download<'_> {
    /// Brings the file, at most `limit` bytes of it, into the cache.
    pub(crate) async fn run(&self, limit: u64) -> Result<(Commit, PathBuf), HubError> {
        let mut budget = Budget::new(&self.settings.patience);
        loop {
            match self.attempt(limit).await {
                Ok(file) => return Ok(file),
                Err(error) => self.pause(&mut budget, error).await?,
            }
        }
    }

    /// Waits for another try, or gives `error` back if there is none.
    pub(crate) async fn pause(
        &self,
        budget: &mut Budget<'_>,
        error: HubError,
    ) -> Result<(), HubError> {
        let Some((wait, event)) = budget.pause_after(&error) else { return Err(error) };
        self.listener.tell(&event);
        tokio::time::sleep(wait).await;
        Ok(())
    }

    /// Asks once for `part` of the file. A file that does not exist is noted and an error.
    pub(crate) async fn ask(&self, part: Part) -> Result<Answer, HubError> {
        let ask = Ask { model: self.model, file: self.file, part };
        let answer = self.client.ask(&ask, self.settings).await?;
        if let Content::Absent = answer.content {
            if let Some(commit) = &answer.commit {
                self.cache.set_absent(commit, self.file)?;
                self.cache.set_reference(&self.model.revision, commit)?;
            }
            let (model, file) = (self.model.clone(), self.file.clone());
            return Err(HubError::EntryNotFound { model, file });
        }
        Ok(answer)
    }

    async fn attempt(&self, limit: u64) -> Result<(Commit, PathBuf), HubError> {
        let cached = self.cached();
        let unless = cached.as_ref().map(|(_, etag)| etag.clone());
        let answer = self.ask(Part::Whole { unless }).await?;
        let (commit, etag) = match (&answer.content, cached) {
            (Content::NotModified, Some((commit, etag))) => {
                (answer.commit.clone().unwrap_or(commit), etag)
            }
            _ => answer.identity()?,
        };
        if let Content::From(_, body) = answer.content {
            self.receive(&etag, (answer.size, limit), body).await?;
        }
        let path = self.cache.link(&commit, self.file, &etag)?;
        self.cache.set_reference(&self.model.revision, &commit)?;
        Ok((commit, path))
    }

    /// The cached file that the revision stood for when the Hub was last asked.
    fn cached(&self) -> Option<(Commit, Etag)> {
        let commit = self.cache.commit_of(&self.model.revision)?;
        let Known::Here(path) = self.cache.find(&commit, self.file) else { return None };
        let etag = RepoCache::etag_of(&path)?;
        Some((commit, etag))
    }

    /// Makes `body` the blob `etag`, unless it is there.
    async fn receive(
        &self,
        etag: &Etag,
        (size, limit): (Option<u64>, u64),
        body: Body,
    ) -> Result<(), HubError> {
        let blob = self.cache.blob(etag);
        if blob.is_file() {
            return Ok(());
        }
        if size.is_some_and(|size| size > limit) {
            return Err(self.too_large(limit));
        }
        let mut partial = Partial::open(&blob)?;
        let resumed_from = partial.length();
        if resumed_from == 0 || size != Some(resumed_from) {
            let body =
                if resumed_from == 0 { body } else { self.resume(&mut partial, etag).await? };
            let resumed_from = partial.length();
            let file = self.file.clone();
            self.listener.tell(&HubEvent::Downloading { file, bytes: size, resumed_from });
            self.append(&mut partial, body, limit).await?;
        }
        let got = partial.length();
        if size.is_some_and(|size| size != got) {
            return Err(HubError::Truncated { file: self.file.clone(), got, expected: size });
        }
        partial.finish()
    }

    /// The body that follows what `partial` has, which is emptied if the server starts over.
    async fn resume(&self, partial: &mut Partial, etag: &Etag) -> Result<Body, HubError> {
        let answer = self.ask(Part::From(partial.length())).await?;
        match answer.content {
            Content::From(start, body) if answer.etag.as_ref() == Some(etag) => {
                if start == 0 {
                    partial.restart()?;
                }
                Ok(body)
            }
            // Another content by now, or too much on disk: the next try begins anew.
            _ => {
                partial.restart()?;
                Err(HubError::Truncated { file: self.file.clone(), got: 0, expected: answer.size })
            }
        }
    }

    async fn append(
        &self,
        partial: &mut Partial,
        mut body: Body,
        limit: u64,
    ) -> Result<(), HubError> {
        while let Some(data) = body.next().await? {
            if partial.length() + data.len() as u64 > limit {
                partial.restart()?;
                return Err(self.too_large(limit));
            }
            partial.append(&data)?;
        }
        Ok(())
    }

    fn too_large(&self, limit: u64) -> HubError {
        HubError::TooLarge { file: self.file.clone(), limit }
    }
}
