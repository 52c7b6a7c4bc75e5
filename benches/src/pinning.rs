//! A core for the server and another for the client, where the system has `taskset`.
//!
//! Unpinned, the two push each other from core to core, and what a token costs depends on how many
//! happened to wait for the same read.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

/// Who gets a core.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The first core.
    Server,
    /// The second core.
    Client,
}

/// A command that will run `program` on the core of `role`, or anywhere if cores cannot be had.
pub(crate) fn command(role: Role, program: impl AsRef<OsStr>) -> Command {
    if !is_possible() {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.args(["-c", core(role)]).arg(program);
    command
}

/// In words, for the document.
pub(crate) fn describe() -> &'static str {
    if is_possible() {
        "server on the first core, client on the second"
    } else {
        "none: this system cannot pin processes"
    }
}

fn core(role: Role) -> &'static str {
    match role {
        Role::Server => "0",
        Role::Client => "1",
    }
}

/// Whether both cores exist and may be chosen.
fn is_possible() -> bool {
    let may = |role| {
        let mut probe = Command::new("taskset");
        probe.args(["-c", core(role), "true"]).stdout(Stdio::null()).stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success())
    };
    may(Role::Server) && may(Role::Client)
}
