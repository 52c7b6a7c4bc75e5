//! A place for one request in flight, with the connection it keeps.

use crate::ask::Ask;
use crate::connection::{Connection, DialError, Dialer};
use crate::exchange::{Exchanged, Rules, exchange, never_sent};
use crate::failure::Broken;
use std::time::Instant;

/// Sends one request after another.
pub(crate) struct Slot {
    dialer: Dialer,
    connection: Option<Connection>,
}

impl Slot {
    pub(crate) fn new(dialer: Dialer) -> Self {
        Self { dialer, connection: None }
    }

    /// Opens the connection ahead of time. A failure is no failure yet: the request will see it.
    pub(crate) async fn warm(&mut self) {
        self.connection = self.connect().await.ok();
    }

    /// Sends `ask` and waits for its end.
    pub(crate) async fn ask(&mut self, ask: Ask, rules: &Rules) -> Exchanged {
        let tried = Instant::now();
        let mut connection = match self.connect().await {
            Ok(connection) => connection,
            Err(error) => {
                let broken = Broken::Failed(error.into());
                return Exchanged { record: never_sent(&ask, rules, tried, broken), refusal: None };
            }
        };
        let exchanged = exchange(&mut connection, ask, rules).await;
        // A connection in the middle of an answer cannot carry another request.
        self.connection = exchanged.record.is_ok().then_some(connection);
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
