//! Who waits for whose answer: the turns of conversations under way.

use farebox_workload::Turn;
use std::collections::HashMap;
use std::time::Instant;
use tokio::sync::oneshot::{Receiver, Sender, channel};

/// The newest turn of every conversation.
#[derive(Debug, Default)]
pub(crate) struct Conversations {
    newest: HashMap<u64, Receiver<Instant>>,
}

/// The turn before, whose answer is waited for.
#[derive(Debug)]
pub(crate) struct Previous(Receiver<Instant>);

/// Whom to tell that an answer has come; dropped, the conversation is over.
#[derive(Debug)]
pub(crate) struct Answered(Sender<Instant>);

impl Conversations {
    /// Takes the next request in: what it waits for, and whom to tell when it has its answer.
    /// A request of no conversation waits for nothing and tells nobody.
    pub(crate) fn join(&mut self, turn: Option<Turn>) -> (Option<Previous>, Option<Answered>) {
        let Some(turn) = turn else { return (None, None) };
        let (tell, told) = channel();
        let before = self.newest.insert(turn.session, told);
        (before.filter(|_| turn.turn > 0).map(Previous), Some(Answered(tell)))
    }
}

impl Previous {
    /// When its answer had come, or it had failed; none when it was never sent.
    pub(crate) async fn answered(self) -> Option<Instant> {
        self.0.await.ok()
    }
}

impl Answered {
    /// It has come now.
    pub(crate) fn tell(self) {
        // The last turn of a conversation has nobody behind it.
        let _ = self.0.send(Instant::now());
    }
}
