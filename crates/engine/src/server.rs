//! Accepting connections and speaking HTTP/1.1 on them. What is said is in `routes.rs`.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::ledger::Ledger;
use crate::metrics::Metrics;
use crate::pacer::PacerHandle;
use crate::quantity::Tokens;
use crate::request::Served;
use crate::routes;
use crate::stamped_io::StampedIo;
use crate::truth_log::TruthLog;

/// Pause after a failed accept, which most often means that file descriptors have run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What every connection needs.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    pub(crate) pacer: PacerHandle,
    pub(crate) truth: TruthLog,
    pub(crate) served: Served,
    pub(crate) metrics: Arc<Metrics>,
    /// Tokens that the KV cache holds.
    pub(crate) kv_capacity: Tokens,
    /// The model behind the served name.
    pub(crate) root_model: String,
    pub(crate) started_unix_s: u64,
    pub(crate) numbers: AtomicU64,
}

impl Shared {
    /// A number that no other request of this engine has.
    pub(crate) fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }
}

/// Accepts for ever. Dropping the future closes the listener and every connection, which cancels
/// their requests.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                connections.spawn(connection(stream, Arc::clone(&shared)));
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    // Without it Nagle's algorithm holds a token back until the one before is acknowledged. A
    // socket that refuses is about to fail anyway.
    let _ = stream.set_nodelay(true);
    let ledger = Ledger::default();
    let io = StampedIo::new(stream, ledger.clone(), shared.clock);
    let service = service_fn(|request| async {
        Ok::<_, Infallible>(routes::answer(&shared, &ledger, request).await)
    });
    // An error here is a client that went away or spoke no HTTP; its requests are cancelled and
    // the truth log has them.
    let _ = http1::Builder::new().serve_connection(io, service).await;
}
