//! The thread that turns virtual time into real time.
//!
//! It owns the timeline, takes arrivals from a channel, waits for each deadline and hands the
//! tokens that are due to the requests' own channels. With nothing to do it blocks on the channel.
//! A request whose channel was closed by its reader is cancelled at the next step; when every
//! sender of arrivals is gone the thread ends.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::clock::Clock;
use crate::error::EngineError;
use crate::metrics::{Metrics, Phases};
use crate::quantity::{Nanos, Tokens};
use crate::scheduler::{Emission, Job, Occupancy, RequestId};
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
    flights: HashMap<RequestId, Flight>,
    metrics: Arc<Metrics>,
}

/// A request that is waiting or being answered.
#[derive(Debug)]
struct Flight {
    sink: UnboundedSender<PacedToken>,
    isl: Tokens,
    arrived: Nanos,
    /// When its first step began.
    started: Nanos,
    first_token: Nanos,
}

impl PacerHandle {
    /// Starts the thread.
    pub(crate) fn spawn(
        clock: Clock,
        timeline: Timeline,
        metrics: Arc<Metrics>,
    ) -> Result<(Self, JoinHandle<()>), EngineError> {
        let (sender, inbox) = mpsc::channel();
        let pacer = Pacer { clock, timeline, inbox, flights: HashMap::new(), metrics };
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
                    self.flights.remove(&id);
                }
                Next::Idle => {
                    self.metrics.occupied(Occupancy::default());
                    match self.inbox.recv() {
                        Ok(message) => self.accept(message),
                        Err(mpsc::RecvError) => return,
                    }
                }
            }
        }
    }

    fn accept(&mut self, Message { arrival, sink }: Message) {
        let Arrival { at: arrived, id, job } = arrival;
        let unset = Nanos(0);
        let flight = Flight { sink, isl: job.isl, arrived, started: unset, first_token: unset };
        self.flights.insert(id, flight);
        self.timeline.arrive(arrival);
    }

    fn cancel_abandoned(&mut self) {
        let timeline = &mut self.timeline;
        self.flights.retain(|&id, flight| {
            let is_abandoned = flight.sink.is_closed();
            if is_abandoned {
                timeline.cancel(id);
            }
            !is_abandoned
        });
    }

    fn release(&mut self, due: &Due) {
        let Due { begins, deadline, ref step } = *due;
        let waiting = step.occupancy.waiting + self.timeline.arriving();
        self.metrics.occupied(Occupancy { waiting, ..step.occupancy });
        for id in &step.started {
            self.flights.entry(*id).and_modify(|flight| flight.started = begins);
        }
        self.clock.sleep_until(deadline);
        let released = self.clock.now();
        for emission in &step.emissions {
            let Some(flight) = self.flights.get_mut(&emission.id) else { continue };
            let token = PacedToken { index: emission.index, due: deadline, released };
            // Before anybody can have the token, so that nobody finds it uncounted.
            flight.note(emission, token, &self.metrics);
            // Fails if the reader has gone; the next look for abandoned requests cancels it.
            let _ = flight.sink.send(token);
            if emission.left == Tokens(0) {
                self.flights.remove(&emission.id);
            }
        }
    }
}

impl Flight {
    /// Counts a token, and what it begins or ends.
    fn note(&mut self, emission: &Emission, token: PacedToken, metrics: &Metrics) {
        metrics.token();
        if emission.index == 0 {
            self.first_token = token.due;
            metrics.first_token(self.isl, token.released.since(self.arrived));
        }
        if emission.left == Tokens(0) {
            metrics.ended(Phases {
                queue: self.started.since(self.arrived),
                prefill: self.first_token.since(self.started),
                decode: token.due.since(self.first_token),
            });
        }
    }
}
