//! Small requests around the measurement: is it up, what does it serve, empty your cache.

use crate::connection::{DialError, Dialer};
use crate::target::Target;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{HOST, HeaderValue};
use hyper::{Method, Request};
use std::time::Duration;

/// An answer, read whole.
#[derive(Debug, Clone)]
pub(crate) struct Fetched {
    pub(crate) status: u16,
    /// The `server` header.
    pub(crate) server: Option<String>,
    pub(crate) body: Bytes,
}

/// Why a GET brought no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error(transparent)]
    Dial(#[from] DialError),
    #[error("no answer: {0}")]
    Http(#[from] hyper::Error),
    #[error("no answer within {} s", TIMEOUT.as_secs())]
    Timeout,
    #[error("the answer is longer than {MAX_BODY} bytes or broke off")]
    Body,
}

/// Longest wait for a small answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Longest answer read.
const MAX_BODY: usize = 4 * 1024 * 1024;

/// GETs `endpoint` below the target's base path, on a connection of its own.
pub(crate) async fn fetch(
    dialer: &Dialer,
    target: &Target,
    endpoint: &str,
) -> Result<Fetched, FetchError> {
    ask(dialer, target, endpoint, Method::GET).await
}

/// POSTs nothing to `endpoint`.
pub(crate) async fn post(
    dialer: &Dialer,
    target: &Target,
    endpoint: &str,
) -> Result<Fetched, FetchError> {
    ask(dialer, target, endpoint, Method::POST).await
}

async fn ask(
    dialer: &Dialer,
    target: &Target,
    endpoint: &str,
    method: Method,
) -> Result<Fetched, FetchError> {
    let mut connection = dialer.dial().await?;
    let mut request = Request::new(Full::new(Bytes::new()));
    *request.method_mut() = method;
    *request.uri_mut() = target.base.path_to(endpoint).parse().unwrap_or_default();
    *request.headers_mut() = target.headers.clone();
    if let Ok(host) = HeaderValue::from_str(&target.base.authority()) {
        request.headers_mut().entry(HOST).or_insert(host);
    }
    let head = connection.send(request);
    let answer = async {
        let response = connection.run(head).await?;
        let status = response.status().as_u16();
        let server = response.headers().get("server").and_then(|value| value.to_str().ok());
        let server = server.map(str::to_owned);
        let body = connection.run(Limited::new(response.into_body(), MAX_BODY).collect()).await;
        let body = body.map_err(|_| FetchError::Body)?.to_bytes();
        Ok(Fetched { status, server, body })
    };
    tokio::time::timeout(TIMEOUT, answer).await.map_err(|_| FetchError::Timeout)?
}
