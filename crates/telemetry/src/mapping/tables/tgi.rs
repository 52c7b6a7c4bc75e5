//! Text Generation Inference 3. It counts tokens in histograms, times batches rather than requests
//! (`tgi_batch_*_duration`, which are no phase times of requests), and has no TTFT.
//!
//! Source: <https://huggingface.co/docs/text-generation-inference/reference/metrics>.

use super::{Meaning::*, Row, row};
use farebox_core::Signal::*;

pub(crate) static TGI: &[Row] = &[
    // Reserved rather than filled: TGI sets the most that a request may need aside.
    row(
        KvUsedFraction,
        &[Share { part: "tgi_batch_current_max_tokens", whole: "tgi_batch_max_total_tokens" }],
    ),
    row(KvCapacityTokens, &[Sum("tgi_batch_max_total_tokens")]),
    row(RequestsRunning, &[Sum("tgi_batch_current_size")]),
    row(RequestsWaiting, &[Sum("tgi_queue_size")]),
    row(PromptTokensTotal, &[Sum("tgi_request_input_length_sum")]),
    row(GenerationTokensTotal, &[Sum("tgi_request_generated_tokens_sum")]),
    row(RequestsFinishedTotal, &[Sum("tgi_request_success")]),
    row(QueueSecondsTotal, &[Sum("tgi_request_queue_duration_sum")]),
];
