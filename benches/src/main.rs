//! What the client costs, beside a reader that does nothing else, as `docs/performance.md`.
//!
//! `benches/report` runs this. Server and clients are processes of their own: the server and the
//! bare reader are this binary under another command, the client under test is the real
//! `farebox bench`. Reading order: `experiments` (what is measured), `side_by_side` (how two
//! clients take turns), `farebox` and `bare` (the clients), `serve` (the server), `document`.

mod args;
mod bare;
mod children;
mod cold_build;
mod conversations;
mod document;
mod error;
mod experiments;
mod farebox;
mod machine;
mod peers;
mod pinning;
mod queues;
mod serve;
mod server;
mod side_by_side;
mod spread;
mod table;

use args::Command;
use error::BenchError;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let result = Command::parse(std::env::args().skip(1)).and_then(|command| match command {
        Command::Report(options) => document::report(&options),
        Command::Serve(kind) => serve::serve(kind),
        Command::Bare(load) => bare::main(&load),
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// A line on stderr, for whoever watches.
fn say(text: &str) {
    // Nobody may be listening any more.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// A line on stdout, for the process that started this one.
fn tell(line: &str) -> Result<(), BenchError> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(BenchError::io("stdout"))
}
