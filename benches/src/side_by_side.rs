//! Two clients taking turns at one server: bare, farebox, bare, farebox, ...
//!
//! What a machine does to one it does to the other a moment later, so the ratio of a round holds
//! where the numbers themselves do not.

use crate::bare::{BareCost, Stamps};
use crate::children::{Finished, run};
use crate::error::BenchError;
use crate::farebox::{self, Load, Ran};
use crate::pinning::{self, Role};
use crate::say;
use crate::serve::ServeKind;
use crate::server::Server;
use crate::spread::Spread;
use crate::table::Table;

/// A load that both clients put on one kind of server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Contest {
    /// What it is called.
    pub(crate) name: &'static str,
    /// What answers.
    pub(crate) server: ServeKind,
    /// What is asked.
    pub(crate) load: Load,
}

/// A run of a client, and what it cost the server.
struct Turn {
    ran: Ran,
    server_cpu_s: f64,
}

/// All rounds of a contest.
pub(crate) struct Rounds {
    bare: Vec<Turn>,
    farebox: Vec<Turn>,
}

impl Contest {
    /// Lets the clients take turns, `rounds` times.
    pub(crate) fn play(self, rounds: usize) -> Result<Rounds, BenchError> {
        let server = Server::start(self.server)?;
        let mut played = Rounds { bare: Vec::new(), farebox: Vec::new() };
        for round in 1..=rounds {
            say(&format!("{}: round {round} of {rounds}", self.name));
            played.bare.push(turn(&server, |server| bare(server, self.load, Stamps::None))?);
            played
                .farebox
                .push(turn(&server, |server| farebox::bench(server.address(), self.load))?);
        }
        Ok(played)
    }
}

impl Rounds {
    /// Throughput and cost of both, with the ratios.
    pub(crate) fn table(&self) -> Table {
        let mut table = Table::new(&[
            "client",
            "tokens/s",
            "ratio",
            "CPU ms per 1,000 tokens",
            "ratio",
            "whole process",
            "peak MB",
            "server CPU ms per 1,000",
        ]);
        table.row(self.row("bare reader", &self.bare));
        table.row(self.row("farebox bench", &self.farebox));
        table
    }

    fn row(&self, name: &str, turns: &[Turn]) -> [String; 8] {
        let of = |value: fn(&Turn) -> f64| Spread::of(turns.iter().map(value));
        let ratio = |value: fn(&Turn) -> f64| {
            Spread::of(turns.iter().zip(&self.bare).map(|(turn, bare)| value(turn) / value(bare)))
        };
        let peaks: Vec<f64> = turns.iter().filter_map(|turn| turn.ran.peak_mb).collect();
        let peak = Spread::of(peaks.iter().copied()).median;
        [
            name.to_owned(),
            format!("{:.0}", of(Turn::tokens_per_s)),
            format!("{:.2}", ratio(Turn::tokens_per_s)),
            format!("{:.2}", of(Turn::cpu_ms)),
            format!("{:.2}", ratio(Turn::cpu_ms)),
            format!("{:.2}", of(Turn::life_cpu_ms).median),
            if peaks.is_empty() { "-".to_owned() } else { format!("{peak:.0}") },
            format!("{:.2}", of(Turn::server_cpu_ms).median),
        ]
    }
}

impl Turn {
    fn tokens_per_s(&self) -> f64 {
        self.ran.tokens / self.ran.wall_s
    }

    fn cpu_ms(&self) -> f64 {
        self.per_thousand(self.ran.cpu_s)
    }

    fn life_cpu_ms(&self) -> f64 {
        self.per_thousand(self.ran.life_cpu_s)
    }

    fn server_cpu_ms(&self) -> f64 {
        self.per_thousand(self.server_cpu_s)
    }

    /// Seconds in all as milliseconds per 1,000 tokens: seconds per token times a million.
    fn per_thousand(&self, seconds: f64) -> f64 {
        seconds / self.ran.tokens * 1e6
    }
}

fn turn(
    server: &Server,
    client: impl FnOnce(&Server) -> Result<Ran, BenchError>,
) -> Result<Turn, BenchError> {
    let before = server.cpu_seconds();
    let ran = client(server)?;
    Ok(Turn { ran, server_cpu_s: server.cpu_seconds() - before })
}

/// A turn of the bare reader.
pub(crate) fn bare(server: &Server, load: Load, stamps: Stamps) -> Result<Ran, BenchError> {
    let program = std::env::current_exe().map_err(BenchError::io("the bare reader"))?;
    let mut command = pinning::command(Role::Client, program);
    command.args(["bare", &server.address().to_string(), &load.streams.to_string()]);
    command.args([&load.requests.to_string(), &load.osl.to_string()]);
    if stamps == Stamps::Tokens {
        command.arg("stamps");
    }
    let Finished { output, cpu_s: life_cpu_s } = run("the bare reader", command)?;
    let cost: BareCost = serde_json::from_slice(&output.stdout)
        .map_err(BenchError::json("the bare reader's cost"))?;
    let tokens = load.requests as f64 * f64::from(load.osl);
    // Every token is an event, and every event a line at least.
    if (cost.lines as f64) < tokens {
        return Err(BenchError::Missing("full answers"));
    }
    let BareCost { wall_s, cpu_s, latencies, .. } = cost;
    Ok(Ran { tokens, wall_s, cpu_s, life_cpu_s, latencies, ..Ran::default() })
}
