//! What a reader of a price must know, worded in one place.

use crate::allocation::Allocation;
use crate::utilisation::Utilisation;
use farebox_core::slo::Bound;
use farebox_core::verdict::{Code, Severity};
use farebox_core::{Attainment, Load, Offered, Verdict};
use std::fmt;

/// Something to know about a price that stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Note {
    /// The rule charges the machine twice.
    ChargedTwice,
    /// Several replicas were assumed from one that was measured.
    ReplicasAssumed,
    /// Cost could not be spread by time.
    TimeUnknown,
    /// Cached input costs the same as other input.
    NoCacheDiscount,
    /// No input tokens were counted.
    NoInputTokens,
    /// Accelerators are paid for that serve nothing.
    IdleGpus {
        /// How many.
        idle: u32,
        /// Replicas that would fit on the machine.
        room: u32,
        /// Replicas it holds.
        replicas: u32,
    },
    /// One replica is larger than the machine that is billed.
    MachineTooSmall {
        /// Accelerators of one replica.
        used: u32,
        /// Accelerators billed.
        billed: u32,
    },
    /// The load lies between two that were run.
    Interpolated,
    /// No higher load was tried.
    TopOfTheCurve(Offered),
    /// The figures include ramp and drain.
    NotSteady,
    /// Load points were left out because nobody counted their tokens.
    PointsLeftOut(usize),
    /// The run was cut short.
    Partial(String),
    /// A load was stopped before its requests had ended.
    CutOff(CutOff),
    /// A promised percentile rests on too few samples.
    TooFewSamples {
        /// The bound.
        bound: Bound,
        /// Samples there are.
        n: u64,
        /// The fewest that decide it; none where nobody says how many do.
        needed: Option<u64>,
    },
    /// Only a share of what is served is sold.
    Sold(Utilisation),
    /// The run itself says what is wrong with it.
    Judged(Verdict),
    /// Phases were to be fitted at loads where the server reported them.
    PhasesReported(Vec<Load>),
}

/// A load that was stopped before its requests had ended: output that had come counts, while its
/// prompts were never counted by the server, so that no price of either is sure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CutOff {
    /// The load.
    pub at: Offered,
    /// Requests cut off.
    pub cancelled: u64,
    /// Whole answers.
    pub ok: u64,
}

impl fmt::Display for CutOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, cancelled, ok } = self;
        write!(
            f,
            "{at} was cut off with {cancelled} requests in flight beside {ok} answered: their \
             output counts and their input does not, so it is not priced"
        )
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ChargedTwice => f.write_str(
                "double-count charges the machine twice: input tokens pay for all of it and \
                 output tokens pay for all of it again",
            ),
            Self::ReplicasAssumed => f.write_str("replicas assumed not to interfere; not measured"),
            Self::TimeUnknown => write!(
                f,
                "phase times are unknown at this load, so it is priced by `{}`",
                Allocation::Blended
            ),
            Self::NoCacheDiscount => {
                f.write_str("cached input is listed at the input price: no discount was measured")
            }
            Self::NoInputTokens => {
                f.write_str("no input tokens were counted: output tokens carry the whole cost")
            }
            Self::IdleGpus { idle, room, replicas } => {
                write!(f, "{idle} idle {} charged too", plural(*idle, "GPU is", "GPUs are"))?;
                if room > replicas {
                    write!(f, "; {room} replicas would fit: see --fill-box")?;
                }
                Ok(())
            }
            Self::MachineTooSmall { used, billed } => write!(
                f,
                "a replica uses {used} GPUs but only {billed} {} billed",
                plural(*billed, "is", "are")
            ),
            Self::Interpolated => {
                f.write_str("read between two loads on straight lines; nothing was measured there")
            }
            Self::TopOfTheCurve(load) => {
                write!(f, "no load above {load} was tried: a cheaper one may exist")
            }
            Self::NotSteady => f.write_str("ramp and drain are included: too few requests"),
            Self::PointsLeftOut(n) => write!(
                f,
                "{n} load {} left out: the server did not count tokens there",
                plural(*n as u32, "point", "points")
            ),
            Self::Partial(curve) => {
                write!(f, "{curve} is partial: its run was cut short, so loads may be missing")
            }
            Self::Judged(verdict) => judged(f, verdict),
            Self::PhasesReported(loads) => {
                let loads: Vec<String> = loads.iter().map(Load::to_string).collect();
                write!(
                    f,
                    "--phases-from changes nothing at {}: the server reported its phase times there",
                    loads.join(", ")
                )
            }
            Self::CutOff(cut) => cut.fmt(f),
            Self::TooFewSamples { bound, n, needed } => {
                let samples = plural(u32::try_from(*n).unwrap_or(u32::MAX), "sample", "samples");
                write!(f, "{} {} rests on {n} {samples}: ", bound.metric, bound.statistic)?;
                match needed {
                    Some(needed) => write!(f, "it needs {needed}"),
                    None => f.write_str("nobody can say how many it needs"),
                }
            }
            Self::Sold(utilisation) => write!(
                f,
                "{utilisation} of what the load line serves is sold: tokens per second are those \
                 sold, and they pay for the idle rest too"
            ),
        }
    }
}

impl Note {
    /// What a run says against its own prices; none where its verdict is PASS.
    pub fn of_verdict(verdict: Option<&Verdict>) -> Option<Self> {
        let doubtful = verdict.filter(|verdict| verdict.verdict != Severity::Pass);
        doubtful.cloned().map(Self::Judged)
    }
}

/// That the run was cut short is said by [`Note::Partial`].
fn judged(f: &mut fmt::Formatter<'_>, verdict: &Verdict) -> fmt::Result {
    f.write_str(match verdict.verdict {
        Severity::Pass => "the run's own verdict is PASS",
        Severity::Warn => "the run's own verdict is WARN",
        Severity::Invalid => "the run's own verdict is INVALID: do not bill on it",
    })?;
    for reason in verdict.reasons.iter().filter(|reason| reason.code != Code::Partial) {
        write!(f, "; {}", reason.evidence)?;
    }
    Ok(())
}

fn plural(n: u32, one: &'static str, many: &'static str) -> &'static str {
    if n == 1 { one } else { many }
}

/// Why there is no price.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    /// The promise is not kept at the lowest load already.
    Unmet {
        /// That load.
        at: Offered,
        /// How it fails.
        how: Attainment,
    },
    /// The curve has no points.
    NoPoints,
    /// Too many requests failed at every load.
    NothingWorks {
        /// The lowest load.
        at: Offered,
        /// How it fails.
        how: Attainment,
    },
    /// Every load was stopped before its requests had ended.
    CutOff(CutOff),
    /// Nobody but us counted the output tokens.
    UncountedTokens,
    /// No tokens were served.
    NoTokens,
    /// Only one kind of token was served, so cost cannot be split by this rule.
    OneKindOnly {
        /// `input` or `output`: the kind that was not seen.
        missing: &'static str,
        /// The rule.
        allocation: Allocation,
    },
    /// A rate is so large or small that its price is no number.
    OutOfRange,
    /// The deployment is somebody's API.
    Hosted,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unmet { at, how } => write!(f, "{at}: {how}"),
            Self::NoPoints => f.write_str("the curve has no load points"),
            Self::NothingWorks { at, how } => {
                write!(f, "no load can be billed; {at}: {how}")
            }
            Self::CutOff(cut) => cut.fmt(f),
            Self::UncountedTokens => f.write_str(
                "token counts come from chunks: the server did not count, and a chunk may hold \
                 several tokens",
            ),
            Self::NoTokens => f.write_str("no tokens were served"),
            Self::OneKindOnly { missing, allocation } => write!(
                f,
                "no {missing} tokens were counted, so `{allocation}` cannot split the cost; \
                 `blended` can"
            ),
            Self::OutOfRange => f.write_str("the token rates are out of any real range"),
            Self::Hosted => {
                f.write_str("a hosted API is billed by the token: it has no machine to pay for")
            }
        }
    }
}
