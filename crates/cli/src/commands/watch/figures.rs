//! What is shown of a look, with rates where there is an earlier one.

use super::look::Look;
use farebox_core::{EngineKind, RunInstant, Signal};
use farebox_telemetry::{Delta, EngineReading, GpuReading, Missing};

/// A look in figures.
pub(super) struct Figures<'a> {
    pub(super) at: RunInstant,
    /// The engine's, or why there are none.
    pub(super) engine: Result<EngineFigures, String>,
    /// The GPUs', or why there are none; none where nobody is asked.
    pub(super) gpus: Option<Result<&'a [GpuReading], String>>,
}

/// An engine in figures; each or why it is missing.
pub(super) struct EngineFigures {
    pub(super) kind: Option<EngineKind>,
    pub(super) running: Result<f64, Missing>,
    pub(super) waiting: Result<f64, Missing>,
    /// Share of the KV cache in use, from 0 to 1.
    pub(super) kv: Result<f64, Missing>,
    /// Tokens that the KV cache holds.
    pub(super) kv_capacity: Option<f64>,
    pub(super) tokens_in: Counted,
    pub(super) tokens_out: Counted,
    pub(super) preemptions: Counted,
    /// Share of the looked-up tokens that the prefix cache had, since the look before, else since
    /// the server began.
    pub(super) prefix_hits: Result<Option<f64>, Missing>,
    /// Mean TTFT of the requests since the look before, in milliseconds.
    pub(super) ttft_ms: Option<f64>,
    /// Whether the server began anew since the look before.
    pub(super) restarted: bool,
}

/// A counter: what it stands at, and how fast it rises.
pub(super) struct Counted {
    pub(super) total: Result<f64, Missing>,
    /// Per second, since the look before.
    pub(super) per_s: Option<f64>,
}

impl<'a> Figures<'a> {
    /// Those of `look`, held against an earlier one.
    pub(super) fn of(look: &'a Look, before: Option<&Look>) -> Self {
        let before = before.and_then(|before| Some((before.at, before.engine.as_ref().ok()?)));
        Self {
            at: look.at,
            engine: look
                .engine
                .as_ref()
                .map(|reading| EngineFigures::of((look.at, reading), before))
                .map_err(ToString::to_string),
            gpus: look
                .gpus
                .as_ref()
                .map(|gpus| gpus.as_ref().map(Vec::as_slice).map_err(ToString::to_string)),
        }
    }
}

impl EngineFigures {
    fn of(
        (at, now): (RunInstant, &EngineReading),
        before: Option<(RunInstant, &EngineReading)>,
    ) -> Self {
        let rise = |signal| Delta::between(before?.1, now, signal).ok();
        let seconds = before.map_or(0.0, |(earlier, _)| at.since(earlier).as_secs_f64());
        let counted = |signal| Counted {
            total: now.value(signal),
            per_s: rise(signal).filter(|_| seconds > 0.0).map(|rise| rise.amount / seconds),
        };
        let amount = |signal| rise(signal).map(|rise| rise.amount);
        let share = |part: Option<f64>, whole: Option<f64>| {
            whole.filter(|whole| *whole > 0.0).and_then(|whole| Some(part? / whole))
        };
        let (hits, queried) = (Signal::PrefixHitTokensTotal, Signal::PrefixQueriedTokensTotal);
        let lately = share(amount(hits), amount(queried));
        let ever = || Ok::<_, Missing>(share(Some(now.value(hits)?), Some(now.value(queried)?)));
        let ttft = share(amount(Signal::TtftSecondsTotal), amount(Signal::TtftRequestsTotal));
        let counters = [Signal::GenerationTokensTotal, Signal::PromptTokensTotal];
        Self {
            kind: now.kind,
            running: now.value(Signal::RequestsRunning),
            waiting: now.value(Signal::RequestsWaiting),
            kv: now.value(Signal::KvUsedFraction),
            kv_capacity: now.value(Signal::KvCapacityTokens).ok(),
            tokens_in: counted(Signal::PromptTokensTotal),
            tokens_out: counted(Signal::GenerationTokensTotal),
            preemptions: counted(Signal::PreemptionsTotal),
            prefix_hits: ever().map(|ever| lately.or(ever)),
            ttft_ms: ttft.map(|seconds| seconds * 1e3),
            restarted: counters.into_iter().filter_map(rise).any(Delta::is_broken),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(seconds: u64, values: &[(Signal, f64)]) -> Look {
        let reading =
            EngineReading { values: values.iter().copied().collect(), ..EngineReading::default() };
        let at = RunInstant::from_nanos(seconds * 1_000_000_000);
        Look { at, engine: Ok(reading), gpus: None }
    }

    fn engine(now: &Look, before: &Look) -> EngineFigures {
        Figures::of(now, Some(before)).engine.unwrap()
    }

    #[test]
    fn rates_are_taken_from_two_looks() {
        use Signal::{
            GenerationTokensTotal, PrefixHitTokensTotal, PrefixQueriedTokensTotal,
            TtftRequestsTotal, TtftSecondsTotal,
        };
        let values = |n: f64| {
            [
                (GenerationTokensTotal, 100.0 * n),
                (PrefixQueriedTokensTotal, 80.0 * n),
                (PrefixHitTokensTotal, 20.0 * n),
                (TtftSecondsTotal, 0.5 * n),
                (TtftRequestsTotal, 2.0 * n),
            ]
        };
        let (first, second) = (look(1, &values(1.0)), look(3, &values(2.0)));
        let figures = engine(&second, &first);
        assert_eq!(figures.tokens_out.per_s, Some(50.0));
        assert_eq!(figures.tokens_out.total, Ok(200.0));
        assert_eq!((figures.prefix_hits, figures.ttft_ms), (Ok(Some(0.25)), Some(250.0)));
        assert!(!figures.restarted);
        assert_eq!(figures.running, Err(Missing::NotPublished));
        assert!(engine(&first, &second).restarted);
        let alone = Figures::of(&second, None).engine.unwrap();
        assert_eq!((alone.tokens_out.per_s, alone.prefix_hits), (None, Ok(Some(0.25))));
    }
}
