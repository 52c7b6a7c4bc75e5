//! The server: a thread that accepts, and one per connection.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::connection::{Connection, shut};
use crate::http::Received;
use crate::script::Script;
use crate::stop::Stop;
use crate::truth::{Ended, Exchange};

/// A server playing a script on 127.0.0.1. Dropping it closes every socket and joins every thread.
#[derive(Debug)]
pub struct ScriptedServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

/// What all threads of a server see.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) script: Script,
    pub(crate) stop: Stop,
    posts: AtomicUsize,
    log: Mutex<Vec<Exchange>>,
    open: Mutex<HashMap<u64, TcpStream>>,
}

impl ScriptedServer {
    /// Starts on a free port.
    pub fn start(script: Script) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            script,
            stop: Stop::default(),
            posts: AtomicUsize::new(0),
            log: Mutex::default(),
            open: Mutex::default(),
        });
        let for_thread = Arc::clone(&shared);
        let accepting = thread::Builder::new()
            .name("scripted-accept".to_owned())
            .spawn(move || accept(listener, &for_thread))?;
        Ok(Self { address, shared, accepting: Some(accepting) })
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Every POST so far, in the order of arrival; also those still being answered.
    pub fn truth(&self) -> Vec<Exchange> {
        self.shared.truth()
    }

    /// The same once no POST is being answered, or after `at_most`: a client may see the end of an
    /// answer a moment before the log does.
    pub fn settled_truth(&self, at_most: Duration) -> Vec<Exchange> {
        let deadline = Instant::now() + at_most;
        loop {
            let truth = self.truth();
            let settled = truth.iter().all(|exchange| exchange.ended != Ended::Open);
            if settled || Instant::now() >= deadline {
                return truth;
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for ScriptedServer {
    fn drop(&mut self) {
        self.shared.stop.stop();
        for stream in lock(&self.shared.open).values() {
            shut(stream);
        }
        // Wakes the accepting thread; refused if it has stopped listening already.
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            // A panic there has been printed; panicking while dropping would hide it.
            let _ = accepting.join();
        }
    }
}

impl Shared {
    /// Numbers POSTs; other requests are not part of the script.
    pub(crate) fn next_ordinal(&self, request: &Received) -> Option<usize> {
        (request.method == "POST").then(|| self.posts.fetch_add(1, Ordering::Relaxed))
    }

    /// Every POST so far, in the order of arrival.
    pub(crate) fn truth(&self) -> Vec<Exchange> {
        let mut truth = lock(&self.log).clone();
        // Two threads may number their requests in one order and log them in the other.
        truth.sort_by_key(|exchange| exchange.ordinal);
        truth
    }

    /// Begins an entry of the log and says where it is.
    pub(crate) fn log(&self, exchange: Exchange) -> usize {
        let mut log = lock(&self.log);
        log.push(exchange);
        log.len() - 1
    }

    pub(crate) fn update(&self, entry: Option<usize>, change: impl FnOnce(&mut Exchange)) {
        if let Some(entry) = entry {
            change(&mut lock(&self.log)[entry]);
        }
    }

    pub(crate) fn forget(&self, connection: u64) {
        lock(&self.open).remove(&connection);
    }
}

/// Accepts until the server stops or the script has had enough; then nobody listens any more.
fn accept(listener: TcpListener, shared: &Arc<Shared>) {
    let mut serving: Vec<JoinHandle<()>> = Vec::new();
    for id in 0..shared.script.accept_at_most.unwrap_or(u64::MAX) {
        let Ok((stream, _)) = listener.accept() else { break };
        if shared.stop.is_stopped() {
            break;
        }
        serving.retain(|thread| !thread.is_finished());
        serving.extend(serve(id, stream, shared));
    }
    drop(listener);
    for thread in serving {
        // A panic in a connection has been printed by its own thread.
        let _ = thread.join();
    }
}

/// A connection that cannot be set up is dropped: the client sees it closed.
fn serve(id: u64, stream: TcpStream, shared: &Arc<Shared>) -> Option<JoinHandle<()>> {
    stream.set_nodelay(true).ok()?;
    let registered = stream.try_clone().ok()?;
    lock(&shared.open).insert(id, registered);
    if shared.stop.is_stopped() {
        shut(&stream);
    }
    let connection = Connection { id, stream, shared: Arc::clone(shared) };
    let name = format!("scripted-{id}");
    thread::Builder::new().name(name).spawn(move || connection.serve()).ok()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
