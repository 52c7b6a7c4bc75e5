//! vLLM, from V0 to 0.32. `/metrics` is always there.
//!
//! Source: <https://docs.vllm.ai/en/latest/usage/metrics/>, and scrapes of 0.32.0.

use super::{Meaning::*, Row, row};
use farebox_core::Signal::*;

const CONFIG: &str = "vllm:cache_config_info";

pub(crate) static VLLM: &[Row] = &[
    // `gpu_` until 0.9. Despite their names all are shares of 1.
    row(KvUsedFraction, &[Mean("vllm:kv_cache_usage_perc"), Mean("vllm:gpu_cache_usage_perc")]),
    // The product is wrong for models whose layers cache differently, so what the engine itself
    // computed goes first.
    row(
        KvCapacityTokens,
        &[
            Label { info: CONFIG, label: "kv_cache_size_tokens" },
            LabelProduct { info: CONFIG, one: "num_gpu_blocks", other: "block_size" },
        ],
    ),
    row(RequestsRunning, &[Sum("vllm:num_requests_running")]),
    // V0 counts requests whose cache was swapped out apart: they wait too.
    row(
        RequestsWaiting,
        &[
            Added("vllm:num_requests_waiting", "vllm:num_requests_swapped"),
            Sum("vllm:num_requests_waiting"),
        ],
    ),
    row(PreemptionsTotal, &[Sum("vllm:num_preemptions_total")]),
    row(PromptTokensTotal, &[Sum("vllm:prompt_tokens_total")]),
    row(GenerationTokensTotal, &[Sum("vllm:generation_tokens_total")]),
    row(
        PrefixQueriedTokensTotal,
        &[
            TokensOrBlocks("vllm:prefix_cache_queries_total"),
            TokensOrBlocks("vllm:gpu_prefix_cache_queries_total"),
        ],
    ),
    row(
        PrefixHitTokensTotal,
        &[
            TokensOrBlocks("vllm:prefix_cache_hits_total"),
            TokensOrBlocks("vllm:gpu_prefix_cache_hits_total"),
        ],
    ),
    row(RequestsFinishedTotal, &[Sum("vllm:request_success_total")]),
    row(TtftSecondsTotal, &[Sum("vllm:time_to_first_token_seconds_sum")]),
    row(TtftRequestsTotal, &[Sum("vllm:time_to_first_token_seconds_count")]),
    row(
        QueueSecondsTotal,
        &[Sum("vllm:request_queue_time_seconds_sum"), Sum("vllm:time_in_queue_requests_sum")],
    ),
    row(PrefillSecondsTotal, &[Sum("vllm:request_prefill_time_seconds_sum")]),
    row(DecodeSecondsTotal, &[Sum("vllm:request_decode_time_seconds_sum")]),
];
