//! Small requests around the measurement: is it up, what does it serve, empty your cache.

use crate::connection::Connection;
use crate::dial::{DialError, Dialer};
use crate::request_head::RequestHead;
use crate::target::Target;
use farebox_wire::http::{HttpError, ResponseReader};
use std::future::poll_fn;
use std::io;
use std::time::Duration;

/// An answer, read whole.
#[derive(Debug, Clone)]
pub(crate) struct Fetched {
    pub(crate) status: u16,
    /// The `server` header.
    pub(crate) server: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// Why a GET brought no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error(transparent)]
    Dial(#[from] DialError),
    #[error("no answer: {0}")]
    Http(#[from] HttpError),
    #[error("no answer: {0}")]
    Io(#[from] io::Error),
    #[error("no answer within {} s", TIMEOUT.as_secs())]
    Timeout,
    #[error("the answer is longer than {MAX_BODY} bytes")]
    Body,
}

/// Longest wait for a small answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Longest answer read, in bytes.
const MAX_BODY: usize = 4 * 1024 * 1024;
/// Largest single read, in bytes.
const BUFFER: usize = 16 * 1024;

/// GETs `endpoint` below the target's base path, on a connection of its own.
pub(crate) async fn fetch(
    dialer: &Dialer,
    target: &Target,
    endpoint: &str,
) -> Result<Fetched, FetchError> {
    ask(dialer, RequestHead::get(target, endpoint)).await
}

/// POSTs nothing to `endpoint`.
pub(crate) async fn post(
    dialer: &Dialer,
    target: &Target,
    endpoint: &str,
) -> Result<Fetched, FetchError> {
    ask(dialer, RequestHead::post_nothing(target, endpoint)).await
}

async fn ask(dialer: &Dialer, head: RequestHead) -> Result<Fetched, FetchError> {
    let mut connection = dialer.dial().await?;
    connection.send(head.without_body());
    tokio::time::timeout(TIMEOUT, read(&mut connection)).await.map_err(|_| FetchError::Timeout)?
}

async fn read(connection: &mut Connection) -> Result<Fetched, FetchError> {
    let (mut reader, mut body) = (ResponseReader::default(), Vec::new());
    let mut buffer = vec![0; BUFFER];
    while !reader.is_over() {
        let read = poll_fn(|cx| connection.poll_answer(cx, &mut buffer)).await?;
        if read == 0 {
            reader.close()?;
        } else {
            reader.feed(&buffer[..read], |_, data| body.extend_from_slice(data))?;
        }
        if body.len() > MAX_BODY {
            return Err(FetchError::Body);
        }
    }
    let head = reader.head().ok_or(HttpError::NoHead)?;
    Ok(Fetched { status: head.status, server: head.server.clone(), body })
}
