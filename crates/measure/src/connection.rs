//! One HTTP/1.1 connection, opened and driven by hand: no pool, no hidden retry.
//!
//! The connection is polled by the same task that reads the answer, always before the answer is
//! polled. hyper hands over one body frame at a time and reads no further until it is taken, so
//! the latest read stamp is always the one of the frame in hand.

use crate::relay::Relay;
use crate::stamped::{ReadStamp, StampedTcp, Stamps};
use crate::target::{BaseUrl, Target};
use crate::tls::{self, TlsError};
use bytes::Bytes;
use farebox_net::HyperIo;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::{Request, Response};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Opens connections to one target.
#[derive(Clone)]
pub(crate) struct Dialer {
    base: BaseUrl,
    proxy: Option<BaseUrl>,
    tls: Option<Arc<ClientConfig>>,
    timeout: Duration,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// The way there is closed.
    #[error("cannot connect to {address}: {source}")]
    Connect {
        /// Host and port that were tried.
        address: String,
        /// The system's reason.
        source: io::Error,
    },
    /// The proxy would not let us through.
    #[error("the proxy {proxy} answered: {answer}")]
    Proxy {
        /// The proxy's address.
        proxy: String,
        /// Its status line.
        answer: String,
    },
    /// The TLS handshake failed.
    #[error("TLS handshake with {host} failed: {source}")]
    Tls {
        /// The server's name.
        host: String,
        /// The library's reason.
        source: io::Error,
    },
    /// The HTTP connection could not be set up.
    #[error("HTTP handshake failed: {0}")]
    Http(#[from] hyper::Error),
}

type Driver = Pin<Box<dyn Future<Output = Result<(), hyper::Error>> + Send>>;

/// An open connection with at most one request under way.
pub(crate) struct Connection {
    sender: http1::SendRequest<Full<Bytes>>,
    /// None once the connection has ended.
    driver: Option<Driver>,
    relay: Relay,
    stamps: Arc<Stamps>,
    /// Requests it has carried.
    pub(crate) carried: u64,
}

impl Dialer {
    /// Prepares TLS for `target`; a connection attempt may take `timeout`.
    pub(crate) fn new(target: &Target, timeout: Duration) -> Result<Self, TlsError> {
        let https = target.base.is_https();
        let tls = https.then(|| tls::client_config(&target.trust)).transpose()?;
        Ok(Self {
            base: target.base.clone(),
            proxy: target.proxy.clone().filter(|_| https),
            tls,
            timeout,
        })
    }

    /// Opens a connection: TCP without delay, the proxy's tunnel, TLS, HTTP/1.1.
    pub(crate) async fn dial(&self) -> Result<Connection, DialError> {
        match tokio::time::timeout(self.timeout, self.open()).await {
            Ok(result) => result,
            Err(_) => Err(DialError::Connect {
                address: address(&self.base),
                source: io::Error::new(io::ErrorKind::TimedOut, "connection timed out"),
            }),
        }
    }

    async fn open(&self) -> Result<Connection, DialError> {
        let first_hop = self.proxy.as_ref().unwrap_or(&self.base);
        let failed = |source| DialError::Connect { address: address(first_hop), source };
        let tcp = TcpStream::connect((first_hop.host(), first_hop.port())).await;
        let mut tcp = tcp.map_err(failed)?;
        tcp.set_nodelay(true).map_err(failed)?;
        if let Some(proxy) = &self.proxy {
            tcp = tunnel(tcp, proxy, &self.base).await?;
        }
        let (stamped, stamps) = StampedTcp::new(tcp);
        let Some(config) = &self.tls else { return Connection::over(stamped, stamps).await };
        let refused = |source| DialError::Tls { host: self.base.host().to_owned(), source };
        let name = ServerName::try_from(self.base.host().to_owned())
            .map_err(|error| refused(io::Error::new(io::ErrorKind::InvalidInput, error)))?;
        let connector = TlsConnector::from(config.clone());
        let encrypted = connector.connect(name, stamped).await.map_err(refused)?;
        Connection::over(encrypted, stamps).await
    }
}

impl Connection {
    async fn over<S>(stream: S, stamps: Arc<Stamps>) -> Result<Self, DialError>
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let (sender, driver) = http1::handshake(HyperIo::new(stream)).await?;
        Ok(Self { sender, driver: Some(Box::pin(driver)), relay: Relay::new(), stamps, carried: 0 })
    }

    /// Lets the connection notice that the server closed it, and says whether it can be used.
    pub(crate) async fn is_usable(&mut self) -> bool {
        self.run(std::future::ready(())).await;
        self.driver.is_some() && !self.sender.is_closed()
    }

    /// Starts a request; the answer's head is what the future gives.
    pub(crate) fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> impl Future<Output = Result<Response<Incoming>, hyper::Error>> + use<> {
        self.stamps.arm();
        self.carried += 1;
        self.sender.send_request(request)
    }

    /// Runs `future` to its end, driving the connection before each poll of it.
    pub(crate) async fn run<F: Future>(&mut self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|cx| self.poll(cx, future.as_mut())).await
    }

    /// Moves bytes, then polls `future`, until neither wants the other to look again.
    pub(crate) fn poll<F: Future>(
        &mut self,
        cx: &mut Context<'_>,
        mut future: Pin<&mut F>,
    ) -> Poll<F::Output> {
        let Self { driver, relay, .. } = self;
        relay.poll(cx, |cx| {
            if driver.as_mut().is_some_and(|driver| driver.as_mut().poll(cx).is_ready()) {
                *driver = None;
            }
            future.as_mut().poll(cx)
        })
    }

    /// When the first byte of the request under way was written.
    pub(crate) fn first_write(&self) -> Option<Instant> {
        self.stamps.first_write()
    }

    /// The read that brought the latest bytes.
    pub(crate) fn last_read(&self) -> ReadStamp {
        self.stamps.last_read()
    }
}

/// Host and port, an IPv6 address in brackets.
fn address(base: &BaseUrl) -> String {
    let (host, port) = (base.host(), base.port());
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// Longest head a proxy may answer `CONNECT` with, in bytes.
const LONGEST_HEAD: u64 = 16 * 1024;

/// Asks `proxy` for a tunnel to `base`.
async fn tunnel(tcp: TcpStream, proxy: &BaseUrl, base: &BaseUrl) -> Result<TcpStream, DialError> {
    let failed = |source| DialError::Connect { address: address(proxy), source };
    let mut stream = BufReader::new(tcp);
    let ask = format!("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n\r\n", address(base));
    stream.write_all(ask.as_bytes()).await.map_err(failed)?;
    let mut head = (&mut stream).take(LONGEST_HEAD);
    let mut status = String::new();
    head.read_line(&mut status).await.map_err(failed)?;
    let mut line = String::from("-");
    while !line.trim().is_empty() {
        line.clear();
        head.read_line(&mut line).await.map_err(failed)?;
    }
    if status.split(' ').nth(1) == Some("200") {
        return Ok(stream.into_inner());
    }
    let answer = status.trim().to_owned();
    Err(DialError::Proxy { proxy: proxy.to_string(), answer })
}
