//! The thread that turns virtual time into real time.
//!
//! It owns the timeline, takes arrivals from a channel, waits for each deadline and hands the
//! tokens that are due to the requests' own channels. With nothing to do it blocks on the channel.
//! A request whose channel was closed by its reader is cancelled at the next step; when every
//! sender of arrivals is gone the thread ends.

use std::collections::HashMap;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::clock::Clock;
use crate::error::EngineError;
use crate::quantity::{Nanos, Tokens};
use crate::scheduler::{Job, RequestId};
use crate::timeline::{Arrival, Due, Next, Timeline};

/// A token as it leaves the pacer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PacedToken {
    /// Position in the answer, from 0.
    pub(crate) index: u64,
    pub(crate) due: Nanos,
    pub(crate) released: Nanos,
}

/// Where requests are handed to the pacer.
#[derive(Debug, Clone)]
pub(crate) struct PacerHandle {
    inbox: Sender<Message>,
}

/// The pacer will take no more requests: the engine is being stopped.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PacerGone;

#[derive(Debug)]
struct Message {
    arrival: Arrival,
    sink: UnboundedSender<PacedToken>,
}

struct Pacer {
    clock: Clock,
    timeline: Timeline,
    inbox: Receiver<Message>,
    sinks: HashMap<RequestId, UnboundedSender<PacedToken>>,
}

impl PacerHandle {
    /// Starts the thread.
    pub(crate) fn spawn(
        clock: Clock,
        timeline: Timeline,
    ) -> Result<(Self, JoinHandle<()>), EngineError> {
        let (sender, inbox) = mpsc::channel();
        let pacer = Pacer { clock, timeline, inbox, sinks: HashMap::new() };
        let thread = thread::Builder::new()
            .name("farebox-pacer".to_owned())
            .spawn(move || pacer.run())
            .map_err(|source| EngineError::Thread { name: "pacer", source })?;
        Ok((Self { inbox: sender }, thread))
    }

    /// Queues a request that arrived at `at`. Its tokens come out of the receiver; dropping the
    /// receiver cancels it; it ends after the last token, or early if the engine gave up.
    pub(crate) fn submit(
        &self,
        id: RequestId,
        job: Job,
        at: Nanos,
    ) -> Result<UnboundedReceiver<PacedToken>, PacerGone> {
        let (sink, tokens) = unbounded_channel();
        let message = Message { arrival: Arrival { at, id, job }, sink };
        self.inbox.send(message).map_err(|_| PacerGone)?;
        Ok(tokens)
    }
}

impl Pacer {
    fn run(mut self) {
        loop {
            while let Ok(message) = self.inbox.try_recv() {
                self.accept(message);
            }
            self.cancel_abandoned();
            match self.timeline.next() {
                Next::Tokens(due) => self.release(&due),
                Next::Refused(id, _) => {
                    self.sinks.remove(&id);
                }
                Next::Idle => match self.inbox.recv() {
                    Ok(message) => self.accept(message),
                    Err(mpsc::RecvError) => return,
                },
            }
        }
    }

    fn accept(&mut self, Message { arrival, sink }: Message) {
        self.sinks.insert(arrival.id, sink);
        self.timeline.arrive(arrival);
    }

    fn cancel_abandoned(&mut self) {
        let timeline = &mut self.timeline;
        self.sinks.retain(|&id, sink| {
            let is_abandoned = sink.is_closed();
            if is_abandoned {
                timeline.cancel(id);
            }
            !is_abandoned
        });
    }

    fn release(&mut self, due: &Due) {
        self.clock.sleep_until(due.deadline);
        let released = self.clock.now();
        for emission in &due.emissions {
            let Some(sink) = self.sinks.get(&emission.id) else { continue };
            let token = PacedToken { index: emission.index, due: due.deadline, released };
            // Fails if the reader has gone; the next look for abandoned requests cancels it.
            let _ = sink.send(token);
            if emission.left == Tokens(0) {
                self.sinks.remove(&emission.id);
            }
        }
    }
}
