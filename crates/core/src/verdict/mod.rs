//! Whether a measurement can be believed: `verdict.json`.
//!
//! Each check is a function from evidence to a reason. Reading order: [`Code`] (what can be found),
//! then `answers` (what came back), `load` (whether the load was what was asked for), `figures`
//! (whether the figures mean what they say) and `server` (whether the server's account agrees).

mod answers;
mod figures;
mod load;
mod server;

use crate::cache::CacheControl;
use crate::curve::LoadPoint;
use crate::run::RunState;
use crate::slo::Slo;
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
    /// Open loop: fewer requests went out than were due.
    RateNotReached,
    /// Closed loop: fewer requests were in flight than asked for.
    ConcurrencyNotReached,
    /// Connections were refused or broke.
    SocketErrors,
    /// Streams ended without a terminal signal.
    Truncated,
    /// Token counts of one answer contradict each other.
    TokenMismatch,
    /// The server counted other input lengths than were asked for.
    PromptLength,
    /// The prefix cache held something else than was declared.
    CacheMismatch,
    /// The server does not say what came from its prefix cache.
    CacheUnverified,
    /// The first answers took much longer than the others.
    ColdServer,
    /// The window holds too few lives of a request.
    WindowTooShort,
    /// Latencies were still moving when the point ended.
    NeverSettled,
    /// Latencies are of two kinds.
    TwoModes,
    /// A percentile that a promise bounds rests on too few samples.
    TooFewSamples,
    /// The client was the bottleneck, or is too inexact for what it measured. Earlier versions had
    /// a code of its own for a thread that was kept busy.
    #[serde(alias = "client_busy")]
    ClientLimit,
    /// The server finished requests that we did not send.
    ForeignTraffic,
    /// The server's counters disagree with what its answers state.
    ServerCountMismatch,
    /// By the server's own clock the first token comes later than we saw it.
    ServerTtftAbove,
    /// Requests were put aside for want of KV cache.
    Preemptions,
    /// The server's counters fell: it was started anew.
    ServerRestarted,
}

/// What a run is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// Its points by rising load.
    pub points: &'a [LoadPoint],
    /// How far it got.
    pub state: RunState,
    /// The promises asked about.
    pub slos: &'a [Slo],
    /// What the prefix cache was made to hold, where somebody said.
    pub cache: Option<&'a CacheControl>,
    /// Whether readers think between turns: fewer requests are then in flight than conversations.
    pub readers_think: bool,
}

/// A check of one load point.
type Check = fn(&LoadPoint) -> Option<Reason>;

/// The checks of every load point, in the order in which their findings are told.
const CHECKS: [Check; 17] = [
    answers::early_stops,
    answers::uncounted,
    figures::not_steady,
    load::late_sends,
    load::rate,
    answers::sockets,
    answers::truncated,
    answers::mismatch,
    answers::prompt_length,
    figures::window,
    figures::never_settled,
    figures::two_modes,
    server::foreign_traffic,
    server::counts,
    server::ttft,
    server::preemptions,
    server::restarted,
];

impl Verdict {
    /// Judges a run.
    pub fn of(evidence: &Evidence) -> Self {
        let Evidence { points, state, slos, cache, readers_think } = *evidence;
        let in_flight = points.iter().filter(|_| !readers_think).filter_map(load::concurrency);
        let per_point = points.iter().flat_map(|point| CHECKS.iter().filter_map(|of| of(point)));
        let reasons: Vec<Reason> = partial(state)
            .into_iter()
            .chain(answers::failures(points))
            .chain(per_point)
            .chain(in_flight)
            .chain(answers::cold(points))
            .chain(cache.into_iter().flat_map(|cache| load::cache(points, cache)))
            .chain(figures::too_few(points, slos))
            .collect();
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

fn partial(state: RunState) -> Option<Reason> {
    (state != RunState::Complete).then(|| {
        Reason::warn(
            Code::Partial,
            "the run was cut short; the loads that follow are missing",
            "--resume goes on with it",
        )
    })
}

impl Reason {
    fn warn(code: Code, evidence: impl Into<String>, hint: &str) -> Self {
        let severity = Severity::Warn;
        Self { code, severity, evidence: evidence.into(), hint: hint.to_owned() }
    }

    /// Worse than a warning where `invalid` says so.
    fn or_invalid(self, invalid: bool) -> Self {
        Self { severity: if invalid { Severity::Invalid } else { self.severity }, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::{Load, LoadKind};
    use crate::distribution::Distribution;
    use crate::quantity::{Milliseconds, RequestsPerSecond, TokensPerSecond};

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
            let evidence = Evidence {
                points: &[point],
                state: RunState::Complete,
                slos: &[],
                cache: None,
                readers_think: false,
            };
            Verdict::of(&evidence).reasons.first().map(|reason| reason.code)
        };
        assert_eq!(code(300.0, 500.0), Some(Code::LateSends));
        assert_eq!(code(300.0, 5000.0), None, "a small part of what the server took");
        assert_eq!(code(8.0, 9.0), None, "the hand-over itself");
    }
}
