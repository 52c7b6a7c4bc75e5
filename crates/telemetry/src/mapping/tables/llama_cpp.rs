//! llama.cpp's `llama-server`, with `--metrics`. The share of its KV cache comes from `/slots`
//! nowadays: see `engine/llama_cpp.rs`.
//!
//! Source: `tools/server/README.md`, and scrapes of a server of 2026.

use super::{Meaning::*, Row, row};
use farebox_core::Signal::*;

pub(crate) static LLAMA_CPP: &[Row] = &[
    row(KvUsedFraction, &[Mean("llamacpp:kv_cache_usage_ratio")]),
    row(RequestsRunning, &[Sum("llamacpp:requests_processing")]),
    row(RequestsWaiting, &[Sum("llamacpp:requests_deferred")]),
    // Its `prompt_tokens_total` leaves out what the cache held. A version that does not count that
    // apart cannot say how many tokens it took in.
    row(
        PromptTokensTotal,
        &[Added("llamacpp:prompt_tokens_total", "llamacpp:prompt_tokens_cached_total")],
    ),
    row(GenerationTokensTotal, &[Sum("llamacpp:tokens_predicted_total")]),
    row(
        PrefixQueriedTokensTotal,
        &[Added("llamacpp:prompt_tokens_total", "llamacpp:prompt_tokens_cached_total")],
    ),
    row(PrefixHitTokensTotal, &[Sum("llamacpp:prompt_tokens_cached_total")]),
    row(PrefillSecondsTotal, &[Sum("llamacpp:prompt_seconds_total")]),
    row(DecodeSecondsTotal, &[Sum("llamacpp:tokens_predicted_seconds_total")]),
];
