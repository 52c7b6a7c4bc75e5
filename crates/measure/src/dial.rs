//! Opening connections: TCP without delay, a proxy's tunnel, TLS.

use crate::connection::Connection;
use crate::stamped::StampedTcp;
use crate::target::{BaseUrl, Target};
use farebox_net::{TlsError, TunnelError, client_config, tunnel};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::io;
use std::sync::Arc;
use std::time::Duration;
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
}

impl Dialer {
    /// Prepares TLS for `target`; a connection attempt may take `timeout`.
    pub(crate) fn new(target: &Target, timeout: Duration) -> Result<Self, TlsError> {
        let https = target.base.is_https();
        let tls = https.then(|| client_config(&target.trust)).transpose()?;
        Ok(Self {
            base: target.base.clone(),
            proxy: target.proxy.clone().filter(|_| https),
            tls,
            timeout,
        })
    }

    /// Opens a connection: TCP without delay, the proxy's tunnel, TLS.
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
            tcp = tunnel(tcp, &address(&self.base)).await.map_err(|error| match error {
                TunnelError::Io(source) => failed(source),
                TunnelError::Refused(answer) => {
                    DialError::Proxy { proxy: proxy.to_string(), answer }
                }
            })?;
        }
        let stamped = StampedTcp::new(tcp);
        let Some(config) = &self.tls else { return Ok(stamped.into()) };
        let refused = |source| DialError::Tls { host: self.base.host().to_owned(), source };
        let name = ServerName::try_from(self.base.host().to_owned())
            .map_err(|error| refused(io::Error::new(io::ErrorKind::InvalidInput, error)))?;
        let connector = TlsConnector::from(config.clone());
        Ok(connector.connect(name, stamped).await.map_err(refused)?.into())
    }
}

/// Host and port, an IPv6 address in brackets.
fn address(base: &BaseUrl) -> String {
    let (host, port) = (base.host(), base.port());
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}
