//! TensorRT-LLM's `trtllm-serve` at `/prometheus/metrics`, with `return_perf_metrics: true`. Its
//! `/metrics` is JSON: see `engine/trtllm.rs`.
//!
//! Source: `tensorrt_llm/metrics/collector.py`.

use super::{Meaning::*, Row, row};
use farebox_core::Signal::*;

pub(crate) static TRTLLM: &[Row] = &[
    row(KvUsedFraction, &[Mean("trtllm_kv_cache_utilization")]),
    row(
        KvCapacityTokens,
        &[Blocks {
            blocks: "trtllm_kv_cache_max_blocks",
            tokens: "trtllm_kv_cache_tokens_per_block",
        }],
    ),
    row(RequestsRunning, &[Sum("trtllm_num_requests_running")]),
    row(RequestsWaiting, &[Sum("trtllm_num_requests_waiting")]),
    row(PromptTokensTotal, &[Sum("trtllm_prompt_tokens_total")]),
    row(GenerationTokensTotal, &[Sum("trtllm_generation_tokens_total")]),
    row(PrefixQueriedTokensTotal, &[Sum("trtllm_prompt_tokens_total")]),
    row(PrefixHitTokensTotal, &[Sum("trtllm_prompt_cached_tokens_total")]),
    row(RequestsFinishedTotal, &[Sum("trtllm_request_success_total")]),
    row(TtftSecondsTotal, &[Sum("trtllm_time_to_first_token_seconds_sum")]),
    row(TtftRequestsTotal, &[Sum("trtllm_time_to_first_token_seconds_count")]),
    row(QueueSecondsTotal, &[Sum("trtllm_request_queue_time_seconds_sum")]),
    row(PrefillSecondsTotal, &[Sum("trtllm_request_prefill_time_seconds_sum")]),
    row(DecodeSecondsTotal, &[Sum("trtllm_request_decode_time_seconds_sum")]),
];
