//! The KV cache of an engine that publishes none, from what was sent and received. Pure.
//!
//! A request that is being answered holds the keys and values of its prompt and of each token of
//! its answer but the newest. A token takes `2 x layers x kv_heads x head_dim x bytes_per_value`
//! (Kwon et al. 2023, section 3: <https://arxiv.org/abs/2309.06180>), which the caller brings. An
//! engine that keeps prefixes, pads batches or reserves whole contexts uses more, and so the samples
//! say `estimated`.

use farebox_core::{RequestRecord, RunInstant, Scope, Signal, TelemetrySample};

/// What one request holds, and when.
#[derive(Debug, Clone, Copy)]
struct Span {
    first_token: RunInstant,
    last_token: RunInstant,
    end: RunInstant,
    prompt: f64,
    answer: f64,
}

/// Bytes of KV cache that the requests in flight hold at each of `times`, which rise.
///
/// A prompt counts from the first token on, since nobody outside sees when a request leaves the
/// queue, and until the end of the request; its answer grows evenly from the first token to the
/// last. A request without a token holds nothing. Where the server counted no tokens, what was asked
/// for stands in.
pub fn kv_used_bytes<'a>(
    records: impl IntoIterator<Item = &'a RequestRecord>,
    bytes_per_token: f64,
    times: &[RunInstant],
) -> Vec<TelemetrySample> {
    let mut spans: Vec<_> = records.into_iter().filter_map(Span::of).collect();
    spans.sort_by_key(|span| span.first_token);
    let (mut waiting, mut held) = (spans.into_iter().peekable(), Vec::new());
    let mut sample = |&t: &RunInstant| {
        held.extend(std::iter::from_fn(|| waiting.next_if(|span| span.first_token <= t)));
        held.retain(|span: &Span| t < span.end);
        let tokens: f64 = held.iter().map(|span| span.tokens(t)).sum();
        TelemetrySample {
            t_ns: t,
            scope: Scope::Engine,
            metric: Signal::KvUsedBytesEstimated,
            value: tokens * bytes_per_token,
        }
    };
    times.iter().map(&mut sample).collect()
}

impl Span {
    fn of(record: &RequestRecord) -> Option<Self> {
        let first_token = record.first_token_ns?;
        let counted = |tokens: Option<u64>, asked: u32| tokens.unwrap_or(u64::from(asked)) as f64;
        Some(Self {
            first_token,
            last_token: record.last_token_ns.unwrap_or(first_token),
            end: record.end_ns,
            prompt: counted(record.input_tokens, record.isl_requested),
            answer: counted(record.output_tokens, record.osl_requested),
        })
    }

    /// Tokens in its cache at `t`, which is not before its first token.
    fn tokens(&self, t: RunInstant) -> f64 {
        // The newest token enters the cache with the step after it.
        let most = (self.answer - 1.0).max(0.0);
        let whole = self.last_token.since(self.first_token).as_secs_f64();
        let gone = t.since(self.first_token).as_secs_f64();
        let share = if whole > 0.0 { (gone / whole).min(1.0) } else { 1.0 };
        self.prompt + most * share
    }
}
