//! One connection per request: TCP, the proxy's tunnel, TLS, HTTP/1.1.
//!
//! A model needs two or three requests, and its redirects lead to other hosts anyway: keeping
//! connections would save little and a pool hides which request failed on which connection.

use crate::address::{Address, host, host_and_port, port};
use bytes::Bytes;
use farebox_net::{HyperIo, TunnelError};
use http_body_util::Empty;
use hyper::client::conn::http1::{self, SendRequest};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::Url;

/// Opens connections.
#[derive(Debug)]
pub(crate) struct Dialer {
    pub(crate) proxy: Option<Address>,
    pub(crate) tls: Arc<ClientConfig>,
    pub(crate) timeout: Duration,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// The way there is closed.
    #[error("cannot connect to {host}: {source}")]
    Connect {
        /// Host and port that were tried.
        host: String,
        /// The system's reason.
        source: io::Error,
    },
    /// The proxy would not let us through.
    #[error("the proxy {proxy} answered CONNECT with `{status}`")]
    Proxy {
        /// The proxy's host and port.
        proxy: String,
        /// The status it gave, or nothing if it gave none.
        status: String,
    },
    /// The TLS handshake failed.
    #[error("TLS handshake with {host} failed: {source}")]
    Tls {
        /// The server's host and port.
        host: String,
        /// The library's reason.
        source: io::Error,
    },
    /// The HTTP connection could not be set up.
    #[error("HTTP handshake with {host} failed: {source}")]
    Http {
        /// The server's host and port.
        host: String,
        /// The library's reason.
        source: hyper::Error,
    },
}

impl Dialer {
    /// Opens a connection to the host of `url`.
    pub(crate) async fn dial(&self, url: &Url) -> Result<SendRequest<Empty<Bytes>>, DialError> {
        let opened = tokio::time::timeout(self.timeout, self.open(url)).await;
        opened.unwrap_or_else(|_| {
            let source = io::Error::new(io::ErrorKind::TimedOut, "connection timed out");
            Err(DialError::Connect { host: host_and_port(url), source })
        })
    }

    async fn open(&self, url: &Url) -> Result<SendRequest<Empty<Bytes>>, DialError> {
        if url.scheme() == "http" {
            return handshake(connect(url).await?, url).await;
        }
        let tcp = match &self.proxy {
            Some(proxy) => tunnel(connect(proxy.url()).await?, proxy.url(), url).await?,
            None => connect(url).await?,
        };
        let refused = |source| DialError::Tls { host: host_and_port(url), source };
        let name = ServerName::try_from(host(url).to_owned())
            .map_err(|error| refused(io::Error::new(io::ErrorKind::InvalidInput, error)))?;
        let connector = TlsConnector::from(self.tls.clone());
        handshake(connector.connect(name, tcp).await.map_err(refused)?, url).await
    }
}

async fn connect(url: &Url) -> Result<TcpStream, DialError> {
    let failed = |source| DialError::Connect { host: host_and_port(url), source };
    let tcp = TcpStream::connect((host(url), port(url))).await.map_err(failed)?;
    tcp.set_nodelay(true).map_err(failed)?;
    Ok(tcp)
}

async fn handshake<S>(stream: S, url: &Url) -> Result<SendRequest<Empty<Bytes>>, DialError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let failed = |source| DialError::Http { host: host_and_port(url), source };
    let (sender, connection) = http1::handshake(HyperIo::new(stream)).await.map_err(failed)?;
    // Ends by itself when request and body are dropped; its error reaches them too.
    tokio::spawn(connection);
    Ok(sender)
}

/// Asks `proxy` for a tunnel to the host of `url`.
async fn tunnel(tcp: TcpStream, proxy: &Url, url: &Url) -> Result<TcpStream, DialError> {
    farebox_net::tunnel(tcp, &host_and_port(url)).await.map_err(|error| match error {
        TunnelError::Io(source) => DialError::Connect { host: host_and_port(proxy), source },
        TunnelError::Refused(line) => {
            let status = line.split(' ').nth(1).unwrap_or_default().to_owned();
            DialError::Proxy { proxy: host_and_port(proxy), status }
        }
    })
}
