//! TensorRT-LLM's `/metrics`, which is JSON: records of the iterations since somebody last asked,
//! with `enable_iter_perf_stats: true`. Each is handed out once, so only gauges are taken, from
//! the latest record of each rank of attention data parallelism.
//!
//! Source: <https://nvidia.github.io/TensorRT-LLM/commands/trtllm-serve.html>, and the statistics'
//! names in `tensorrt_llm/executor`.

use crate::mapping::ENGINE_SIGNALS;
use crate::reading::{EngineReading, Missing};
use farebox_core::{EngineKind, Signal};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Iteration {
    attention_dp_rank: u64,
    num_active_requests: Option<f64>,
    num_queued_requests: Option<f64>,
    kv_cache_stats: Option<KvCache>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct KvCache {
    max_num_blocks: f64,
    used_num_blocks: f64,
    tokens_per_block: f64,
    reused_blocks: Option<f64>,
    missed_blocks: Option<f64>,
}

/// Reads the records; none if they are something else. No record at all means that nothing was
/// computed since the last look, and says nothing of requests.
pub(super) fn read(body: &[u8]) -> Option<EngineReading> {
    let iterations: Vec<Iteration> = serde_json::from_slice(body).ok()?;
    let by_rank = iterations.into_iter().map(|it| (it.attention_dp_rank, it));
    let latest: Vec<_> = by_rank.collect::<BTreeMap<_, _>>().into_values().collect();
    let mut reading = EngineReading { kind: Some(EngineKind::Trtllm), ..EngineReading::default() };
    for signal in ENGINE_SIGNALS {
        reading.note(signal, value(&latest, signal));
    }
    let caches = || latest.iter().filter_map(|it| it.kv_cache_stats.as_ref());
    let settings = &mut reading.settings;
    settings.kv_blocks = caches().map(|kv| kv.max_num_blocks as u64).reduce(|a, b| a + b);
    settings.block_tokens = caches().map(|kv| kv.tokens_per_block as u64).next();
    settings.kv_capacity_tokens =
        settings.kv_blocks.zip(settings.block_tokens).map(|(blocks, tokens)| blocks * tokens);
    Some(reading)
}

fn value(latest: &[Iteration], signal: Signal) -> Result<f64, Missing> {
    let sum = |of: fn(&Iteration) -> Option<f64>| latest.iter().filter_map(of).reduce(|a, b| a + b);
    let kv = |of: fn(&KvCache) -> Option<f64>| {
        latest.iter().filter_map(|it| of(it.kv_cache_stats.as_ref()?)).reduce(|a, b| a + b)
    };
    let found = match signal {
        Signal::RequestsRunning => sum(|it| it.num_active_requests),
        Signal::RequestsWaiting => sum(|it| it.num_queued_requests),
        Signal::KvUsedFraction => {
            let most = kv(|kv| Some(kv.max_num_blocks)).filter(|most| *most > 0.0);
            most.zip(kv(|kv| Some(kv.used_num_blocks))).map(|(most, used)| used / most)
        }
        Signal::KvCapacityTokens => kv(|kv| Some(kv.max_num_blocks * kv.tokens_per_block)),
        Signal::PrefixHitTokensTotal => kv(|kv| Some(kv.reused_blocks? * kv.tokens_per_block)),
        Signal::PrefixQueriedTokensTotal => {
            kv(|kv| Some((kv.reused_blocks? + kv.missed_blocks?) * kv.tokens_per_block))
        }
        _ => return Err(Missing::NotPublished),
    };
    found.ok_or(Missing::NotInAnswer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(iter: u32, rank: u32, active: u32, used: u32) -> String {
        format!(
            r#"{{"iter": {iter}, "attentionDpRank": {rank}, "numActiveRequests": {active},
            "numQueuedRequests": 3, "iterLatencyMS": 15.5, "kvCacheStats": {{"cacheHitRate": 0.85,
            "maxNumBlocks": 1000, "freeNumBlocks": 400, "usedNumBlocks": {used},
            "tokensPerBlock": 64, "reusedBlocks": 17, "missedBlocks": 3}},
            "inflightBatchingStats": {{"numContextRequests": 2, "numGenRequests": 3}}}}"#
        )
    }

    #[test]
    fn the_latest_record_of_each_rank_counts() {
        let records = [record(1, 0, 9, 999), record(2, 0, 5, 600), record(2, 1, 4, 200)];
        let reading = read(format!("[{}]", records.join(",")).as_bytes()).unwrap();
        for (signal, value) in [
            (Signal::RequestsRunning, 9.0),
            (Signal::RequestsWaiting, 6.0),
            (Signal::KvUsedFraction, 0.4),
            (Signal::KvCapacityTokens, 128_000.0),
            (Signal::PrefixHitTokensTotal, 2.0 * 17.0 * 64.0),
            (Signal::PrefixQueriedTokensTotal, 2.0 * 20.0 * 64.0),
        ] {
            assert_eq!(reading.value(signal), Ok(value), "{signal:?}");
        }
        assert_eq!(reading.settings.kv_capacity_tokens, Some(128_000));
        assert_eq!(reading.value(Signal::TtftSecondsTotal), Err(Missing::NotPublished));
    }

    #[test]
    fn an_idle_server_says_nothing_rather_than_zero() {
        let reading = read(b"[]").unwrap();
        assert_eq!(reading.values, [].into());
        assert_eq!(reading.value(Signal::RequestsRunning), Err(Missing::NotInAnswer));
        assert_eq!(read(b"# TYPE x counter\nx 1\n"), None);
    }
}
