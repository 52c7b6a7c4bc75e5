//! One command per file: its flags, what they mean, and what is done.

pub(crate) mod bench;
pub(crate) mod engine;
pub(crate) mod plot;
pub(crate) mod price;
pub(crate) mod quickstart;

use crate::error::CliError;
use tokio::runtime::{Builder, Runtime};

/// The event loops of a command.
fn runtime() -> Result<Runtime, CliError> {
    let built = Builder::new_multi_thread().enable_all().build();
    built.map_err(|error| CliError::failed(format_args!("cannot start the event loop: {error}")))
}

/// Resolves when the user presses Ctrl-C or the system asks us to end.
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut int, mut term) =
        match (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) {
            (Ok(int), Ok(term)) => (int, term),
            _ => return std::future::pending().await,
        };
    let mut int = std::pin::pin!(int.recv());
    let mut term = std::pin::pin!(term.recv());
    std::future::poll_fn(|cx| {
        use std::future::Future;
        if int.as_mut().poll(cx).is_ready() || term.as_mut().poll(cx).is_ready() {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
}

/// Ends the process at once, as a second Ctrl-C asks for.
#[expect(clippy::exit, reason = "the user asked twice")]
fn abandon() -> ! {
    std::process::exit(1)
}
