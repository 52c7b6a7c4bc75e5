//! How a run was measured: what counts, who counted, and what the client itself gets wrong.

use super::ReportedRun;
use super::facts::{Fact, fact};
use crate::numbers::{ms, plain};
use farebox_core::{Calibration, LoadKind, LoadPoint, RunManifest, TokenSource};
use std::collections::BTreeMap;

/// The rules that the figures of `run` follow; nothing is said of what was not measured by us.
pub(super) fn of(run: &ReportedRun) -> Vec<Fact> {
    let Some(manifest) = &run.manifest else { return Vec::new() };
    let points = &run.curve.points;
    let mut facts = vec![fact("Load", offered(points)), fact("Window", window(points))];
    facts.extend(spans(points).map(|said| fact("Measured for", said)));
    facts.extend(settled(points).map(|said| fact("Warm-up cut", said)));
    facts.push(fact("Tokens counted by", counted(points)));
    facts.extend(manifest.calibration.map(|bars| fact("Client's own error", error_bars(&bars))));
    facts.extend(client(manifest).map(|said| fact("Client", said)));
    let refused = manifest.negotiation.iter().map(|refused| match &refused.replaced_by {
        Some(other) => {
            fact("Refused by the server", format!("{}: sent {other} instead", refused.field))
        }
        None => fact("Refused by the server", format!("{}: left out", refused.field)),
    });
    facts.extend(refused);
    facts
}

fn offered(points: &[LoadPoint]) -> &'static str {
    match points.first().map(|point| point.offered.kind) {
        Some(LoadKind::Concurrency) => {
            "closed loop: so many requests in flight, the next one sent when one ends"
        }
        Some(LoadKind::Batch) => "batches: so many requests at once, then waited for",
        Some(LoadKind::Rate) => {
            "open loop: requests sent by a schedule, whatever the answers do; latencies count from \
             when a request was due"
        }
        Some(LoadKind::Trace) => {
            "open loop: a recorded trace sent by its own times; latencies count from when a request \
             was due"
        }
        None => "none was finished",
    }
}

fn window(points: &[LoadPoint]) -> &'static str {
    match points.first().map(|point| point.offered.kind) {
        Some(LoadKind::Batch) => "the whole point: batches are bursts by design",
        Some(LoadKind::Rate | LoadKind::Trace) => {
            "every request that was due in the window counts, however long its answer took"
        }
        _ => {
            "opens when the first answer has ended and closes when sending stops; requests count \
             whose whole life lies inside, failures always do"
        }
    }
}

fn spans(points: &[LoadPoint]) -> Option<String> {
    let spans: Vec<f64> = points.iter().filter_map(|point| point.window_s).collect();
    let low = spans.iter().copied().reduce(f64::min)?;
    let high = spans.iter().copied().reduce(f64::max)?;
    let tenth = |s: f64| plain((s * 10.0).round() / 10.0);
    let repeats = points.iter().map(|point| point.repeats).max().unwrap_or(1);
    let repeated = if repeats > 1 { format!(", each load {repeats} times") } else { String::new() };
    Some(format!("{} to {} s a load{repeated}", tenth(low), tenth(high)))
}

fn settled(points: &[LoadPoint]) -> Option<String> {
    let states: Vec<_> = points.iter().filter_map(|point| point.steady_state.as_ref()).collect();
    let restless = states.iter().filter(|state| !state.settled).count();
    let requests: u64 = states.iter().map(|state| state.cut_requests).sum();
    (!states.is_empty()).then(|| {
        let restless = match restless {
            0 => String::new(),
            n => format!("; at {n} of {} loads latencies never settled", states.len()),
        };
        format!("{requests} requests, by MSER-5 on TTFT and end-to-end times{restless}")
    })
}

fn counted(points: &[LoadPoint]) -> String {
    let mut by_source: BTreeMap<TokenSource, u64> = BTreeMap::new();
    for (source, n) in points.iter().flat_map(|point| &point.requests.token_source) {
        *by_source.entry(*source).or_default() += n;
    }
    let said = by_source.iter().map(|(source, n)| {
        let who = match source {
            TokenSource::TokenIds => "the server's token ids",
            TokenSource::UsageStream => "the server, chunk by chunk",
            TokenSource::UsageFinal => "the server, at the end of each answer",
            TokenSource::Native => "the engine's own counters",
            TokenSource::Chunks => "nobody: chunks were counted",
        };
        format!("{who} ({n} answers)")
    });
    let said: Vec<String> = said.collect();
    if said.is_empty() { "nobody: there were no answers".to_owned() } else { said.join("; ") }
}

fn error_bars(bars: &Calibration) -> String {
    format!(
        "TTFT off by {} ms in the middle and {} ms at p99, TPOT by {} and {} ms, against a server \
         of known times with {} streams",
        ms(bars.ttft_error_ms.p50.abs()),
        ms(bars.ttft_error_ms.p99.abs()),
        ms(bars.tpot_error_ms.p50.abs()),
        ms(bars.tpot_error_ms.p99.abs()),
        bars.streams
    )
}

fn client(manifest: &RunManifest) -> Option<String> {
    let most = |of: fn(&farebox_core::ClientHealth) -> Option<f64>| {
        manifest.health.iter().filter_map(of).reduce(f64::max)
    };
    let cpu = most(|health| health.cpu_fraction).map(|used| {
        format!("used at most {} % of its cores", plain((used * 1000.0).round() / 10.0))
    });
    let lag = most(|health| health.read_lag.map(|lag| lag.p99_ms))
        .map(|late| format!("read at most {} ms late at p99", ms(late)));
    let said: Vec<String> = cpu.into_iter().chain(lag).collect();
    (!said.is_empty()).then(|| said.join(", "))
}
