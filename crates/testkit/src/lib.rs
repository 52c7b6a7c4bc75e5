//! A scripted server for tests: every fault and quirk at exact times, and the truth about them.
//!
//! Raw bytes over blocking sockets on 127.0.0.1, because a decent HTTP library refuses to do what
//! servers under load do. Read in this order:
//!
//! 1. [`Script`]: which request gets which answer.
//! 2. [`Answer`], [`StreamAnswer`] and [`Flood`]: what an answer is, quirk by quirk.
//! 3. [`ScriptedServer`]: starting it, and its [`Exchange`] log.
//!
//! [`Browser`] is the visitor of the pages that we serve, [`Axe`] judges whether everybody could be.
//!
//! ```
//! use farebox_testkit::{Answer, Script, ScriptedServer, ms};
//!
//! let answer = Answer::stream().tokens(ms(20), ms(5), 10).stall_after(7);
//! let server = ScriptedServer::start(Script::always(answer))?;
//! println!("{} plays the script; {:?} is what happened", server.url(), server.truth());
//! # Ok::<(), std::io::Error>(())
//! ```

mod answer;
mod axe;
mod browser;
mod connection;
mod cut;
mod fault;
mod flood;
mod html;
mod http;
mod metrics;
mod native;
mod plan;
mod script;
mod server;
mod stop;
mod stream_answer;
mod stream_plan;
mod truth;

use std::time::Duration;

pub use answer::{Answer, StatusAnswer};
pub use axe::{Axe, AxeFinding, Impact};
pub use browser::Browser;
pub use fault::{ErrorForm, Fault};
pub use flood::Flood;
pub use html::unescaped;
pub use http::Received;
pub use metrics::Metrics;
pub use script::Script;
pub use server::ScriptedServer;
pub use stream_answer::{Cutting, StreamAnswer, UsagePlace};
pub use truth::{Ended, Exchange, Label, Wrote};

/// Milliseconds, briefly.
pub const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}
