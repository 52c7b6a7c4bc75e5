//! Events in one line each.

use farebox_core::{Calibration, LoadPoint, Metric, Statistic};
use farebox_experiment::BenchEvent;

/// What is said of an event; nothing of those that come too often.
pub(super) fn of(event: &BenchEvent) -> Option<String> {
    Some(match event {
        BenchEvent::Preparing { base_url } => format!("asking {base_url} ..."),
        BenchEvent::Ready { model, dir, words_per_prompt } => {
            let words = words_per_prompt.map(|words| format!(", prompts of {words} words"));
            format!("model {model}{}, writing {}", words.unwrap_or_default(), dir.display())
        }
        BenchEvent::Identified { engine, version, clue } => {
            let version = version.as_ref().map_or(String::new(), |version| format!(" {version}"));
            let clue = clue.as_ref().map_or("as --engine says", |clue| clue);
            format!("engine {engine}{version} ({clue})")
        }
        BenchEvent::Doubt(doubt) => format!("warning: {doubt}"),
        BenchEvent::Negotiated { field, replaced_by, refused } => {
            let who = if *refused { "the server refuses" } else { "it has no" };
            match replaced_by {
                Some(instead) => format!("{who} `{field}`: sending `{instead}` instead"),
                None => format!("{who} `{field}`: left out"),
            }
        }
        BenchEvent::Resumed { kept, again } => {
            let again = again.map_or(String::new(), |load| format!("; {load} is measured again"));
            let kept =
                if *kept == 1 { "1 load is".to_owned() } else { format!("{kept} loads are") };
            format!("going on: {kept} kept{again}")
        }
        BenchEvent::WarmingUp { requests } => format!("warming up: {requests} requests"),
        BenchEvent::PointEnded(Some(point)) => of_point(point),
        BenchEvent::Calibrated(calibration) => of_calibration(calibration),
        BenchEvent::PointStarted { .. }
        | BenchEvent::RequestEnded(_)
        | BenchEvent::PointEnded(None)
        | BenchEvent::Health(_)
        | BenchEvent::Calibrating { .. } => return None,
    })
}

/// One load in one line.
fn of_point(point: &LoadPoint) -> String {
    let failures = match point.requests.failures() {
        0 => String::new(),
        n => format!(", {n} FAILED"),
    };
    format!(
        "{:<16} {:>9.1} tok/s out, ttft p90 {}, tpot p90 {}, {} answers{failures}",
        point.offered.to_string(),
        point.output_tok_per_s.get(),
        p90(point, Metric::Ttft.on(point.clock())),
        p90(point, Metric::Tpot),
        point.requests.ok,
    )
}

/// The 90th percentile of a latency, or a dash.
pub(super) fn p90(point: &LoadPoint, metric: Metric) -> String {
    let at = point.latency(metric).and_then(|latency| latency.at(Statistic::Percentile(90.0)));
    at.map_or("-".to_owned(), |ms| ms.to_string())
}

/// The client's own error bars.
pub(super) fn of_calibration(calibration: &Calibration) -> String {
    let Calibration { streams, ttft_error_ms: ttft, tpot_error_ms: tpot, .. } = calibration;
    format!(
        "this client's own error at {streams} streams: ttft {:+.2} ms (p99 {:+.2}), tpot {:+.3} ms",
        ttft.mean, ttft.p99, tpot.mean
    )
}
