//! Small requests around the measurement: is it up, what does it serve, empty your cache.

use crate::connection::Connection;
use crate::dial::{DialError, Dialer};
use crate::request_head::RequestHead;
use crate::target::Target;
use farebox_net::TlsError;
use farebox_wire::http::{HttpError, ResponseReader};
use std::future::poll_fn;
use std::io;
use std::time::Duration;

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// Its status.
    pub status: u16,
    /// The `server` header.
    pub server: Option<String>,
    /// Its body.
    pub body: Vec<u8>,
}

/// Why a GET brought no answer.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No connection.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// An answer that is not HTTP, or ends before its time.
    #[error("no answer: {0}")]
    Http(#[from] HttpError),
    /// The connection broke.
    #[error("no answer: {0}")]
    Io(#[from] io::Error),
    /// The server took longer than it was given.
    #[error("no answer within {} s", .0.as_secs_f64())]
    Timeout(Duration),
    /// The answer is longer than anything that is asked for.
    #[error("the answer is longer than {MAX_BODY} bytes")]
    Body,
}

/// Asks one server for small things, each on a connection of its own: for those who look at a
/// server beside the measurement.
#[derive(Clone)]
pub struct Fetcher {
    dialer: Dialer,
    target: Target,
}

impl Fetcher {
    /// Prepares TLS for `target`; opening a connection may take `connect`.
    pub fn new(target: Target, connect: Duration) -> Result<Self, TlsError> {
        Ok(Self { dialer: Dialer::new(&target, connect)?, target })
    }

    /// GETs `endpoint` below the target's base path; connecting and answering may take `patience`
    /// together.
    pub async fn get(&self, endpoint: &str, patience: Duration) -> Result<Fetched, FetchError> {
        let head = RequestHead::get(&self.target, endpoint);
        let asked = tokio::time::timeout(patience, ask(&self.dialer, head, patience));
        asked.await.map_err(|_| FetchError::Timeout(patience))?
    }
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
    ask(dialer, RequestHead::get(target, endpoint), TIMEOUT).await
}

/// POSTs nothing to `endpoint`.
pub(crate) async fn post(
    dialer: &Dialer,
    target: &Target,
    endpoint: &str,
) -> Result<Fetched, FetchError> {
    ask(dialer, RequestHead::post_nothing(target, endpoint), TIMEOUT).await
}

async fn ask(
    dialer: &Dialer,
    head: RequestHead,
    patience: Duration,
) -> Result<Fetched, FetchError> {
    let mut connection = dialer.dial().await?;
    connection.send(head.without_body());
    let answered = tokio::time::timeout(patience, read(&mut connection));
    answered.await.map_err(|_| FetchError::Timeout(patience))?
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
