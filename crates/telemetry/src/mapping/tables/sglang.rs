//! SGLang, with `--enable-metrics`.
//!
//! Source: <https://docs.sglang.io/references/production_metrics.html> and `srt/metrics/collector.py`
//! of the 0.5 series.

use super::{Meaning::*, Row, row};
use farebox_core::Signal::*;

pub(crate) static SGLANG: &[Row] = &[
    row(KvUsedFraction, &[Mean("sglang:token_usage"), Mean("sglang_token_usage")]),
    row(KvCapacityTokens, &[Sum("sglang:max_total_num_tokens")]),
    row(RequestsRunning, &[Sum("sglang:num_running_reqs"), Sum("sglang_num_running_reqs")]),
    row(RequestsWaiting, &[Sum("sglang:num_queue_reqs"), Sum("sglang_num_queue_reqs")]),
    // `num_retracted_reqs` is a gauge of the latest batch and must not pass for the counter.
    row(PreemptionsTotal, &[Sum("sglang:num_retracted_requests_total")]),
    // Tokens are counted when a request ends. `prompt_tokens` includes what the cache held.
    row(PromptTokensTotal, &[Sum("sglang:prompt_tokens_total")]),
    row(GenerationTokensTotal, &[Sum("sglang:generation_tokens_total")]),
    // Every prompt is looked up in the radix cache.
    row(PrefixQueriedTokensTotal, &[Sum("sglang:prompt_tokens_total")]),
    row(PrefixHitTokensTotal, &[Sum("sglang:cached_tokens_total")]),
    row(RequestsFinishedTotal, &[Sum("sglang:num_requests_total")]),
    row(TtftSecondsTotal, &[Sum("sglang:time_to_first_token_seconds_sum")]),
    row(TtftRequestsTotal, &[Sum("sglang:time_to_first_token_seconds_count")]),
    row(QueueSecondsTotal, &[Sum("sglang:queue_time_seconds_sum")]),
];
