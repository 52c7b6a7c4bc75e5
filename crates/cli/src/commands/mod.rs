//! One command per file: its flags, what they mean, and what is done.

pub(crate) mod bench;
pub(crate) mod calibrate;
pub(crate) mod catalog;
pub(crate) mod compare;
pub(crate) mod engine;
pub(crate) mod estimate;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod plot;
pub(crate) mod price;
pub(crate) mod profile;
pub(crate) mod quickstart;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod scenarios;
pub(crate) mod serve;
mod tariff;
pub(crate) mod validate;
pub(crate) mod watch;

use crate::error::CliError;
use tokio::runtime::{Builder, Runtime};

/// The event loops of a command.
pub(crate) fn runtime() -> Result<Runtime, CliError> {
    let built = Builder::new_multi_thread().enable_all().build();
    built.map_err(|error| CliError::failed(format_args!("cannot start the event loop: {error}")))
}

/// Resolves when the user presses Ctrl-C or the system asks us to end.
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    let (Ok(mut interrupt), Ok(mut terminate)) = signals else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

/// Ends the process at once, as a second Ctrl-C asks for.
#[expect(clippy::exit, reason = "the user asked twice")]
fn abandon() -> ! {
    std::process::exit(1)
}
