//! Whether requests leave when they are due, and whether a server's stall is seen.

use crate::error::BenchError;
use crate::farebox::ask;
use crate::say;
use crate::serve::{STALL, ServeKind, TTFT, Truth};
use crate::server::Server;
use crate::spread::Spread;
use crate::table::Table;
use farebox_core::stats::Samples;

pub(super) fn run(rounds: usize) -> Result<String, BenchError> {
    let mut table = Table::new(&[
        "asked",
        "arrivals/s at the server",
        "of asked, %",
        "send lag p50, ms",
        "p99",
        "worst",
    ]);
    for rate in [200_u32, 1000] {
        let rounds: Vec<Held> =
            (1..=rounds).map(|round| hold(rate, round)).collect::<Result<_, _>>()?;
        let of = |value: fn(&Held) -> f64| Spread::of(rounds.iter().map(value));
        table.row([
            format!("{rate}/s"),
            format!("{:.1}", of(|held| held.arrivals_per_s)),
            format!("{:.2}", of(|held| held.of_asked * 100.0)),
            format!("{:.3}", of(|held| held.lag_ms[0])),
            format!("{:.3}", of(|held| held.lag_ms[1])),
            format!("{:.3}", of(|held| held.lag_ms[2])),
        ]);
    }
    Ok(format!(
        "A constant rate for ten seconds, 16 tokens per answer, 50 ms to the first and 10 ms to \
         each further one. Arrivals as the server's kernel saw them; the lag is from the time a \
         request was due to the moment before its first byte was written.\n\n{table}\n{}",
        stall()?
    ))
}

struct Held {
    arrivals_per_s: f64,
    of_asked: f64,
    lag_ms: [f64; 3],
}

fn hold(rate: u32, round: usize) -> Result<Held, BenchError> {
    say(&format!("open loop: {rate}/s, round {round}"));
    let server = Server::start(ServeKind::Exact)?;
    let (rate_word, requests) = (rate.to_string(), (rate * 10).to_string());
    let words = ["--request-rate", &rate_word, "--arrivals", "constant", "--osl", "16"];
    let ran = ask(server.address(), &[&words[..], &["--num-requests", &requests]].concat())?;
    let lag: Samples = ran.scheduled.iter().map(|[_, lag, _]| *lag).collect();
    let lag = |percentile| lag.percentile(percentile).unwrap_or_default();
    let arrivals_per_s = arrivals_per_s(&server.truth()?);
    let of_asked = arrivals_per_s / f64::from(rate);
    Ok(Held { arrivals_per_s, of_asked, lag_ms: [lag(50.0), lag(99.0), lag(100.0)] })
}

/// Between the first and the last arrival of a run's own requests.
fn arrivals_per_s(truth: &Truth) -> f64 {
    let own = truth.by_request.iter().filter(|(id, _)| !id.contains("-probe-"));
    let arrived: Vec<f64> = own.map(|(_, served)| served.arrived).collect();
    let first = arrived.iter().copied().fold(f64::INFINITY, f64::min);
    let last = arrived.iter().copied().fold(0.0, f64::max);
    arrived.len().saturating_sub(1) as f64 / (last - first) * 1e3
}

/// Requests per second against the server that stalls.
const STALLED_RATE: f64 = 200.0;
/// Probes come before the first request of the run.
const PROBES: u64 = 2;
/// The request at which the stall begins.
const STALLED_AT: u64 = 400;

/// A server that is silent for two seconds out of eight: what the schedule says that everybody
/// must have waited, and what was noted.
fn stall() -> Result<String, BenchError> {
    say("open loop: a server that stalls");
    let server = Server::start(ServeKind::Stalling(PROBES + STALLED_AT))?;
    let words = ["--request-rate", "200", "--arrivals", "constant", "--osl", "4"];
    let ran = ask(server.address(), &[&words[..], &["--num-requests", "1600"]].concat())?;
    let expected: Samples = (0..ran.scheduled.len() as u64).map(expected_ms).collect();
    let noted: Samples = ran.scheduled.iter().map(|[_, _, ttft]| *ttft).collect();
    let from_send: Samples = ran.scheduled.iter().map(|[_, lag, ttft]| ttft - lag).collect();
    let mut table = Table::new(&["", "p50", "p70", "p75", "p80", "p90", "p95", "p99", "worst"]);
    for (name, samples) in [
        ("due to first token, by the schedule", expected),
        ("`ttft_sched` as noted", noted),
        ("`ttft` as noted, from the send", from_send),
    ] {
        let at = |percentile| format!("{:.1}", samples.percentile(percentile).unwrap_or_default());
        let percentiles = [50.0, 70.0, 75.0, 80.0, 90.0, 95.0, 99.0, 100.0].map(at);
        table.row(std::iter::once(name.to_owned()).chain(percentiles));
    }
    Ok(format!(
        "Coordinated omission: a server that writes nothing for two of eight seconds, at 200 \
         requests/s. A client that waits for answers sends a few requests into the stall and sees \
         it at p99.9; here a quarter of all requests are due in it, and the times in ms are:\n\n\
         {table}"
    ))
}

/// What request `number` waits from when it is due: its TTFT, or the rest of the stall.
fn expected_ms(number: u64) -> f64 {
    let ttft = TTFT.as_secs_f64() * 1e3;
    let since = (number as f64 - STALLED_AT as f64) / STALLED_RATE * 1e3;
    let first_token = since + ttft;
    let stall = STALL.as_secs_f64() * 1e3;
    if first_token <= 0.0 || since > stall { ttft } else { ttft.max(stall - since) }
}
