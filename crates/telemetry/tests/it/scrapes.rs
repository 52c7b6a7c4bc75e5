//! Whole answers of real engines.

use farebox_core::{EngineKind, Signal};
use farebox_telemetry::{EngineReading, mapping};
use farebox_wire::prometheus::Exposition;

pub(crate) const VLLM: &str = include_str!("../scrapes/vllm-0.32-kv-pressure.txt");
const LLAMA_SERVER: &str = include_str!("../scrapes/llama-server.txt");

fn read(kind: EngineKind, text: &str) -> EngineReading {
    let exposition = Exposition::parse(text.as_bytes());
    assert_eq!(exposition.skipped, 0);
    assert_eq!(mapping::recognise(&exposition), Some(kind));
    mapping::read(kind, &exposition)
}

#[test]
fn vllm_says_everything() {
    let reading = read(EngineKind::Vllm, VLLM);
    assert_eq!(reading.missing, [].into());
    assert_eq!(reading.value(Signal::KvUsedFraction), Ok(0.848_101_265_822_784_8));
    assert_eq!(reading.value(Signal::RequestsRunning), Ok(12.0));
    assert_eq!(reading.value(Signal::RequestsWaiting), Ok(3.0));
    assert_eq!(reading.value(Signal::PreemptionsTotal), Ok(23.0));
    assert_eq!(reading.value(Signal::GenerationTokensTotal), Ok(5487.0));
    assert_eq!(reading.settings.kv_capacity_tokens, Some(80 * 32));
    assert_eq!(reading.settings.kv_blocks, Some(80));
    assert_eq!(reading.settings.block_tokens, Some(32));
}

#[test]
fn llama_cpp_counts_what_it_took_from_its_cache_apart() {
    let reading = read(EngineKind::LlamaCpp, LLAMA_SERVER);
    assert_eq!(reading.value(Signal::PromptTokensTotal), Ok(4143.0 + 3393.0));
    assert_eq!(reading.value(Signal::PrefixHitTokensTotal), Ok(3393.0));
    assert_eq!(reading.value(Signal::GenerationTokensTotal), Ok(11_483.0));
    assert_eq!(reading.value(Signal::RequestsRunning), Ok(4.0));
    assert_eq!(reading.value(Signal::RequestsWaiting), Ok(3.0));
}
