//! Which content of which commit an answer is, gathered over its redirects.
//!
//! The Hub tells commit, tag and size of a large file in the redirect to its storage; the
//! storage's own tag is another one. So what was told first counts.

use crate::address::host_and_port;
use crate::error::HubError;
use crate::name::{Commit, Etag};
use hyper::header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, LINK};
use std::str::FromStr;
use url::Url;

/// What the answers on the way told.
#[derive(Debug, Default)]
pub(crate) struct Provenance {
    pub(crate) commit: Option<Commit>,
    pub(crate) etag: Option<Etag>,
    /// Size of the whole file in bytes.
    pub(crate) size: Option<u64>,
    /// First byte of the body, where the server says that it is a part.
    pub(crate) part_start: Option<u64>,
    /// Where the next page of a list begins.
    pub(crate) next: Option<String>,
}

impl Provenance {
    /// Takes what any answer of the Hub tells about the file.
    pub(crate) fn note(&mut self, url: &Url, headers: &HeaderMap) -> Result<(), HubError> {
        let malformed = |problem| HubError::NotAHub { host: host_and_port(url), problem };
        if let (None, Some(text)) = (&self.commit, text(headers, "x-repo-commit")) {
            let commit = Commit::parse(text);
            self.commit = Some(commit.ok_or_else(|| malformed("its X-Repo-Commit is none"))?);
        }
        if let (None, Some(text)) = (&self.etag, text(headers, "x-linked-etag")) {
            let etag = Etag::parse(text);
            self.etag = Some(etag.ok_or_else(|| malformed("its X-Linked-ETag is none"))?);
        }
        self.size = self.size.or_else(|| number(text(headers, "x-linked-size")?));
        Ok(())
    }

    /// Takes what only the answer with the body tells.
    pub(crate) fn note_body(&mut self, url: &Url, headers: &HeaderMap) -> Result<(), HubError> {
        self.note(url, headers)?;
        let encoding = text(headers, "content-encoding").unwrap_or("identity");
        if encoding != "identity" {
            let problem = "it compresses what was asked for as it is";
            return Err(HubError::NotAHub { host: host_and_port(url), problem });
        }
        if let (None, Some(text)) = (&self.etag, text(headers, ETAG.as_str())) {
            self.etag = Etag::parse(text);
        }
        self.next = text(headers, LINK.as_str()).and_then(next_cursor);
        let range = text(headers, CONTENT_RANGE.as_str()).and_then(content_range);
        self.part_start = range.map(|(start, _)| start);
        let whole = match range {
            Some((_, total)) => total,
            None => text(headers, CONTENT_LENGTH.as_str()).and_then(number),
        };
        self.size = self.size.or(whole);
        Ok(())
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The `cursor` of the link with `rel="next"` (RFC 8288). Only that is taken from it: the next
/// page is asked of whoever sent this one.
fn next_cursor(link: &str) -> Option<String> {
    let next = link.split(',').find(|part| part.contains("rel=\"next\""))?;
    let address = next.split_once('<')?.1.split_once('>')?.0;
    let query = address.split_once('?')?.1;
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(name, _)| name == "cursor").map(|(_, cursor)| cursor.into_owned())
}

fn number(text: &str) -> Option<u64> {
    u64::from_str(text.trim()).ok()
}

/// First byte and total of `bytes 0-99/1234`; the total may be `*`.
fn content_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    Some((number(range.split_once('-')?.0)?, number(total)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read() {
        for (text, range) in [
            ("bytes 5-9/10", Some((5, Some(10)))),
            ("bytes 0-9/*", Some((0, None))),
            ("bytes */10", None),
            ("items 0-9/10", None),
        ] {
            assert_eq!(content_range(text), range, "{text}");
        }
    }

    #[test]
    fn the_first_to_tell_counts_and_malformed_names_are_refused() {
        let url = Url::parse("https://hub.example").unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("x-linked-etag", "\"one\"".parse().unwrap());
        headers.insert("etag", "\"two\"".parse().unwrap());
        let mut told = Provenance::default();
        told.note(&url, &headers).unwrap();
        headers.insert("x-linked-etag", "\"three\"".parse().unwrap());
        told.note_body(&url, &headers).unwrap();
        assert_eq!(told.etag, Etag::parse("one"));
        for (name, value) in [("x-repo-commit", "../../etc"), ("x-linked-etag", "\"../x\"")] {
            let headers = HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]);
            let refused = Provenance::default().note(&url, &headers);
            assert!(matches!(refused, Err(HubError::NotAHub { .. })), "{name}");
        }
    }
}
