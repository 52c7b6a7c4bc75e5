//! How true the client's times are: its own figures beside the server's log, request by request,
//! and a bare reader's beside them.

use crate::bare::Stamps;
use crate::error::BenchError;
use crate::farebox::{Load, Ran, bench};
use crate::serve::{ServeKind, Truth};
use crate::server::Server;
use crate::side_by_side::bare;
use crate::spread::Spread;
use crate::table::Table;
use crate::{peers, say};
use farebox_core::stats::Samples;

/// Requests per stream.
const WAVES: u64 = 3;

pub(super) fn run(rounds: usize) -> Result<String, BenchError> {
    let mut errors = Table::new(&[
        "streams",
        "client",
        "TTFT error mean, ms",
        "p50",
        "p99",
        "TPOT error mean, ms",
        "p99",
        "server late p99, ms",
    ]);
    for streams in [1, 64, 256, 512, 1000] {
        for (name, client) in CLIENTS {
            let rounds: Vec<Round> = (1..=rounds)
                .map(|round| play(ServeKind::Exact, client, (streams, round)))
                .collect::<Result<_, _>>()?;
            errors.row(row(streams, name, &rounds));
        }
    }
    let role = play(ServeKind::ExactRole, CLIENTS[1].1, (64, 1))?;
    Ok(format!(
        "Client minus server, per request, {WAVES} requests per stream of 128 tokens, 50 ms to \
         the first token and 10 ms to each further one. The server is one thread on absolute \
         deadlines; it counts from the arrival of the request's last byte, by the kernel's clock, \
         to the moment before it writes a token; the client from the moment before its first byte \
         is written to the arrival of the token's, by the kernel's clock too. The bare reader \
         takes its times as its reads return. All streams send their first request at once, and \
         those are among the figures. `server late` is how late the server's own writes were: \
         what it costs to be one thread of many on this machine.\n\n{errors}\n\
         With a role event 50 ms before the first token, 64 streams: TTFT error p50 {:.3} ms, p99 \
         {:.3} ms. A client that takes it for a token is off by -50.\n\n{}",
        role.ttft.percentile(50.0).unwrap_or_default(),
        role.ttft.percentile(99.0).unwrap_or_default(),
        peers::accuracy()?
    ))
}

type Client = fn(&Server, Load) -> Result<Ran, BenchError>;

const CLIENTS: [(&str, Client); 2] = [
    ("bare reader", |server, load| bare(server, load, Stamps::Tokens)),
    ("farebox bench", |server, load| bench(server.address(), load)),
];

fn row(streams: usize, name: &str, rounds: &[Round]) -> [String; 8] {
    let of = |value: fn(&Round) -> f64| format!("{:.3}", Spread::of(rounds.iter().map(value)));
    [
        streams.to_string(),
        name.to_owned(),
        of(|round| round.ttft.mean().unwrap_or_default()),
        of(|round| round.ttft.percentile(50.0).unwrap_or_default()),
        of(|round| round.ttft.percentile(99.0).unwrap_or_default()),
        of(|round| round.tpot.mean().unwrap_or_default()),
        of(|round| round.tpot.percentile(99.0).unwrap_or_default()),
        of(|round| round.late_ms[1]),
    ]
}

/// What one run got wrong, in milliseconds.
pub(crate) struct Round {
    pub(crate) ttft: Samples,
    pub(crate) tpot: Samples,
    pub(crate) late_ms: [f64; 3],
}

fn play(kind: ServeKind, client: Client, turn: (usize, usize)) -> Result<Round, BenchError> {
    let (streams, round) = turn;
    say(&format!("accuracy: {streams} streams, round {round}"));
    let server = Server::start(kind)?;
    let load = Load { streams, requests: streams as u64 * WAVES, osl: 128 };
    let ran = client(&server, load)?;
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
            ttft: pairs.iter().map(|(seen, truth)| seen.0 - truth.ttft).collect(),
            tpot: pairs.iter().map(|(seen, truth)| seen.1 - truth.tpot).collect(),
            late_ms: truth.late_ms,
        })
    }
}
