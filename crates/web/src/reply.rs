//! What is sent back, with the headers that keep it safe and quick.

use crate::error::WebError;
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH, LOCATION,
    SET_COOKIE,
};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};

/// An answer before its headers.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    content_type: &'static str,
    body: Bytes,
    caching: Caching,
    extra: Vec<(HeaderName, HeaderValue)>,
}

/// How long an answer stays true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caching {
    /// Not at all.
    Never,
    /// As long as this program runs: it is asked again, and unchanged bytes are not sent again.
    WhileUnchanged,
}

const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=utf-8";

/// Sent with every answer. Nothing is loaded from elsewhere, nothing inline is run or styled, and
/// no other site may frame a page or read an answer.
const ALWAYS: [(&str, &str); 6] = [
    (
        "content-security-policy",
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
         object-src 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-frame-options", "DENY"),
];

impl Reply {
    pub(crate) fn json(text: String) -> Self {
        Self::of(JSON, text.into())
    }

    pub(crate) fn html(text: String) -> Self {
        Self::of(HTML, text.into())
    }

    /// A file of ours, which browsers may keep and ask about.
    pub(crate) fn asset(content_type: &'static str, text: &'static str) -> Self {
        let body = Bytes::from_static(text.as_bytes());
        Self { caching: Caching::WhileUnchanged, ..Self::of(content_type, body) }
    }

    /// Browsers may keep it and ask whether it is still so.
    pub(crate) fn kept(self) -> Self {
        Self { caching: Caching::WhileUnchanged, ..self }
    }

    /// Look there instead.
    pub(crate) fn see_other(location: &str) -> Result<Self, WebError> {
        let location = HeaderValue::from_str(location)
            .map_err(|_| WebError::bad("address", "the address has illegal characters"))?;
        let mut reply = Self::of(HTML, Bytes::new());
        reply.status = StatusCode::SEE_OTHER;
        reply.extra.push((LOCATION, location));
        Ok(reply)
    }

    pub(crate) fn cookie(mut self, cookie: HeaderValue) -> Self {
        self.extra.push((SET_COOKIE, cookie));
        self
    }

    /// A refusal for programs.
    pub(crate) fn error(error: &WebError) -> Self {
        Self { status: error.status, ..Self::json(error.to_json()) }
    }

    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// Says which methods there are.
    pub(crate) fn allow(mut self, methods: &'static str) -> Self {
        self.extra.push((ALLOW, HeaderValue::from_static(methods)));
        self
    }

    fn of(content_type: &'static str, body: Bytes) -> Self {
        let caching = Caching::Never;
        Self { status: StatusCode::OK, content_type, body, caching, extra: Vec::new() }
    }

    /// The answer to `request` as it goes out.
    pub(crate) fn into_response(self, request: &Parts) -> Response<Full<Bytes>> {
        let tag = (self.caching == Caching::WhileUnchanged).then(|| tag(&self.body));
        let known = tag.as_deref().is_some_and(|tag| is_known(request, tag));
        let empty = known || request.method == Method::HEAD;
        let length = self.body.len();
        let body = if empty { Bytes::new() } else { self.body };
        let mut response = Response::new(Full::new(body));
        *response.status_mut() = if known { StatusCode::NOT_MODIFIED } else { self.status };
        let headers = response.headers_mut();
        for (name, value) in ALWAYS {
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        let caching = match self.caching {
            Caching::Never => "no-store",
            Caching::WhileUnchanged => "no-cache",
        };
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
        if let Some(tag) = tag.and_then(|tag| HeaderValue::from_str(&tag).ok()) {
            headers.insert(ETAG, tag);
        }
        if request.method == Method::HEAD && !known {
            headers.insert(hyper::header::CONTENT_LENGTH, HeaderValue::from(length));
        }
        for (name, value) in self.extra {
            headers.append(name, value);
        }
        response
    }
}

fn is_known(request: &Parts, tag: &str) -> bool {
    let asked = request.headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    asked.is_some_and(|tags| tags.split(',').any(|known| known.trim() == tag))
}

/// A name for these bytes: FNV-1a, 64 bits; a clash would only keep an old picture.
fn tag(body: &[u8]) -> String {
    let hash = body.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("\"{hash:016x}\"")
}
