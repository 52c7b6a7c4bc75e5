//! Whether a measurement can be believed: `verdict.json`.

use crate::curve::LoadPoint;
use crate::distribution::Distribution;
use crate::metric::Statistic;
use crate::quantity::Milliseconds;
use crate::run::RunState;
use serde::{Deserialize, Serialize};

/// The judgement on a run, with its reasons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Always `farebox.verdict/1`.
    pub schema: String,
    /// The worst severity among the reasons.
    pub verdict: Severity,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Severity {
    /// Nothing found.
    Pass,
    /// Usable, with this in mind.
    Warn,
    /// Do not bill on it.
    Invalid,
}

/// One thing found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// What kind of thing.
    pub code: Code,
    /// How bad.
    pub severity: Severity,
    /// The figures.
    pub evidence: String,
    /// The one thing to try next.
    pub hint: String,
}

/// What can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Answers ended before the requested output length.
    EarlyStop,
    /// Requests failed.
    Failures,
    /// Too few requests to cut off ramp and drain.
    NotSteady,
    /// The server does not count tokens.
    UncountedTokens,
    /// Open loop: requests went out well after they were due.
    LateSends,
    /// The run was cut short.
    Partial,
    /// The client was the bottleneck, or is too inexact for what it measured.
    ClientLimit,
}

/// Early stops above this share are worth a warning.
const EARLY_STOP_WARN: f64 = 0.01;
/// Early stops above this share make the lengths asked for a fiction.
const EARLY_STOP_INVALID: f64 = 0.20;
/// Failures above this share are worth a warning: the error bound that every promise implies.
const FAILURES_WARN: f64 = crate::slo::IMPLIED_ERROR_RATE;
/// Sends later than this part of TTFT make it a figure of the client as much as of the server...
const LATE_SHARE: f64 = 0.10;
/// ...unless they are this early: the hand-over between threads takes up to that.
const LATE: Milliseconds = Milliseconds::new(10.0);

impl Verdict {
    /// Judges a run by its points.
    pub fn of(points: &[LoadPoint], state: RunState) -> Self {
        let per_point = points.iter().flat_map(|point| {
            let steadiness = [not_steady(point), late_sends(point)];
            [early_stops(point), failures(point), uncounted(point)].into_iter().chain(steadiness)
        });
        let reasons: Vec<Reason> =
            std::iter::once(partial(state)).chain(per_point).flatten().collect();
        let worst = reasons.iter().map(|reason| reason.severity).max();
        Self {
            schema: "farebox.verdict/1".to_owned(),
            verdict: worst.unwrap_or(Severity::Pass),
            reasons,
        }
    }
}

impl Verdict {
    /// The same with further reasons.
    #[must_use]
    pub fn and(mut self, reasons: Vec<Reason>) -> Self {
        let worst = reasons.iter().map(|reason| reason.severity).max();
        self.verdict = worst.map_or(self.verdict, |worst| worst.max(self.verdict));
        self.reasons.extend(reasons);
        self
    }
}

fn early_stops(point: &LoadPoint) -> Option<Reason> {
    let rate = point.requests.early_stop_rate().filter(|rate| *rate > EARLY_STOP_WARN)?;
    let severity = if rate > EARLY_STOP_INVALID { Severity::Invalid } else { Severity::Warn };
    Some(Reason {
        code: Code::EarlyStop,
        severity,
        evidence: format!(
            "{}: {} of {} answers ended before the requested length",
            point.offered, point.requests.early_stop, point.requests.ok
        ),
        hint: "use --ignore-eos where the server allows it, or a shorter --osl".to_owned(),
    })
}

fn failures(point: &LoadPoint) -> Option<Reason> {
    let rate = point.requests.error_rate().filter(|rate| *rate > FAILURES_WARN)?;
    let reasons = point.requests.failed.iter().map(|(reason, n)| format!("{} {n}", reason.name()));
    Some(Reason {
        code: Code::Failures,
        severity: Severity::Warn,
        evidence: format!(
            "{}: {:.1} % of requests failed ({})",
            point.offered,
            rate * 100.0,
            reasons.collect::<Vec<_>>().join(", ")
        ),
        hint: "see `reason` and `detail` in requests.jsonl, and the server's log".to_owned(),
    })
}

fn not_steady(point: &LoadPoint) -> Option<Reason> {
    let should_be = crate::window::has_ramp(point.offered.load());
    (should_be && !point.offered.steady && point.requests.ok > 0).then(|| Reason {
        code: Code::NotSteady,
        severity: Severity::Warn,
        evidence: format!(
            "{}: {} answers are too few to cut off ramp and drain",
            point.offered, point.requests.ok
        ),
        hint: if point.offered.kind.is_open_loop() {
            "give it a longer --duration; where requests queue without end, a lower rate"
        } else {
            "give it at least four requests per slot, or a longer --duration"
        }
        .to_owned(),
    })
}

/// Compared where one in ten is worse: p90 of the lag with p90 of TTFT, both from the schedule.
fn late_sends(point: &LoadPoint) -> Option<Reason> {
    let p90 = |of: &Option<Distribution>| of.as_ref()?.at(Statistic::Percentile(90.0));
    let (lag, ttft) = (p90(&point.send_lag_ms)?, p90(&point.ttft_sched_ms)?);
    (lag > LATE && lag > ttft.times(LATE_SHARE)).then(|| Reason {
        code: Code::LateSends,
        severity: Severity::Warn,
        evidence: format!(
            "{}: one request in ten went out {lag} or more after it was due, of a TTFT of {ttft}",
            point.offered
        ),
        hint: "a cap on requests in flight keeps them back: raise it; without one, this machine \
               is too busy to send at that rate"
            .to_owned(),
    })
}

fn uncounted(point: &LoadPoint) -> Option<Reason> {
    point.requests.has_uncounted_tokens().then(|| Reason {
        code: Code::UncountedTokens,
        severity: Severity::Warn,
        evidence: format!(
            "{}: the server sends no token counts; chunks were counted",
            point.offered
        ),
        hint: "a chunk may hold several tokens: TPOT and prices are withheld".to_owned(),
    })
}

fn partial(state: RunState) -> Option<Reason> {
    (state != RunState::Complete).then(|| Reason {
        code: Code::Partial,
        severity: Severity::Warn,
        evidence: "the run was cut short; the loads that follow are missing".to_owned(),
        hint: "run it again with a new --out for the whole curve".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::{Load, LoadKind};
    use crate::quantity::{RequestsPerSecond, TokensPerSecond};

    #[test]
    fn late_sends_are_named_where_they_weigh_against_ttft() {
        let code = |lag: f64, ttft: f64| {
            let always = |ms: f64| Distribution::of([Milliseconds::new(ms); 20]);
            let (tokens, requests) = (TokensPerSecond::new(1.0), RequestsPerSecond::new(1.0));
            let offered = Load { kind: LoadKind::Rate, value: 4.0 }.offered(true);
            let point = LoadPoint {
                send_lag_ms: always(lag),
                ttft_sched_ms: always(ttft),
                ..LoadPoint::of_rates(offered, tokens, tokens, requests)
            };
            Verdict::of(&[point], RunState::Complete).reasons.first().map(|reason| reason.code)
        };
        assert_eq!(code(300.0, 500.0), Some(Code::LateSends));
        assert_eq!(code(300.0, 5000.0), None, "a small part of what the server took");
        assert_eq!(code(8.0, 9.0), None, "the hand-over itself");
    }
}
