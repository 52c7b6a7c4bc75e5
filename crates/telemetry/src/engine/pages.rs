//! Pages on which engines say how they are set up: JSON, asked for once.

use crate::settings::EngineSettings;
use farebox_core::EngineKind;
use serde_json::Value;

/// Where an engine says how it is set up, and where on that page what stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    pub(super) endpoint: &'static str,
    kv_capacity_tokens: &'static [&'static str],
    memory_fraction: &'static [&'static str],
    max_running: &'static [&'static str],
    max_model_len: &'static [&'static str],
    kv_dtype: &'static [&'static str],
}

const NOTHING: Page = Page {
    endpoint: "",
    kv_capacity_tokens: &[],
    memory_fraction: &[],
    max_running: &[],
    max_model_len: &[],
    kv_dtype: &[],
};

/// vLLM says there what nothing else does.
const MODELS: Page =
    Page { endpoint: "/v1/models", max_model_len: &["/data/0/max_model_len"], ..NOTHING };

/// <https://docs.sglang.io/basic_usage/native_api.html>; `/get_server_info` before 0.5.
const SGLANG: Page = Page {
    endpoint: "/server_info",
    kv_capacity_tokens: &["/max_total_num_tokens", "/internal_states/0/max_total_num_tokens"],
    memory_fraction: &["/mem_fraction_static", "/internal_states/0/mem_fraction_static"],
    max_running: &[
        "/internal_states/0/effective_max_running_requests_per_dp",
        "/max_running_requests",
    ],
    max_model_len: &["/context_length"],
    kv_dtype: &["/kv_cache_dtype"],
};

/// <https://huggingface.github.io/text-generation-inference/>.
const TGI: Page = Page {
    endpoint: "/info",
    kv_capacity_tokens: &["/max_batch_total_tokens"],
    max_running: &["/max_batch_size"],
    max_model_len: &["/max_total_tokens"],
    ..NOTHING
};

/// `tools/server/README.md` of llama.cpp.
const LLAMA_CPP: Page = Page {
    endpoint: "/props",
    max_running: &["/total_slots"],
    max_model_len: &["/default_generation_settings/n_ctx"],
    ..NOTHING
};

/// The pages of `kind`.
pub(super) fn of(kind: Option<EngineKind>) -> &'static [Page] {
    match kind {
        Some(EngineKind::Vllm | EngineKind::Farebox) => &[MODELS],
        Some(EngineKind::Sglang) => &[SGLANG, Page { endpoint: "/get_server_info", ..SGLANG }],
        Some(EngineKind::Tgi) => &[TGI],
        Some(EngineKind::LlamaCpp) => &[LLAMA_CPP],
        _ => &[],
    }
}

impl Page {
    /// What the page says; nothing where it is not JSON.
    pub(super) fn read(&self, body: &[u8]) -> EngineSettings {
        let page: Value = serde_json::from_slice(body).unwrap_or_default();
        let first = |paths: &[&str]| paths.iter().find_map(|path| page.pointer(path)).cloned();
        let count = |paths| first(paths)?.as_u64().filter(|&count| count > 0);
        EngineSettings {
            kv_capacity_tokens: count(self.kv_capacity_tokens),
            memory_fraction: first(self.memory_fraction).and_then(|share| share.as_f64()),
            max_running: count(self.max_running),
            max_model_len: count(self.max_model_len),
            kv_dtype: first(self.kv_dtype).and_then(|name| name.as_str().map(str::to_owned)),
            ..EngineSettings::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_engine_is_read_from_its_own_page() {
        let tgi = br#"{"model_id": "m", "max_total_tokens": 4096, "max_batch_total_tokens": 32768,
            "max_batch_size": null, "max_concurrent_requests": 128}"#;
        let read = of(Some(EngineKind::Tgi))[0].read(tgi);
        assert_eq!((read.kv_capacity_tokens, read.max_model_len), (Some(32_768), Some(4096)));
        assert_eq!(read.max_running, None, "a bound on what may wait is none on what runs");

        let sglang = br#"{"context_length": null, "mem_fraction_static": 0.85,
            "kv_cache_dtype": "auto", "max_running_requests": 512,
            "internal_states": [{"max_total_num_tokens": 419000}]}"#;
        let read = of(Some(EngineKind::Sglang))[0].read(sglang);
        assert_eq!((read.kv_capacity_tokens, read.max_running), (Some(419_000), Some(512)));
        assert_eq!((read.memory_fraction, read.kv_dtype.as_deref()), (Some(0.85), Some("auto")));

        let props = br#"{"default_generation_settings": {"n_ctx": 2048}, "total_slots": 4}"#;
        let read = of(Some(EngineKind::LlamaCpp))[0].read(props);
        assert_eq!((read.max_running, read.max_model_len), (Some(4), Some(2048)));

        let models = br#"{"object": "list", "data": [{"id": "m", "max_model_len": 8192}]}"#;
        assert_eq!(of(Some(EngineKind::Vllm))[0].read(models).max_model_len, Some(8192));
        assert!(of(Some(EngineKind::Vllm))[0].read(b"<html>").is_empty());
    }
}
