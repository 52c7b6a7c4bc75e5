//! Every row of every table: what an engine writes, and what is made of it.

use EngineKind::{Dynamo, LlamaCpp, Sglang, Tgi, Trtllm, Vllm};
use Signal::*;
use farebox_core::{EngineKind, Signal};
use farebox_telemetry::Missing;
use farebox_telemetry::mapping::{self, table};
use farebox_wire::prometheus::Exposition;
use std::collections::BTreeSet;

/// An engine, a signal, what it writes, and what that is.
const ROWS: &[(EngineKind, Signal, &str, f64)] = &[
    // vLLM: data-parallel ranks, old names, and names without `_total`.
    (Vllm, KvUsedFraction, "vllm:kv_cache_usage_perc{engine=\"0\"} 5.7e-05", 5.7e-05),
    (
        Vllm,
        KvUsedFraction,
        "vllm:kv_cache_usage_perc{engine=\"0\"} 0.5\nvllm:kv_cache_usage_perc{engine=\"1\"} 1",
        0.75,
    ),
    (Vllm, KvUsedFraction, "vllm:gpu_cache_usage_perc 0.25\nvllm:cpu_cache_usage_perc 0.9", 0.25),
    (
        Vllm,
        KvCapacityTokens,
        "vllm:cache_config_info{block_size=\"16\",num_gpu_blocks=\"875\"} 1",
        14_000.0,
    ),
    (
        Vllm,
        KvCapacityTokens,
        "vllm:cache_config_info{block_size=\"16\",num_gpu_blocks=\"875\",kv_cache_size_tokens=\"7000\"} 1",
        7000.0,
    ),
    (
        Vllm,
        KvCapacityTokens,
        "vllm:cache_config_info{engine=\"0\",block_size=\"16\",num_gpu_blocks=\"10\"} 1\nvllm:cache_config_info{engine=\"1\",block_size=\"16\",num_gpu_blocks=\"10\"} 1",
        320.0,
    ),
    (
        Vllm,
        RequestsRunning,
        "vllm:num_requests_running{engine=\"0\"} 3\nvllm:num_requests_running{engine=\"1\"} 4",
        7.0,
    ),
    (
        Vllm,
        RequestsWaiting,
        "vllm:num_requests_waiting 2\nvllm:num_requests_waiting_by_reason{reason=\"capacity\"} 2",
        2.0,
    ),
    (Vllm, RequestsWaiting, "vllm:num_requests_waiting 2\nvllm:num_requests_swapped 5", 7.0),
    (Vllm, PreemptionsTotal, "vllm:num_preemptions 69", 69.0),
    (
        Vllm,
        PromptTokensTotal,
        "vllm:prompt_tokens_total 10\nvllm:prompt_tokens_cached_total 4\nvllm:prompt_tokens_created 1.7e9",
        10.0,
    ),
    (Vllm, GenerationTokensTotal, "vllm:generation_tokens 11", 11.0),
    (
        Vllm,
        PrefixQueriedTokensTotal,
        "# HELP vllm:prefix_cache_queries_total Prefix cache queries, in terms of number of queried tokens.\nvllm:prefix_cache_queries_total 640",
        640.0,
    ),
    (
        Vllm,
        PrefixQueriedTokensTotal,
        "# HELP vllm:gpu_prefix_cache_queries_total GPU prefix cache queries, in terms of number of queried blocks.\nvllm:gpu_prefix_cache_queries_total 40\nvllm:cache_config_info{block_size=\"16\"} 1",
        640.0,
    ),
    (Vllm, PrefixHitTokensTotal, "vllm:prefix_cache_hits_total 320", 320.0),
    (Vllm, PrefixHitTokensTotal, "vllm:gpu_prefix_cache_hits_total 320", 320.0),
    (
        Vllm,
        RequestsFinishedTotal,
        "vllm:request_success_total{finished_reason=\"stop\"} 18\nvllm:request_success_total{finished_reason=\"length\"} 68",
        86.0,
    ),
    (Vllm, TtftSecondsTotal, "vllm:time_to_first_token_seconds_sum 1.5", 1.5),
    (
        Vllm,
        TtftRequestsTotal,
        "vllm:time_to_first_token_seconds_count 3\nvllm:time_to_first_token_seconds_bucket{le=\"+Inf\"} 9",
        3.0,
    ),
    (Vllm, QueueSecondsTotal, "vllm:request_queue_time_seconds_sum 0.25", 0.25),
    (Vllm, QueueSecondsTotal, "vllm:time_in_queue_requests_sum 0.25", 0.25),
    (Vllm, PrefillSecondsTotal, "vllm:request_prefill_time_seconds_sum 0.5", 0.5),
    (Vllm, DecodeSecondsTotal, "vllm:request_decode_time_seconds_sum 2", 2.0),
    // SGLang: ranks of tensor parallelism say the same thing twice, those of data parallelism not.
    (
        Sglang,
        KvUsedFraction,
        "sglang:token_usage{tp_rank=\"0\",dp_rank=\"0\"} 0.2\nsglang:token_usage{tp_rank=\"1\",dp_rank=\"0\"} 0.9\nsglang:token_usage{tp_rank=\"0\",dp_rank=\"1\"} 0.4",
        0.300_000_000_000_000_04,
    ),
    (Sglang, KvUsedFraction, "sglang_token_usage 0.28", 0.28),
    (Sglang, KvCapacityTokens, "sglang:max_total_num_tokens 419000", 419_000.0),
    (
        Sglang,
        RequestsRunning,
        "sglang:num_running_reqs{tp_rank=\"0\"} 5\nsglang:num_running_reqs{tp_rank=\"1\"} 5",
        5.0,
    ),
    (Sglang, RequestsRunning, "sglang_num_running_reqs 5", 5.0),
    (Sglang, RequestsWaiting, "sglang:num_queue_reqs 6\nsglang:num_grammar_queue_reqs 1", 6.0),
    (Sglang, RequestsWaiting, "sglang_num_queue_reqs 6", 6.0),
    (
        Sglang,
        PreemptionsTotal,
        "sglang:num_retracted_requests_total 7\nsglang:num_retracted_reqs 1",
        7.0,
    ),
    (
        Sglang,
        PromptTokensTotal,
        "sglang:prompt_tokens_total{model_name=\"m\"} 8.128902e+06",
        8_128_902.0,
    ),
    (Sglang, GenerationTokensTotal, "sglang:generation_tokens_total 7.5e+06", 7_500_000.0),
    (Sglang, PrefixQueriedTokensTotal, "sglang:prompt_tokens_total 80", 80.0),
    (
        Sglang,
        PrefixHitTokensTotal,
        "sglang:cached_tokens_total{cache_source=\"device\"} 30\nsglang:cached_tokens_total{cache_source=\"host\"} 10",
        40.0,
    ),
    (Sglang, RequestsFinishedTotal, "sglang:num_requests_total 12", 12.0),
    (Sglang, TtftSecondsTotal, "sglang:time_to_first_token_seconds_sum 2.3e+06", 2_300_000.0),
    (Sglang, TtftRequestsTotal, "sglang:time_to_first_token_seconds_count 11008", 11_008.0),
    (Sglang, QueueSecondsTotal, "sglang:queue_time_seconds_sum 4.5", 4.5),
    // TGI: histograms of lengths are its token counters.
    (
        Tgi,
        KvUsedFraction,
        "tgi_batch_current_max_tokens 8192\ntgi_batch_max_total_tokens 32768",
        0.25,
    ),
    (Tgi, KvCapacityTokens, "tgi_batch_max_total_tokens 32768", 32_768.0),
    (Tgi, RequestsRunning, "tgi_batch_current_size 5", 5.0),
    (Tgi, RequestsWaiting, "tgi_queue_size 2", 2.0),
    (
        Tgi,
        PromptTokensTotal,
        "tgi_request_input_length_sum 1200\ntgi_request_input_length_count 10",
        1200.0,
    ),
    (Tgi, GenerationTokensTotal, "tgi_request_generated_tokens_sum 640", 640.0),
    (Tgi, RequestsFinishedTotal, "tgi_request_success{method=\"batch\"} 10", 10.0),
    (Tgi, QueueSecondsTotal, "tgi_request_queue_duration_sum 0.125", 0.125),
    // TensorRT-LLM in Prometheus' format; its JSON is tested where it is read.
    (Trtllm, KvUsedFraction, "trtllm_kv_cache_utilization{engine_type=\"trtllm\"} 0.62", 0.62),
    (
        Trtllm,
        KvCapacityTokens,
        "trtllm_kv_cache_max_blocks 1000\ntrtllm_kv_cache_tokens_per_block 64",
        64_000.0,
    ),
    (Trtllm, RequestsRunning, "trtllm_num_requests_running 5", 5.0),
    (Trtllm, RequestsWaiting, "trtllm_num_requests_waiting 3", 3.0),
    (Trtllm, PromptTokensTotal, "trtllm_prompt_tokens_total 100", 100.0),
    (Trtllm, GenerationTokensTotal, "trtllm_generation_tokens_total 50", 50.0),
    (Trtllm, PrefixQueriedTokensTotal, "trtllm_prompt_tokens_total 100", 100.0),
    (Trtllm, PrefixHitTokensTotal, "trtllm_prompt_cached_tokens_total 64", 64.0),
    (
        Trtllm,
        RequestsFinishedTotal,
        "trtllm_request_success_total{finished_reason=\"stop\"} 4",
        4.0,
    ),
    (Trtllm, TtftSecondsTotal, "trtllm_time_to_first_token_seconds_sum 1.5", 1.5),
    (Trtllm, TtftRequestsTotal, "trtllm_time_to_first_token_seconds_count 4", 4.0),
    (Trtllm, QueueSecondsTotal, "trtllm_request_queue_time_seconds_sum 0.5", 0.5),
    (Trtllm, PrefillSecondsTotal, "trtllm_request_prefill_time_seconds_sum 0.75", 0.75),
    (Trtllm, DecodeSecondsTotal, "trtllm_request_decode_time_seconds_sum 3", 3.0),
    // llama.cpp: old gauges, and prompt tokens with and without those from the cache.
    (LlamaCpp, KvUsedFraction, "llamacpp:kv_cache_usage_ratio 0.42", 0.42),
    (LlamaCpp, RequestsRunning, "llamacpp:requests_processing 4", 4.0),
    (LlamaCpp, RequestsWaiting, "llamacpp:requests_deferred 3", 3.0),
    (
        LlamaCpp,
        PromptTokensTotal,
        "llamacpp:prompt_tokens_total 41\nllamacpp:prompt_tokens_cached_total 33",
        74.0,
    ),
    (LlamaCpp, GenerationTokensTotal, "llamacpp:tokens_predicted_total 114", 114.0),
    (
        LlamaCpp,
        PrefixQueriedTokensTotal,
        "llamacpp:prompt_tokens_total 41\nllamacpp:prompt_tokens_cached_total 33",
        74.0,
    ),
    (LlamaCpp, PrefixHitTokensTotal, "llamacpp:prompt_tokens_cached_total 33", 33.0),
    (LlamaCpp, PrefillSecondsTotal, "llamacpp:prompt_seconds_total 1.86526", 1.86526),
    (LlamaCpp, DecodeSecondsTotal, "llamacpp:tokens_predicted_seconds_total 54.7953", 54.7953),
    // Dynamo: workers' blocks against the blocks of one worker.
    (
        Dynamo,
        KvUsedFraction,
        "dynamo_frontend_worker_active_decode_blocks{worker_id=\"1\"} 25\ndynamo_frontend_worker_active_decode_blocks{worker_id=\"2\"} 75\ndynamo_frontend_model_total_kv_blocks 100",
        0.5,
    ),
    (
        Dynamo,
        KvCapacityTokens,
        "dynamo_frontend_worker_active_decode_blocks{worker_id=\"1\"} 25\ndynamo_frontend_worker_active_decode_blocks{worker_id=\"2\"} 75\ndynamo_frontend_model_total_kv_blocks 100\ndynamo_frontend_model_kv_cache_block_size 16",
        3200.0,
    ),
    (
        Dynamo,
        RequestsRunning,
        "dynamo_frontend_inflight_requests 8\ndynamo_frontend_queued_requests 3",
        5.0,
    ),
    (Dynamo, RequestsWaiting, "dynamo_frontend_queued_requests 3", 3.0),
    (Dynamo, PromptTokensTotal, "dynamo_frontend_input_sequence_tokens_sum 2000", 2000.0),
    (Dynamo, GenerationTokensTotal, "dynamo_frontend_output_tokens_total 450", 450.0),
    (Dynamo, GenerationTokensTotal, "dynamo_frontend_output_sequence_tokens_sum 450", 450.0),
    (Dynamo, PrefixQueriedTokensTotal, "dynamo_frontend_input_sequence_tokens_sum 2000", 2000.0),
    (Dynamo, PrefixHitTokensTotal, "dynamo_frontend_cached_tokens_sum 1000", 1000.0),
    (Dynamo, RequestsFinishedTotal, "dynamo_frontend_requests_total{status=\"success\"} 10", 10.0),
    (Dynamo, TtftSecondsTotal, "dynamo_frontend_time_to_first_token_seconds_sum 1.5", 1.5),
    (Dynamo, TtftRequestsTotal, "dynamo_frontend_time_to_first_token_seconds_count 10", 10.0),
];

#[test]
fn every_row_is_read() {
    for &(kind, signal, text, value) in ROWS {
        let exposition = Exposition::parse(text.as_bytes());
        assert_eq!(exposition.skipped, 0, "{text}");
        let reading = mapping::read(kind, &exposition);
        assert_eq!(reading.value(signal), Ok(value), "{kind} {signal:?}: {text}");
    }
}

#[test]
fn every_row_and_every_name_in_it_is_tested() {
    let tested = |kind, signal| ROWS.iter().filter(move |row| (row.0, row.1) == (kind, signal));
    for kind in EngineKind::ALL.into_iter().filter(|kind| *kind != EngineKind::Farebox) {
        for row in table(kind) {
            let tests = tested(kind, row.signal).count();
            assert!(tests >= row.meanings.len(), "{kind} {:?}: {tests} tests", row.signal);
        }
        let signals: BTreeSet<_> = table(kind).iter().map(|row| row.signal).collect();
        assert_eq!(signals.len(), table(kind).len(), "{kind} has one row per signal");
    }
}

#[test]
fn what_is_missing_says_why_and_is_not_zero() {
    let empty = Exposition::default();
    let reading = mapping::read(Vllm, &empty);
    assert_eq!(reading.value(RequestsRunning), Err(Missing::NotInAnswer));
    assert_eq!(mapping::read(Tgi, &empty).value(TtftSecondsTotal), Err(Missing::NotPublished));
    let nan = Exposition::parse(b"vllm:kv_cache_usage_perc NaN");
    assert_eq!(mapping::read(Vllm, &nan).value(KvUsedFraction), Err(Missing::NotANumber));
    let unfinished =
        Exposition::parse(b"vllm:cache_config_info{block_size=\"16\",num_gpu_blocks=\"None\"} 1");
    assert_eq!(mapping::read(Vllm, &unfinished).value(KvCapacityTokens), Err(Missing::NotInAnswer));
    // Without the count of cached tokens, what it took in is not known, only what it computed.
    let old = Exposition::parse(b"llamacpp:prompt_tokens_total 41");
    assert_eq!(mapping::read(LlamaCpp, &old).value(PromptTokensTotal), Err(Missing::NotInAnswer));
    // A gauge of the latest batch is no counter.
    let gauge = Exposition::parse(b"sglang:num_retracted_reqs 3");
    assert_eq!(mapping::read(Sglang, &gauge).value(PreemptionsTotal), Err(Missing::NotInAnswer));
}

#[test]
fn engines_are_told_by_their_names() {
    for (text, kind) in [
        ("vllm:x 1", Some(Vllm)),
        ("vllm:x 1\nfarebox:engine_info 1", Some(EngineKind::Farebox)),
        ("vllm:x 1\ndynamo_frontend_x 1", Some(Dynamo)),
        ("sglang_x 1", Some(Sglang)),
        ("tgi_x 1", Some(Tgi)),
        ("trtllm_x 1", Some(Trtllm)),
        ("llamacpp:x 1", Some(LlamaCpp)),
        ("python_info 1", None),
    ] {
        assert_eq!(mapping::recognise(&Exposition::parse(text.as_bytes())), kind, "{text}");
    }
}
