//! What does not grow with the number of requests, and what grows with that of streams.

use crate::error::BenchError;
use crate::farebox::{Load, bench};
use crate::say;
use crate::serve::ServeKind;
use crate::server::Server;
use crate::spread::Spread;
use crate::table::Table;

pub(super) fn run(rounds: usize) -> Result<String, BenchError> {
    let mut table = Table::new(&["load", "peak MB", "ms to the first request"]);
    let one_token = |requests| Load { streams: 64, requests, osl: 1 };
    for (name, kind, load) in [
        ("200 requests of 1 token", ServeKind::Reply, one_token(200)),
        ("20,000 requests of 1 token", ServeKind::Reply, one_token(20_000)),
        ("80,000 requests of 1 token", ServeKind::Reply, one_token(80_000)),
        (
            "5,000 streams of 16 tokens",
            ServeKind::Exact,
            Load { streams: 5_000, requests: 10_000, osl: 16 },
        ),
    ] {
        let mut ran = Vec::new();
        for round in 1..=rounds {
            say(&format!("footprint: {name}, round {round} of {rounds}"));
            let server = Server::start(kind)?;
            ran.push(bench(server.address(), load)?);
        }
        let peaks = Spread::of(ran.iter().filter_map(|ran| ran.peak_mb));
        let start = Spread::of(ran.iter().map(|ran| ran.start_up_s * 1e3));
        table.row([name.to_owned(), format!("{peaks:.0}"), format!("{start:.0}")]);
    }
    Ok(format!(
        "Resident memory at its highest, and the time from the start of the process to its first \
         request to the server (a probe; nothing is prepared for all requests at once).\n\n{table}"
    ))
}
