//! The header of a weight file without the weights: by HTTP Range, kept in the cache.

use crate::answer::{Answer, Content};
use crate::body::Body;
use crate::cache;
use crate::download::Download;
use crate::error::HubError;
use crate::name::Etag;
use crate::request::Part;
use crate::retry::Budget;
use crate::safetensors::{self, HeaderError};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Bytes asked for first: enough for the header of most files that are not sharded.
const FIRST: u64 = 64 * 1024;

impl Download<'_> {
    /// The bytes of the file up to the end of its header, from the cache if it has them.
    pub(crate) async fn run_header(&self) -> Result<Vec<u8>, HubError> {
        let mut budget = Budget::new(&self.settings.patience);
        loop {
            match self.attempt_header().await {
                Ok(bytes) => return Ok(bytes),
                Err(error) => self.pause(&mut budget, error).await?,
            }
        }
    }

    async fn attempt_header(&self) -> Result<Vec<u8>, HubError> {
        let answer = self.ask(Part::Bytes(0..=FIRST - 1)).await?;
        let (commit, etag) = answer.identity()?;
        self.cache.set_reference(&self.model.revision, &commit)?;
        let kept = self.cache.header(&commit, self.file);
        if kept.is_file() {
            return read(&kept, self);
        }
        let Answer { content: Content::From(_, body), size, .. } = answer else {
            return Err(self.malformed(HeaderError::Short));
        };
        let bytes = self.receive_header(&etag, size, body).await?;
        cache::write(&kept, &bytes)?;
        Ok(bytes)
    }

    /// Reads on where the server ignored the range, and asks for the rest where it did not.
    async fn receive_header(
        &self,
        etag: &Etag,
        size: Option<u64>,
        mut body: Body,
    ) -> Result<Vec<u8>, HubError> {
        let mut bytes = body.read(0, FIRST).await?;
        let end = safetensors::header_end(&bytes).map_err(|error| self.malformed(error))?;
        if size.is_some_and(|size| size < end) {
            return Err(self.malformed(HeaderError::Short));
        }
        let have = bytes.len() as u64;
        bytes.extend(body.read(0, end.saturating_sub(have)).await?);
        let have = bytes.len() as u64;
        if have < end {
            let answer = self.ask(Part::Bytes(have..=end - 1)).await?;
            if let Content::From(start, mut body) = answer.content
                && answer.etag.as_ref() == Some(etag)
            {
                bytes.extend(body.read(have - start, end - have).await?);
            }
        }
        let got = bytes.len() as u64;
        if got < end {
            let file = self.file.clone();
            return Err(HubError::Truncated { file, got, expected: Some(end) });
        }
        bytes.truncate(end as usize);
        Ok(bytes)
    }

    pub(crate) fn malformed(&self, source: HeaderError) -> HubError {
        HubError::Header { file: self.file.clone(), source }
    }
}

/// The header of the weight file at `path`, or the kept header itself.
pub(crate) fn read_local(path: &Path) -> io::Result<Result<Vec<u8>, HeaderError>> {
    let mut file = File::open(path)?;
    let mut bytes = Vec::new();
    file.by_ref().take(8).read_to_end(&mut bytes)?;
    let end = match safetensors::header_end(&bytes) {
        Ok(end) => end,
        Err(error) => return Ok(Err(error)),
    };
    file.take(end - 8).read_to_end(&mut bytes)?;
    Ok(Ok(bytes))
}

fn read(path: &Path, download: &Download<'_>) -> Result<Vec<u8>, HubError> {
    let bytes = read_local(path).map_err(|source| cache::failed(path, source))?;
    bytes.map_err(|error| download.malformed(error))
}
