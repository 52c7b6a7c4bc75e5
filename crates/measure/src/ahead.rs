//! Requests written before they are due, on a thread of their own.

use crate::ask::Ask;
use crate::generator::{Shared, Work};
use crate::pacer::Due;
use farebox_workload::{Plan, Planned};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Requests that are ready before they are due, at most.
const AHEAD: usize = 256;

/// What is written ahead: requests in their order, of a plan that may be endless.
pub(crate) struct Ahead {
    pub(crate) ready: Receiver<Due<Ask>>,
    pub(crate) writer: JoinHandle<()>,
}

impl Ahead {
    /// Starts to write the requests of `plan`, and waits until the first is ready.
    pub(crate) async fn start(shared: Arc<Shared>, work: Work, plan: Plan, limit: u64) -> Self {
        let (write, ready) = sync_channel(AHEAD);
        let (tell, first_is_ready) = tokio::sync::oneshot::channel();
        let plan = plan.take(usize::try_from(limit).unwrap_or(usize::MAX));
        let writer = thread::spawn(move || write_ahead(&shared, work, plan, &write, tell));
        // An empty plan drops the other end: there is nothing to wait for then.
        let _ = first_is_ready.await;
        Self { ready, writer }
    }
}

fn write_ahead(
    shared: &Shared,
    work: Work,
    plan: impl Iterator<Item = Planned>,
    write: &SyncSender<Due<Ask>>,
    tell: tokio::sync::oneshot::Sender<()>,
) {
    let mut tell = Some(tell);
    for planned in plan {
        let at = Duration::from_nanos(planned.at_ns.unwrap_or(0));
        if write.send(Due { at, what: shared.write(work, &planned) }).is_err() {
            return; // Nobody waits for more.
        }
        if let Some(tell) = tell.take() {
            let _ = tell.send(());
        }
    }
}
