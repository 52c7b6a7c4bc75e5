//! NVIDIA Dynamo's frontend. Its families are empty until the first request.
//!
//! Source: <https://docs.nvidia.com/dynamo/latest/reference/observability/metrics-catalog>.

use super::{Meaning::*, Row, row};
use farebox_core::Signal::*;

pub(crate) static DYNAMO: &[Row] = &[
    // The router's own account of blocks in decode, per worker; the configuration is one worker's.
    row(
        KvUsedFraction,
        &[Share {
            part: "dynamo_frontend_worker_active_decode_blocks",
            whole: "dynamo_frontend_model_total_kv_blocks",
        }],
    ),
    row(
        KvCapacityTokens,
        &[BlocksOfEach {
            worker: "dynamo_frontend_worker_active_decode_blocks",
            blocks: "dynamo_frontend_model_total_kv_blocks",
            tokens: "dynamo_frontend_model_kv_cache_block_size",
        }],
    ),
    // In flight is all that came and has no last token; queued, all of that without a first token,
    // those in prefill included.
    row(
        RequestsRunning,
        &[Less("dynamo_frontend_inflight_requests", "dynamo_frontend_queued_requests")],
    ),
    row(RequestsWaiting, &[Sum("dynamo_frontend_queued_requests")]),
    row(PromptTokensTotal, &[Sum("dynamo_frontend_input_sequence_tokens_sum")]),
    row(
        GenerationTokensTotal,
        &[
            Sum("dynamo_frontend_output_tokens_total"),
            Sum("dynamo_frontend_output_sequence_tokens_sum"),
        ],
    ),
    row(PrefixQueriedTokensTotal, &[Sum("dynamo_frontend_input_sequence_tokens_sum")]),
    row(PrefixHitTokensTotal, &[Sum("dynamo_frontend_cached_tokens_sum")]),
    row(RequestsFinishedTotal, &[Sum("dynamo_frontend_requests_total")]),
    row(TtftSecondsTotal, &[Sum("dynamo_frontend_time_to_first_token_seconds_sum")]),
    row(TtftRequestsTotal, &[Sum("dynamo_frontend_time_to_first_token_seconds_count")]),
];
