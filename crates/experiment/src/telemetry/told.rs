//! What an engine was told of its settings when it was started. Most publish only some of them; their
//! command line has more.

use farebox_core::EngineKind;
use farebox_launch::flags::{self, Context};
use farebox_launch::{CommandLine, Said};
use farebox_telemetry::EngineSettings;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Settings that an engine was started with.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ToldSettings {
    settings: EngineSettings,
    /// Which flag or variable said each of them.
    by: BTreeMap<&'static str, String>,
    /// Type of the weights.
    dtype: Option<String>,
}

/// Other names of the same flags.
const SHORT: [(&str, &str); 3] =
    [("--ctx-size", "-c"), ("--parallel", "-np"), ("--cache-type-k", "-ctk")];

/// Where the document says who told a setting.
const SOURCES: &str = "sources";
/// What it says of settings that the engine publishes.
const PUBLISHED: &str = "engine";

impl ToldSettings {
    /// What `line` tells an engine of this kind.
    pub fn of(engine: EngineKind, line: &CommandLine) -> Self {
        let Some(flags) = flags::of(engine) else { return Self::default() };
        let mut by = BTreeMap::new();
        let mut told = |setting, flag| {
            let Said { name, value } = said(line, flag)?;
            by.insert(setting, name.to_owned());
            Some(value)
        };
        let max_running: Option<u64> = told("max_running", flags.max_seqs).and_then(number);
        let context: Option<u64> = told("max_model_len", flags.max_len).and_then(number);
        let memory_fraction = told("memory_fraction", flags.memory_fraction).and_then(number);
        let kv_dtype = told("kv_dtype", flags.kv_dtype).map(str::to_owned);
        let max_model_len = match flags.context {
            Context::OfEach => context,
            Context::OfAll => context.zip(max_running).and_then(|(all, of)| all.checked_div(of)),
        };
        let dtype = said(line, flags.dtype).map(|said| said.value.to_owned());
        let settings = EngineSettings {
            max_running,
            max_model_len,
            memory_fraction,
            kv_dtype,
            ..EngineSettings::default()
        };
        Self { settings, by, dtype }
    }

    /// Bytes of a weight, where they were told to be of a type with a known width.
    pub(super) fn weight_bytes(&self) -> Option<f64> {
        match self.dtype.as_deref()? {
            "float32" | "float" | "fp32" => Some(4.0),
            "float16" | "half" | "bfloat16" | "fp16" | "bf16" => Some(2.0),
            _ => None,
        }
    }

    /// The document of a deployment's settings: what the engine publishes, else what it was told, and
    /// under `sources` which of the two. None where nobody says anything.
    pub(super) fn beside(&self, published: &EngineSettings) -> Option<Map<String, Value>> {
        let mut all = fields(&published.clone().or(self.settings.clone()));
        if all.is_empty() {
            return None;
        }
        let published = fields(published);
        let source = |setting: &String| match self.by.get(setting.as_str()) {
            Some(flag) if !published.contains_key(setting) => flag.as_str(),
            _ => PUBLISHED,
        };
        let sources: Map<String, Value> =
            all.keys().map(|setting| (setting.clone(), source(setting).into())).collect();
        all.insert(SOURCES.to_owned(), sources.into());
        Some(all)
    }
}

fn said<'a>(line: &'a CommandLine, flag: Option<&str>) -> Option<Said<'a>> {
    let flag = flag?;
    let short = SHORT.iter().find(|(long, _)| *long == flag).map(|(_, short)| *short);
    line.said(&[flag, short.unwrap_or(flag)])
}

/// A size may be written in another way, such as `32k`: then nothing is said.
fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

fn fields(settings: &EngineSettings) -> Map<String, Value> {
    match serde_json::to_value(settings) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use farebox_launch::{LaunchSpec, command_line};
    use serde_json::json;

    fn told(engine: EngineKind, extra: &[&str]) -> ToldSettings {
        let mut spec = LaunchSpec::new(engine, "org/model", 8000);
        spec.extra = extra.iter().map(|&word| word.to_owned()).collect();
        ToldSettings::of(engine, &command_line(&spec).unwrap())
    }

    #[test]
    fn what_an_engine_publishes_goes_before_what_it_was_told() {
        let words =
            ["--max-num-seqs", "8", "--gpu-memory-utilization=0.8", "--max-model-len", "32k"];
        let published = EngineSettings {
            memory_fraction: Some(0.9),
            kv_blocks: Some(80),
            ..EngineSettings::default()
        };
        let document = told(EngineKind::Vllm, &words).beside(&published).map(Value::Object);
        let expected = json!({
            "kv_blocks": 80, "memory_fraction": 0.9, "max_running": 8,
            "sources": {"kv_blocks": "engine", "memory_fraction": "engine", "max_running": "--max-num-seqs"},
        });
        assert_eq!(document, Some(expected));
    }

    #[test]
    fn every_engine_is_read_in_its_own_words() {
        let settings = |engine, extra: &[&str]| told(engine, extra).settings;
        let llama = settings(EngineKind::LlamaCpp, &["-c", "8192", "-np", "4", "-ctk", "q8_0"]);
        assert_eq!(
            (llama.max_running, llama.max_model_len),
            (Some(4), Some(2048)),
            "each its part"
        );
        assert_eq!(llama.kv_dtype.as_deref(), Some("q8_0"));
        assert_eq!(
            settings(EngineKind::LlamaCpp, &["-c", "8192"]).max_model_len,
            None,
            "of how many?"
        );
        let sglang = settings(EngineKind::Sglang, &["--max-running-requests", "16"]);
        assert_eq!(sglang.max_running, Some(16));
        let trtllm = settings(EngineKind::Trtllm, &["--max_batch_size", "32"]);
        assert_eq!(trtllm.max_running, Some(32));
    }

    #[test]
    fn weights_have_the_width_that_was_told() {
        let of = |extra: &[&str]| told(EngineKind::Transformers, extra).weight_bytes();
        assert_eq!(of(&["--dtype", "float32"]), Some(4.0));
        assert_eq!(of(&["--dtype=bfloat16"]), Some(2.0));
        assert_eq!((of(&["--dtype", "auto"]), of(&[])), (None, None));
    }

    #[test]
    fn nothing_said_is_no_document() {
        let silent = told(EngineKind::Transformers, &[]);
        assert_eq!(silent.beside(&EngineSettings::default()), None);
    }
}
