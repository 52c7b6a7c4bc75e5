//! Messages to a thread that is woken once for what many tasks have for it.
//!
//! To wake a thread costs both sides more than a message does. An event loop runs every task that
//! has something to do before it waits again; whoever sends first in such a round leaves a task at
//! its end, and that one wakes the reader for all.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use tokio::runtime::Handle;

/// A box that anybody may put messages in and one thread empties.
#[derive(Debug)]
pub(crate) struct Post<M> {
    contents: Mutex<Contents<M>>,
    bell: Condvar,
    /// Whether somebody will ring for what is in the box.
    will_ring: AtomicBool,
}

#[derive(Debug)]
struct Contents<M> {
    messages: Vec<M>,
    is_closed: bool,
}

impl<M> Default for Post<M> {
    fn default() -> Self {
        let contents = Contents { messages: Vec::new(), is_closed: false };
        let will_ring = AtomicBool::new(false);
        Self { contents: Mutex::new(contents), bell: Condvar::new(), will_ring }
    }
}

impl<M: Send + 'static> Post<M> {
    /// Puts a message in and wakes the reader. Lost once the box is closed.
    pub(crate) fn send(&self, message: M) {
        self.put(message);
        self.bell.notify_one();
    }

    /// Puts a message in and wakes the reader at the end of the event loop's round; at once where
    /// there is no event loop.
    pub(crate) fn send_with_others(self: &Arc<Self>, message: M) {
        self.put(message);
        if self.will_ring.swap(true, SeqCst) {
            return;
        }
        let Ok(event_loop) = Handle::try_current() else { return self.ring() };
        let post = self.clone();
        event_loop.spawn(async move { post.ring() });
    }

    /// Waits for messages and takes all there are; none once the box is closed.
    pub(crate) fn wait(&self) -> Option<Vec<M>> {
        let is_waiting =
            |contents: &mut Contents<M>| contents.messages.is_empty() && !contents.is_closed;
        let contents = self.bell.wait_while(self.lock(), is_waiting);
        let mut contents = contents.unwrap_or_else(PoisonError::into_inner);
        let messages = std::mem::take(&mut contents.messages);
        (!messages.is_empty()).then_some(messages)
    }

    /// Ends it: what is in it can still be taken, nothing more comes in.
    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
        self.bell.notify_one();
    }

    fn put(&self, message: M) {
        let mut contents = self.lock();
        if !contents.is_closed {
            contents.messages.push(message);
        }
    }

    fn ring(&self) {
        self.will_ring.store(false, SeqCst);
        self.bell.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Contents<M>> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bell_rings_once_at_the_end_of_a_round() {
        let post = Arc::new(Post::default());
        let event_loop = tokio::runtime::Builder::new_current_thread().build().unwrap();
        event_loop.block_on(async {
            for message in 1..=3 {
                post.send_with_others(message);
                assert!(post.will_ring.load(SeqCst), "not before others had their turn");
            }
            tokio::task::yield_now().await;
        });
        assert!(!post.will_ring.load(SeqCst));
        assert_eq!(post.wait(), Some(vec![1, 2, 3]));
    }

    #[test]
    fn a_reader_is_woken_by_a_message_and_by_the_end() {
        let post = Arc::new(Post::default());
        let (inbox, (taken, arrived)) = (post.clone(), std::sync::mpsc::channel());
        let reader = std::thread::spawn(move || {
            while let Some(messages) = inbox.wait() {
                taken.send(messages).unwrap();
            }
        });
        for message in 0..3 {
            // No event loop here: it rings at once.
            post.send_with_others(message);
            assert_eq!(arrived.recv(), Ok(vec![message]));
        }
        post.close();
        reader.join().unwrap();
        post.send(7);
        assert_eq!(post.wait(), None, "nothing comes in any more");
    }
}
