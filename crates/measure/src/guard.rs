//! What ends a wait for the server: the request's deadline, a stall, or Ctrl-C.

use crate::cancel::Cancel;
use crate::settings::Patience;
use std::future::Future;
use std::pin::Pin;
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
    /// Whether alarm and notice will wake the task.
    armed: bool,
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
        Self { deadline, patience, flowing: false, armed: false, alarm, cancel, cancelled }
    }

    /// From the first token on, silence is a stall.
    pub(crate) fn tokens_flow(&mut self, last_read: Instant) {
        if !std::mem::replace(&mut self.flowing, true) {
            self.set_alarm(last_read);
        }
    }

    /// Looks whether to give up. Where bytes have just come and the task will be woken anyway,
    /// there is nothing to look at: a token costs no timer and no lock. The task must be the same
    /// at each call.
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        last_read: Instant,
        bytes_came: bool,
    ) -> Poll<GaveUp> {
        if self.cancel.is_thrown() {
            return Poll::Ready(GaveUp::Cancelled);
        }
        if self.armed && bytes_came {
            return Poll::Pending;
        }
        self.armed = true;
        if self.cancelled.as_mut().poll(cx).is_ready() {
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
            self.armed = true;
        }
        Poll::Pending
    }

    fn set_alarm(&mut self, last_read: Instant) {
        let quiet = last_read + self.patience.stall;
        let at = if self.flowing { quiet.min(self.deadline) } else { self.deadline };
        self.alarm.as_mut().reset(at.into());
        self.armed = false;
    }
}
