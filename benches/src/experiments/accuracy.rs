//! How true the client's times are: its own figures beside the server's log, request by request.

use crate::error::BenchError;
use crate::farebox::{Load, Ran, bench};
use crate::say;
use crate::serve::{ServeKind, Truth};
use crate::server::Server;
use crate::spread::Spread;
use crate::table::Table;
use farebox_core::stats::Samples;

/// Requests per stream.
const WAVES: u64 = 3;

pub(super) fn run(rounds: usize) -> Result<String, BenchError> {
    let mut errors =
        Table::new(&["streams", "TTFT error mean, ms", "p50", "p99", "TPOT error mean, ms", "p99"]);
    let mut server = Table::new(&["streams", "late p50, ms", "p99", "worst"]);
    for streams in [1, 64] {
        let rounds: Vec<Round> =
            (1..=rounds).map(|round| play(streams, round)).collect::<Result<_, _>>()?;
        let of = |value: fn(&Round) -> f64| format!("{:.3}", Spread::of(rounds.iter().map(value)));
        errors.row([
            streams.to_string(),
            of(|round| round.ttft.mean().unwrap_or_default()),
            of(|round| round.ttft.percentile(50.0).unwrap_or_default()),
            of(|round| round.ttft.percentile(99.0).unwrap_or_default()),
            of(|round| round.tpot.mean().unwrap_or_default()),
            of(|round| round.tpot.percentile(99.0).unwrap_or_default()),
        ]);
        server.row([
            streams.to_string(),
            of(|round| round.late_ms[0]),
            of(|round| round.late_ms[1]),
            of(|round| round.late_ms[2]),
        ]);
    }
    Ok(format!(
        "Client minus server, per request, {WAVES} requests per stream of 128 tokens, 50 ms to \
         the first token and 10 ms to each further one. The server counts from the arrival of the \
         request's last byte to the moment it hands a token to the kernel; the client from its \
         first byte written to the read that brought the token. All streams send their first \
         request at once.\n\n{errors}\n\
         The server has a thread per connection and shares the machine with the client, so part \
         of the error is its own waiting for a core before it sees a request. How late its writes \
         were by the script:\n\n{server}"
    ))
}

/// What one run got wrong, in milliseconds.
struct Round {
    ttft: Samples,
    tpot: Samples,
    late_ms: [f64; 3],
}

fn play(streams: usize, round: usize) -> Result<Round, BenchError> {
    say(&format!("accuracy: {streams} streams, round {round}"));
    let server = Server::start(ServeKind::Exact)?;
    let load = Load { streams, requests: streams as u64 * WAVES, osl: 128 };
    let ran = bench(server.address(), load)?;
    Round::of(&ran, &server.truth()?)
}

impl Round {
    fn of(ran: &Ran, truth: &Truth) -> Result<Self, BenchError> {
        let pairs: Vec<_> = ran
            .latencies
            .iter()
            .filter_map(|(id, seen)| Some((*seen, *truth.by_request.get(id)?)))
            .collect();
        if pairs.len() < ran.latencies.len() || pairs.is_empty() {
            return Err(BenchError::Missing("truth of every request"));
        }
        Ok(Self {
            ttft: pairs.iter().map(|(seen, truth)| seen.0 - truth.0).collect(),
            tpot: pairs.iter().map(|(seen, truth)| seen.1 - truth.1).collect(),
            late_ms: truth.late_ms,
        })
    }
}
