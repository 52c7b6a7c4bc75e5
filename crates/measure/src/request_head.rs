//! The head of a request, written once for all requests of a run.

use crate::target::Target;
use bytes::Bytes;
use http::header::{
    ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, USER_AGENT,
};
use std::io::Write;

/// What a client is called in a server's log.
const AGENT: &str = concat!("farebox/", env!("CARGO_PKG_VERSION"));

/// Method, path and the header fields that all requests share.
#[derive(Debug, Clone)]
pub(crate) struct RequestHead(Vec<u8>);

impl RequestHead {
    /// Of a POST that asks for a stream.
    pub(crate) fn post(target: &Target, endpoint: &str) -> Self {
        let mut fields = target.headers.clone();
        fields.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        fields.insert(ACCEPT, HeaderValue::from_static("text/event-stream, application/json"));
        Self::of("POST", &target.base.path_to(endpoint), (target, fields))
    }

    /// Of a GET.
    pub(crate) fn get(target: &Target, endpoint: &str) -> Self {
        Self::of("GET", &target.base.path_to(endpoint), (target, target.headers.clone()))
    }

    /// Of a POST that sends nothing.
    pub(crate) fn post_nothing(target: &Target, endpoint: &str) -> Self {
        let mut fields = target.headers.clone();
        fields.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        Self::of("POST", &target.base.path_to(endpoint), (target, fields))
    }

    fn of(method: &str, path: &str, fields: (&Target, HeaderMap)) -> Self {
        let (target, mut fields) = fields;
        fields.entry(USER_AGENT).or_insert(HeaderValue::from_static(AGENT));
        if let Ok(host) = HeaderValue::from_str(&target.base.authority()) {
            fields.entry(HOST).or_insert(host);
        }
        let mut head = format!("{method} {path} HTTP/1.1\r\n").into_bytes();
        for (name, value) in &fields {
            head.extend_from_slice(name.as_str().as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(value.as_bytes());
            head.extend_from_slice(b"\r\n");
        }
        Self(head)
    }

    /// The bytes of a request without a body.
    pub(crate) fn without_body(mut self) -> Bytes {
        self.0.extend_from_slice(b"\r\n");
        self.0.into()
    }

    /// The bytes of the request `id`, in one piece.
    pub(crate) fn with_body(&self, id: &str, body: &[u8]) -> Bytes {
        const OWN_FIELDS: usize = 64;
        let room = self.0.len() + OWN_FIELDS + id.len() + body.len();
        let mut bytes = Vec::with_capacity(room);
        bytes.extend_from_slice(&self.0);
        let length = body.len();
        // Writing to a Vec cannot fail.
        let _ = write!(bytes, "x-request-id: {id}\r\ncontent-length: {length}\r\n\r\n");
        bytes.extend_from_slice(body);
        bytes.into()
    }
}
