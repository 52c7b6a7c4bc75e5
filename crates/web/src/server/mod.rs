//! Who is let in, and how much of it.
//!
//! Reading order: [`WebServer`] here (sockets), `crowd` (who has to go when there is no room),
//! `guard` (hosts, origins, tokens), `body` (limits of what is read), `timer` (patience).

mod body;
mod crowd;
mod guard;
mod timer;
mod token;

pub(crate) use body::read_body;
pub(crate) use crowd::Seat;
pub(crate) use guard::{Entry, Guard};
pub use token::AccessToken;

use crate::app::App;
use crate::error::WebError;
use crate::routes;
use crate::runs::RunsFolder;
use crowd::Crowd;
use farebox_catalog::Catalogue;
use farebox_hub::HubSettings;
use farebox_net::HyperIo;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use timer::PatientTimer;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What a server is told at its start.
#[derive(Debug)]
pub struct WebSettings {
    /// Where to listen; port 0 takes a free one.
    pub addr: SocketAddr,
    /// Asked of everybody who comes from beyond this machine, and there of everybody.
    pub token: Option<AccessToken>,
    /// The facts.
    pub catalogue: Catalogue,
    /// Where configurations of other models come from; none without one.
    pub hub: Option<HubSettings>,
    /// The folder whose runs are shown; it need not be there yet.
    pub runs: PathBuf,
    /// What one visitor may take.
    pub limits: Limits,
}

/// What one visitor may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once; for a further one goes whoever has kept the server waiting longest.
    pub connections: usize,
    /// Bytes of a body.
    pub body_bytes: usize,
    /// Bytes of an address.
    pub address_bytes: usize,
    /// For a head to come, and for an idle connection to be used again.
    pub head: Duration,
    /// For a body to come.
    pub body: Duration,
    /// For a connection in all.
    pub connection: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            body_bytes: 1 << 20,
            address_bytes: 32 << 10,
            head: Duration::from_secs(10),
            body: Duration::from_secs(10),
            connection: Duration::from_mins(15),
        }
    }
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Nobody can listen there.
    #[error("cannot listen on {addr}: {source}")]
    Listen {
        /// The address asked for.
        addr: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// Beyond this machine everybody could come in.
    #[error("{addr} can be reached from other machines: a token is needed")]
    NoToken {
        /// The address asked for.
        addr: SocketAddr,
    },
    /// A page or a fact of ours cannot be read.
    #[error("{0}")]
    Broken(String),
}

/// A server that listens.
#[derive(Debug)]
pub struct WebServer {
    listener: TcpListener,
    app: Arc<App>,
    limits: Limits,
    addr: SocketAddr,
    token: Option<AccessToken>,
}

/// Pause after a failed accept, which most often means that file descriptors have run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A head larger than this is cut off before anybody looks at it.
const LARGEST_HEAD: usize = 128 << 10;

impl WebServer {
    /// Listens; requests are answered once [`WebServer::run`] runs.
    pub async fn bind(settings: WebSettings) -> Result<Self, ServeError> {
        let WebSettings { addr, token, catalogue, hub, runs, limits } = settings;
        if !addr.ip().is_loopback() && token.is_none() {
            return Err(ServeError::NoToken { addr });
        }
        let guard = Guard::new(token.clone());
        let app = App::new(guard, catalogue, hub, limits, RunsFolder::at(runs));
        let app = app.map_err(|error| ServeError::Broken(error.message))?;
        let listen = |source| ServeError::Listen { addr, source };
        let listener = TcpListener::bind(addr).await.map_err(listen)?;
        let addr = listener.local_addr().map_err(listen)?;
        Ok(Self { listener, app: Arc::new(app), limits, addr, token })
    }

    /// The address of the calculator, with the token where one is asked for. Of a server that
    /// listens everywhere it is the one at which others reach this machine.
    pub fn url(&self) -> String {
        let token = self.token.as_ref().map_or(String::new(), |token| format!("?token={token}"));
        let ip = Some(self.addr.ip()).filter(|ip| !ip.is_unspecified());
        let ip = ip.unwrap_or_else(|| own_address(self.addr.ip()));
        format!("http://{}/{token}", SocketAddr::new(ip, self.addr.port()))
    }

    /// Answers for ever. Dropping the future closes the listener and every connection.
    pub async fn run(self) {
        let crowd = Crowd::new(self.limits.connections);
        let mut connections = JoinSet::new();
        loop {
            let Ok((stream, _)) = self.listener.accept().await else {
                crowd.make_room();
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            };
            match crowd.enter() {
                Some(seat) => {
                    let app = Arc::clone(&self.app);
                    connections.spawn(connection(stream, app, self.limits, seat));
                }
                None => turn_away(stream),
            }
            while connections.try_join_next().is_some() {}
        }
    }
}

/// From where this machine would send to one far away, as the system's routes have it; nothing is
/// sent. A machine without a way out has its loopback.
fn own_address(listens: IpAddr) -> IpAddr {
    // Addresses for documentation (RFC 5737, RFC 3849): nobody has them.
    let (any, far): (IpAddr, IpAddr) = match listens {
        IpAddr::V4(_) => (Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(203, 0, 113, 1).into()),
        IpAddr::V6(_) => {
            let far = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
            (Ipv6Addr::UNSPECIFIED.into(), far.into())
        }
    };
    let own = UdpSocket::bind((any, 0)).and_then(|socket| {
        socket.connect((far, 9))?;
        Ok(socket.local_addr()?.ip())
    });
    own.unwrap_or(match listens {
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    })
}

async fn connection(stream: TcpStream, app: Arc<App>, limits: Limits, seat: Seat) {
    // A socket that refuses is about to fail anyway.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| async {
        Ok::<_, Infallible>(routes::answer(&app, &seat, request).await)
    });
    let mut served = http1::Builder::new()
        .timer(PatientTimer)
        .header_read_timeout(limits.head)
        .max_buf_size(LARGEST_HEAD)
        .serve_connection(HyperIo::new(stream), service);
    // Whatever ends a connection ends it for this visitor only.
    tokio::select! {
        _ = tokio::time::timeout(limits.connection, &mut served) => {}
        () = seat.taken() => turn_away(served.into_parts().io.into_inner()),
    }
}

/// Says why, without reading what was asked and without waiting for it to be read.
fn turn_away(mut stream: TcpStream) {
    tokio::spawn(async move {
        let busy = WebError::new(
            hyper::StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "too many connections at once",
        );
        let body = busy.hint("try again in a moment").to_json();
        let head = format!(
            "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nretry-after: 1\r\nconnection: close\r\n\r\n",
            body.len()
        );
        let said = async {
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(body.as_bytes()).await?;
            stream.shutdown().await
        };
        let _ = tokio::time::timeout(Duration::from_secs(1), said).await;
    });
}
