//! The server's process, seen from the one that started it.

use crate::children::cpu_seconds_of;
use crate::error::BenchError;
use crate::pinning::{self, Role};
use crate::serve::{ServeKind, Truth};
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

/// A running server; dropping it ends it.
pub(crate) struct Server {
    child: Child,
    /// Closing it asks the server to end.
    ask_to_end: Option<ChildStdin>,
    says: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Server {
    /// Starts this binary as a server.
    pub(crate) fn start(kind: ServeKind) -> Result<Self, BenchError> {
        let starting = || BenchError::io("starting the server");
        let program = std::env::current_exe().map_err(starting())?;
        let mut command = pinning::command(Role::Server, program);
        command.args(["serve", &kind.to_string()]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(starting())?;
        let ask_to_end = child.stdin.take();
        let out = child.stdout.take().ok_or(BenchError::Missing("server output"))?;
        let mut says = BufReader::new(out);
        let mut line = String::new();
        says.read_line(&mut line).map_err(starting())?;
        let address = line.trim().parse().map_err(|_| BenchError::Missing("server address"))?;
        Ok(Self { child, ask_to_end, says, address })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its processor seconds so far.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        cpu_seconds_of(self.child.id())
    }

    /// Ends an exact server and takes its truth.
    pub(crate) fn truth(mut self) -> Result<Truth, BenchError> {
        drop(self.ask_to_end.take());
        let mut line = String::new();
        self.says.read_line(&mut line).map_err(BenchError::io("the server's truth"))?;
        serde_json::from_str(&line).map_err(BenchError::json("the server's truth"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.ask_to_end.take());
        // It may have more to say than a pipe holds, and would wait for ever to be heard.
        let _ = self.says.read_to_end(&mut Vec::new());
        // A server that ended badly has said so itself, on the stderr it shares with us.
        let _ = self.child.wait();
    }
}
