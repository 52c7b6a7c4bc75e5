//! Any text as a model's configuration: read or refused, never a panic. What stands behind a NUL
//! is taken for the `hf_quant_config.json` beside it.
//!
//! Run with `cargo +nightly fuzz run config_json` from the root of the repository. Seeds lie in
//! `fuzz/corpus/config_json`; `catalog/models` holds more.

#![no_main]

use farebox_catalog::model::{Assume, ConfigFiles, KvFormat, Precision, read_files};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (config, hf_quant_config) = match text.split_once('\0') {
        Some((config, beside)) => (config, Some(beside)),
        None => (text, None),
    };
    let files = ConfigFiles { config, hf_quant_config };
    let Ok(spec) = read_files("fuzz", files, Assume::Dense) else { return };
    assert!(spec.params.active <= spec.params.total);
    assert_eq!(spec.params.by_class.total(), spec.params.total);
    let _bytes = spec.weight_bytes(Some(Precision::Fp8)).total();
    let _cache = spec.kv_bytes(u64::MAX, KvFormat::Bf16);
    let _state = spec.state_bytes_per_sequence();
});
