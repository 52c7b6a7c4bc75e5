//! The body of an answer, read part by part under a limit of silence.

use crate::error::HubError;
use crate::name::FileName;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::time::Duration;

/// A body under way. Dropping it closes its connection.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) incoming: Incoming,
    pub(crate) file: FileName,
    /// Who sends it.
    pub(crate) host: String,
    pub(crate) silence: Duration,
    /// Bytes read so far.
    pub(crate) got: u64,
}

impl Body {
    /// The next bytes, `None` at the end the server announced.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, HubError> {
        loop {
            let frame = tokio::time::timeout(self.silence, self.incoming.frame()).await;
            let silent = |_| HubError::Timeout { host: self.host.clone(), after: self.silence };
            let Some(frame) = frame.map_err(silent)? else { return Ok(None) };
            // Whatever ends a body early, what helps is to ask for the rest.
            let frame = frame.map_err(|_| self.truncated(None))?;
            if let Ok(data) = frame.into_data() {
                self.got += data.len() as u64;
                return Ok(Some(data));
            }
        }
    }

    /// Skips `skip` bytes, then reads until it has `least`; fewer only if the body ends first,
    /// more if they arrived together.
    pub(crate) async fn read(&mut self, skip: u64, least: u64) -> Result<Vec<u8>, HubError> {
        let mut bytes = Vec::new();
        let mut to_skip = skip;
        while (bytes.len() as u64) < least
            && let Some(data) = self.next().await?
        {
            let skipped = to_skip.min(data.len() as u64);
            to_skip -= skipped;
            bytes.extend_from_slice(&data[skipped as usize..]);
        }
        Ok(bytes)
    }

    /// The error of a body that ended early.
    pub(crate) fn truncated(&self, expected: Option<u64>) -> HubError {
        HubError::Truncated { file: self.file.clone(), got: self.got, expected }
    }
}
