//! What must a token cost, on this machine, for this traffic, within this latency promise?
//!
//! The binary: flags to typed settings to one command per file. Reading order: [`cli`] (what can
//! be typed), [`args`] (what it means), [`commands`] (what is done), [`error`] and [`exit`] (how
//! it ends).

mod args;
mod cli;
mod commands;
mod error;
mod exit;
mod flat;
mod output;
mod png;
mod progress;

use clap::Parser;
use farebox_launch::guard;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    if words.next().as_deref() == Some(guard::GUARD) {
        return guarded(&words.collect::<Vec<_>>());
    }
    let exit = match cli::Cli::try_parse() {
        Ok(cli) => cli.run().unwrap_or_else(|error| error.report()),
        Err(error) => error::report_usage(&error),
    };
    exit.into()
}

/// This program as the guard of an engine that it started: no command of its own.
fn guarded(words: &[String]) -> ExitCode {
    match guard::run(words) {
        Ok(code) => code.into(),
        Err(error) => {
            output::note(format_args!("error: {error}"));
            exit::Exit::Failed.into()
        }
    }
}
