//! What is asked of the Hub, and its form on the wire.

use crate::name::{Etag, FileName};
use crate::repo_ref::RepoRef;
use crate::settings::HubSettings;
use bytes::Bytes;
use http_body_util::Empty;
use hyper::Request;
use hyper::header::{
    ACCEPT_ENCODING, AUTHORIZATION, HOST, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH, RANGE,
    USER_AGENT,
};
use std::ops::RangeInclusive;
use url::{Position, Url};

/// One file, or a part of it.
#[derive(Debug, Clone)]
pub(crate) struct Ask<'a> {
    pub(crate) model: &'a RepoRef,
    pub(crate) file: &'a FileName,
    pub(crate) part: Part,
}

/// Which part of the file.
#[derive(Debug, Clone)]
pub(crate) enum Part {
    /// All of it, unless it is still this one.
    Whole {
        /// What the cache has.
        unless: Option<Etag>,
    },
    /// From this byte to the end.
    From(u64),
    /// These bytes.
    Bytes(RangeInclusive<u64>),
    /// No part of a file: a page of the list of all files.
    Tree {
        /// Where the page begins; none for the first.
        cursor: Option<String>,
    },
}

impl Part {
    /// The first byte asked for.
    pub(crate) fn start(&self) -> u64 {
        match self {
            Self::Whole { .. } | Self::Tree { .. } => 0,
            Self::From(start) => *start,
            Self::Bytes(range) => *range.start(),
        }
    }

    fn header(&self) -> Option<(HeaderName, String)> {
        match self {
            Self::Whole { unless } => Some((IF_NONE_MATCH, format!("\"{}\"", unless.as_ref()?))),
            Self::Tree { .. } => None,
            Self::From(start) => Some((RANGE, format!("bytes={start}-"))),
            Self::Bytes(range) => Some((RANGE, format!("bytes={}-{}", range.start(), range.end()))),
        }
    }
}

impl Ask<'_> {
    /// Where the file is, at the Hub of `settings`.
    pub(crate) fn url(&self, settings: &HubSettings) -> Url {
        let revision = self.model.revision.encoded();
        if let Part::Tree { cursor } = &self.part {
            let kind = self.model.kind.plural();
            let path = format!("/api/{kind}/{}/tree/{revision}", self.model.repo);
            let mut url = settings.endpoint.below(&path);
            url.query_pairs_mut().append_pair("recursive", "true");
            if let Some(cursor) = cursor {
                url.query_pairs_mut().append_pair("cursor", cursor);
            }
            return url;
        }
        let route = self.model.kind.route();
        let path = format!("/{route}{}/resolve/{revision}/{}", self.model.repo, self.file);
        settings.endpoint.below(&path)
    }

    /// The headers of every request for it, but `Host`.
    pub(crate) fn headers(&self, settings: &HubSettings) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let agent = concat!("farebox/", env!("CARGO_PKG_VERSION"));
        headers.insert(USER_AGENT, HeaderValue::from_static(agent));
        // Lengths and ranges must be those of the file, not of its compressed form.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if let Some(token) = &settings.token {
            headers.insert(AUTHORIZATION, token.header());
        }
        if let Some((name, text)) = self.part.header()
            && let Ok(value) = HeaderValue::from_str(&text)
        {
            headers.insert(name, value);
        }
        headers
    }
}

/// A GET of `url` with `headers`. `None` if the address cannot be written into a request line.
pub(crate) fn get(url: &Url, headers: &HeaderMap) -> Option<Request<Empty<Bytes>>> {
    let mut request = Request::new(Empty::new());
    *request.uri_mut() = url[Position::BeforePath..Position::AfterQuery].parse().ok()?;
    *request.headers_mut() = headers.clone();
    let authority = HeaderValue::from_str(&url[Position::BeforeHost..Position::AfterPort]).ok()?;
    request.headers_mut().insert(HOST, authority);
    Some(request)
}
