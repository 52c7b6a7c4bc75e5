//! A place for one request in flight, with the connection it keeps.

use crate::ask::Ask;
use crate::connection::Connection;
use crate::dial::{DialError, Dialer};
use crate::exchange::{Exchanged, Rules, exchange};
use crate::failure::Broken;
use farebox_core::ArrivalClock;
use std::time::Instant;
use tokio::runtime::Handle;

/// Sends one request after another.
pub(crate) struct Slot {
    /// The event loop that its connection belongs to.
    pub(crate) on: Handle,
    dialer: Dialer,
    connection: Option<Connection>,
    /// Kept connections that the server had closed without saying so.
    lost: u32,
}

/// After so many lost connections the server is taken not to keep any.
const ENOUGH_LOST: u32 = 2;

impl Slot {
    /// A slot whose futures are to be run on the loop `on`.
    pub(crate) fn new(dialer: Dialer, on: Handle) -> Self {
        Self { on, dialer, connection: None, lost: 0 }
    }

    /// Opens the connection ahead of time. A failure is no failure yet: the request will see it.
    pub(crate) async fn warm(&mut self) {
        self.connection = self.connect().await.ok();
    }

    /// Who takes the times of its connection; none while there is no connection.
    pub(crate) fn clock(&self) -> Option<ArrivalClock> {
        self.connection.as_ref().map(Connection::clock)
    }

    /// Sends `ask` and waits for its end.
    ///
    /// A server may close a kept connection at the very moment it is used again; the request then
    /// ends before a byte came back, and is sent once more on a new connection, its clock started
    /// anew. On a new connection the same is a failure.
    pub(crate) async fn ask(&mut self, ask: Ask, rules: &Rules) -> Exchanged {
        let tried = Instant::now();
        let mut connection = match self.connect().await {
            Ok(connection) => connection,
            Err(error) => {
                return Exchanged::never_sent(&ask, rules, tried, Broken::Failed(error.into()));
            }
        };
        if connection.carried > 0 {
            let first = exchange(&mut connection, ask.clone(), rules).await;
            if !first.was_lost() {
                return self.keep(connection, first);
            }
            self.lost += 1;
            connection = match self.dialer.dial().await {
                Ok(connection) => connection,
                Err(error) => {
                    return Exchanged::never_sent(&ask, rules, tried, Broken::Failed(error.into()));
                }
            };
        }
        let exchanged = exchange(&mut connection, ask, rules).await;
        self.keep(connection, exchanged)
    }

    /// Keeps the connection for the next request, unless it is in the middle of an answer.
    fn keep(&mut self, connection: Connection, exchanged: Exchanged) -> Exchanged {
        let keep = connection.may_go_on && exchanged.record.is_ok() && self.lost < ENOUGH_LOST;
        self.connection = keep.then_some(connection);
        exchanged
    }

    /// The kept connection if the server has not closed it, else a new one.
    async fn connect(&mut self) -> Result<Connection, DialError> {
        if let Some(mut kept) = self.connection.take()
            && kept.is_usable()
        {
            return Ok(kept);
        }
        self.dialer.dial().await
    }
}
