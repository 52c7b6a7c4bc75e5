//! From what a server says of itself to the engine that it is.
//!
//! It owns no IO: it says what to ask, is told the answer, and stops asking as soon as it knows.

use super::profile::Profile;
use farebox_core::EngineKind;
use serde_json::Value;

/// What one GET brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its `server` header.
    pub server: Option<String>,
    /// Its body.
    pub body: Vec<u8>,
}

/// The engine behind a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Which one.
    pub kind: EngineKind,
    /// Its version, where it says one.
    pub version: Option<String>,
    /// What gave it away, in words.
    pub clue: String,
}

/// Everything a server was asked about itself.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// Path and answer; none where nothing came.
    asked: Vec<(String, Option<Answer>)>,
}

/// The list of models: most engines sign it.
const MODELS: &str = "/v1/models";

/// What to ask a server that does not sign its list: TGI, Ollama, `transformers serve`, and
/// whoever has metrics. TRT-LLM's metrics can only be read once, but it has signed its list before.
const QUESTIONS: [&str; 5] = [MODELS, "/info", "/api/version", "/load_model", "/metrics"];

/// Who writes what as the owner of the models in its list. From the sources of each, and from
/// recordings of vLLM and llama.cpp.
const OWNERS: [(&str, EngineKind); 9] = [
    ("vllm", EngineKind::Vllm),
    ("sglang", EngineKind::Sglang),
    ("tensorrt_llm", EngineKind::Trtllm),
    ("llamacpp", EngineKind::LlamaCpp),
    ("library", EngineKind::Ollama),
    ("farebox", EngineKind::Farebox),
    ("openai", EngineKind::OpenAi),
    ("openai-internal", EngineKind::OpenAi),
    ("system", EngineKind::OpenAi),
];

/// How names in `/metrics` begin. Dynamo first: it passes on those of the engine behind it.
const PREFIXES: [(&str, EngineKind); 6] = [
    ("dynamo_", EngineKind::Dynamo),
    ("vllm:", EngineKind::Vllm),
    ("sglang:", EngineKind::Sglang),
    ("tgi_", EngineKind::Tgi),
    ("trtllm_", EngineKind::Trtllm),
    ("llamacpp:", EngineKind::LlamaCpp),
];

impl Evidence {
    /// Enters what came back from a GET of `path`; none where nothing did.
    pub fn add(&mut self, path: &str, answer: Option<Answer>) {
        self.asked.push((path.to_owned(), answer));
    }

    /// The path to ask next; none when everything is known that can be.
    pub fn next_question(&self) -> Option<&'static str> {
        let questions: &[&str] = match self.kind() {
            None => &QUESTIONS,
            Some((kind, _)) if self.version(kind).is_none() => Profile::of(kind).version,
            Some(_) => &[],
        };
        questions.iter().copied().find(|path| !self.has_asked(path))
    }

    /// The engine, as soon as something gives it away.
    pub fn identity(&self) -> Option<Identity> {
        let (kind, clue) = self.kind()?;
        Some(Identity { kind, version: self.version(kind), clue })
    }

    fn kind(&self) -> Option<(EngineKind, String)> {
        self.by_header()
            .or_else(|| self.by_owner())
            .or_else(|| self.by_own_endpoint())
            .or_else(|| self.by_metrics())
    }

    fn by_header(&self) -> Option<(EngineKind, String)> {
        let mut servers =
            self.asked.iter().filter_map(|(_, answer)| answer.as_ref()?.server.as_deref());
        servers
            .any(|server| server.eq_ignore_ascii_case("llama.cpp"))
            .then(|| (EngineKind::LlamaCpp, "its server header is llama.cpp".to_owned()))
    }

    fn by_owner(&self) -> Option<(EngineKind, String)> {
        let list = self.json(MODELS)?;
        let model = list.pointer("/data/0")?;
        let owner = model.get("owned_by")?.as_str()?;
        // NVIDIA's hosted models are NVIDIA's too; only Dynamo calls an entry an `object`.
        let is_dynamo = owner == "nvidia" && model.get("object")?.as_str()? == "object";
        let known = OWNERS.iter().find(|(name, _)| *name == owner).map(|(_, kind)| *kind);
        let kind = if is_dynamo { EngineKind::Dynamo } else { known? };
        Some((kind, format!("{MODELS} says owned_by {owner}")))
    }

    fn by_own_endpoint(&self) -> Option<(EngineKind, String)> {
        let info = self.json("/info");
        let router = info.as_ref().and_then(|info| info.get("router")?.as_str());
        // TGI 3 names its router; older ones are known by the size of their batches.
        if router == Some("text-generation-router")
            || info.is_some_and(|info| info.get("max_batch_total_tokens").is_some())
        {
            return Some((EngineKind::Tgi, "/info is TGI's".to_owned()));
        }
        if self.json("/api/version").is_some_and(|version| version["version"].is_string()) {
            return Some((EngineKind::Ollama, "it answers /api/version".to_owned()));
        }
        // Only a POST loads a model, so a GET finds the route and is turned away.
        let turned_away = self.answer("/load_model")?.status == 405;
        turned_away.then(|| (EngineKind::Transformers, "it has a route /load_model".to_owned()))
    }

    fn by_metrics(&self) -> Option<(EngineKind, String)> {
        let metrics = String::from_utf8_lossy(self.body("/metrics")?);
        let is_used = |prefix: &str| {
            metrics.lines().any(|line| line.trim_start_matches("# TYPE ").starts_with(prefix))
        };
        let (prefix, kind) = PREFIXES.into_iter().find(|(prefix, _)| is_used(prefix))?;
        Some((kind, format!("/metrics has names in {prefix}")))
    }

    fn version(&self, kind: EngineKind) -> Option<String> {
        let stated = |path: &&str| {
            let body = self.json(path)?;
            let version = body.get("version").or_else(|| body.get("build_info"))?;
            version.as_str().filter(|version| is_version(version)).map(str::to_owned)
        };
        Profile::of(kind).version.iter().find_map(stated)
    }

    fn has_asked(&self, path: &str) -> bool {
        self.asked.iter().any(|(asked, _)| asked == path)
    }

    fn answer(&self, path: &str) -> Option<&Answer> {
        self.asked.iter().find(|(asked, _)| asked == path)?.1.as_ref()
    }

    fn body(&self, path: &str) -> Option<&[u8]> {
        self.answer(path).filter(|answer| answer.status == 200).map(|answer| &*answer.body)
    }

    fn json(&self, path: &str) -> Option<Value> {
        serde_json::from_slice(self.body(path)?).ok()
    }
}

/// Whether it can be printed in a line: it comes from the network.
fn is_version(text: &str) -> bool {
    (1..=100).contains(&text.len()) && !text.contains(char::is_control)
}
