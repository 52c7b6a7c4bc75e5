//! Two accounts of the same requests: what we sent and received, and what the server counted
//! meanwhile.
//!
//! Ours are over all requests of a load, ramp and drain included, because the server's counters know
//! no window: they are read before the first request goes out and after the last answer has ended.

use crate::digest::Digest;
use crate::metric::Metric;
use crate::quantity::Milliseconds;
use crate::record::{FailureReason, TokenSource};
use crate::recording::{Recording, Rise, Span};
use crate::telemetry::Signal;
use serde::{Deserialize, Serialize};

/// Our account of a load.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct OurBooks {
    /// Requests that reached the server, whatever came of them.
    pub requests: u64,
    /// Those of them that were answered whole.
    pub answered: u64,
    /// Input tokens of the whole answers; null unless all of them have a count.
    pub input_tokens: Option<u64>,
    /// Those of them that came from the prefix cache; null unless the server says so in each.
    pub cached_tokens: Option<u64>,
    /// Output tokens of the whole answers; null unless the server counted them in each.
    pub output_tokens: Option<u64>,
    /// Mean TTFT of the whole answers, from the first byte sent.
    pub ttft_ms: Option<f64>,
}

/// The server's account of a load, by its own counters. What it does not publish is null.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct ServerBooks {
    /// Requests that it finished.
    pub requests: Option<f64>,
    /// Input tokens that it took in.
    pub input_tokens: Option<f64>,
    /// Input tokens that it found in its prefix cache.
    pub cached_tokens: Option<f64>,
    /// Input tokens that it looked for there.
    pub queried_tokens: Option<f64>,
    /// Output tokens that it made.
    pub output_tokens: Option<f64>,
    /// Requests that it put aside for want of KV cache.
    pub preemptions: Option<f64>,
    /// Mean TTFT by its own clock, from a request's arrival.
    pub ttft_ms: Option<f64>,
    /// Mean time that a request waited for a place in the batch.
    pub queue_ms: Option<f64>,
    /// Time that requests spent in prefill, summed over them.
    pub prefill_s: Option<f64>,
    /// Time that requests spent in decode, summed over them.
    pub decode_s: Option<f64>,
    /// How often a counter fell. Nothing above is complete where one did.
    pub resets: u64,
}

impl OurBooks {
    /// Of all requests of a load.
    pub(crate) fn of(records: &[&Digest]) -> Self {
        use FailureReason::{Connect, NeverSent, Tls};
        let ok: Vec<&Digest> = records.iter().copied().filter(|r| r.is_ok()).collect();
        let arrived = |r: &&&Digest| !matches!(r.reason, Some(Connect | Tls | NeverSent));
        let counted = |r: &&Digest| r.token_source.is_some_and(|s| s != TokenSource::Chunks);
        let ttft: Vec<f64> =
            ok.iter().filter_map(|r| r.latency(Metric::Ttft)).map(Milliseconds::get).collect();
        let output = || ok.iter().map(|r| r.output_tokens).sum::<Option<u64>>();
        Self {
            requests: records.iter().filter(arrived).count() as u64,
            answered: ok.len() as u64,
            input_tokens: ok.iter().map(|r| r.input_tokens).sum(),
            cached_tokens: ok.iter().map(|r| r.cached_tokens).sum(),
            output_tokens: ok.iter().all(counted).then(output).flatten(),
            ttft_ms: (!ttft.is_empty()).then(|| ttft.iter().sum::<f64>() / ttft.len() as f64),
        }
    }

    /// Of all times that a load was offered.
    pub(crate) fn pooled<'a>(parts: impl Iterator<Item = &'a Self>) -> Option<Self> {
        parts.copied().reduce(|a, b| {
            let both = |of: fn(&Self) -> Option<u64>| Some(of(&a)? + of(&b)?);
            let weighed = |part: &Self| Some(part.ttft_ms? * part.answered as f64);
            let answered = a.answered + b.answered;
            Self {
                requests: a.requests + b.requests,
                answered,
                input_tokens: both(|part| part.input_tokens),
                cached_tokens: both(|part| part.cached_tokens),
                output_tokens: both(|part| part.output_tokens),
                ttft_ms: weighed(&a).zip(weighed(&b)).map(|(a, b)| (a + b) / answered as f64),
            }
        })
    }
}

impl ServerBooks {
    /// What `recording` says of the times in `spans` together; none where it holds no counter.
    pub(crate) fn of(recording: &Recording, spans: &[Span]) -> Option<Self> {
        let rise = |signal| rise(recording, signal, spans);
        let amount = |signal| rise(signal).map(|rise| rise.amount);
        let timed = amount(Signal::TtftRequestsTotal);
        let requests = amount(Signal::RequestsFinishedTotal).or(timed);
        let mean_ms = |signal, over: Option<f64>| {
            Some(amount(signal)? / over.filter(|over| *over > 0.0)? * 1e3)
        };
        let resets = Signal::COUNTERS.into_iter().filter_map(rise).map(|rise| rise.resets).max()?;
        Some(Self {
            requests,
            input_tokens: amount(Signal::PromptTokensTotal),
            cached_tokens: amount(Signal::PrefixHitTokensTotal),
            queried_tokens: amount(Signal::PrefixQueriedTokensTotal),
            output_tokens: amount(Signal::GenerationTokensTotal),
            preemptions: amount(Signal::PreemptionsTotal),
            ttft_ms: mean_ms(Signal::TtftSecondsTotal, timed),
            queue_ms: mean_ms(Signal::QueueSecondsTotal, requests),
            prefill_s: amount(Signal::PrefillSecondsTotal),
            decode_s: amount(Signal::DecodeSecondsTotal),
            resets,
        })
    }

    /// Share of the input tokens that came from the prefix cache; none where it is not published
    /// or nothing was looked for.
    pub fn cached_fraction(&self) -> Option<f64> {
        let of = self.queried_tokens.or(self.input_tokens).filter(|of| *of > 0.0)?;
        Some(self.cached_tokens? / of)
    }
}

fn rise(recording: &Recording, signal: Signal, spans: &[Span]) -> Option<Rise> {
    let rises = spans.iter().map(|span| recording.rise(signal, *span));
    rises
        .collect::<Option<Vec<Rise>>>()?
        .into_iter()
        .reduce(|a, b| Rise { amount: a.amount + b.amount, resets: a.resets + b.resets })
}
