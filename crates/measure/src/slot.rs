//! A place for one request in flight, with the connection it keeps.

use crate::ask::Ask;
use crate::connection::{Connection, DialError, Dialer};
use crate::exchange::{Exchanged, Rules, exchange};
use crate::failure::Broken;
use std::time::Instant;

/// Sends one request after another.
pub(crate) struct Slot {
    dialer: Dialer,
    connection: Option<Connection>,
    /// Kept connections that the server had closed without saying so.
    lost: u32,
}

/// After so many lost connections the server is taken not to keep any.
const ENOUGH_LOST: u32 = 2;

impl Slot {
    pub(crate) fn new(dialer: Dialer) -> Self {
        Self { dialer, connection: None, lost: 0 }
    }

    /// Opens the connection ahead of time. A failure is no failure yet: the request will see it.
    pub(crate) async fn warm(&mut self) {
        self.connection = self.connect().await.ok();
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
        let keep = exchanged.record.is_ok() && self.lost < ENOUGH_LOST;
        self.connection = keep.then_some(connection);
        exchanged
    }

    /// The kept connection if the server has not closed it, else a new one.
    async fn connect(&mut self) -> Result<Connection, DialError> {
        if let Some(mut kept) = self.connection.take()
            && kept.is_usable().await
        {
            return Ok(kept);
        }
        self.dialer.dial().await
    }
}
