//! What ends a wait for the server: the request's deadline, a stall, or Ctrl-C.

use crate::cancel::Cancel;
use crate::connection::Connection;
use crate::settings::Patience;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::sync::futures::OwnedNotified;
use tokio::time::Sleep;

/// Why a wait was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GaveUp {
    /// The whole request took too long.
    Timeout(Duration),
    /// Tokens had come, then nothing.
    Stall(Duration),
    /// The user asked to stop.
    Cancelled,
}

/// Watches over one request.
pub(crate) struct Guard {
    deadline: Instant,
    patience: Patience,
    /// Whether tokens have begun to come: before that, waiting is queueing and no stall.
    flowing: bool,
    alarm: Pin<Box<Sleep>>,
    cancel: Cancel,
    cancelled: Pin<Box<OwnedNotified>>,
}

impl Guard {
    /// Starts the request's clock.
    pub(crate) fn new(patience: Patience, cancel: Cancel) -> Self {
        let deadline = Instant::now() + patience.request;
        let cancelled = Box::pin(cancel.thrown());
        let alarm = Box::pin(tokio::time::sleep_until(deadline.into()));
        Self { deadline, patience, flowing: false, alarm, cancel, cancelled }
    }

    /// From the first token on, silence is a stall.
    pub(crate) fn tokens_flow(&mut self, last_read: Instant) {
        if !std::mem::replace(&mut self.flowing, true) {
            self.set_alarm(last_read);
        }
    }

    /// Waits for `future`, moving the connection's bytes before each poll of it.
    pub(crate) async fn wait<F: Future>(
        &mut self,
        connection: &mut Connection,
        future: F,
    ) -> Result<F::Output, GaveUp> {
        let mut future = pin!(future);
        poll_fn(|cx| {
            if let Poll::Ready(output) = connection.poll(cx, future.as_mut()) {
                return Poll::Ready(Ok(output));
            }
            self.poll(cx, connection.last_read().at).map(Err)
        })
        .await
    }

    fn poll(&mut self, cx: &mut Context<'_>, last_read: Instant) -> Poll<GaveUp> {
        // Registers this task once; afterwards the flag alone is looked at, so that a token
        // never takes the lock inside the notification.
        if self.cancel.is_thrown() || self.cancelled.as_mut().poll(cx).is_ready() {
            return Poll::Ready(GaveUp::Cancelled);
        }
        while self.alarm.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            if now >= self.deadline {
                return Poll::Ready(GaveUp::Timeout(self.patience.request));
            }
            if self.flowing && now.saturating_duration_since(last_read) >= self.patience.stall {
                return Poll::Ready(GaveUp::Stall(self.patience.stall));
            }
            self.set_alarm(last_read);
        }
        Poll::Pending
    }

    fn set_alarm(&mut self, last_read: Instant) {
        let quiet = last_read + self.patience.stall;
        let at = if self.flowing { quiet.min(self.deadline) } else { self.deadline };
        self.alarm.as_mut().reset(at.into());
    }
}
