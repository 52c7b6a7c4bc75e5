//! What is sent: ready-made HTTP requests, one after another, never the same prompt twice.

use crate::prompt::{CommonWords, PromptId, PromptSource, WordFit, write_prompt};
use crate::request_head::RequestHead;
use crate::settings::LoadSettings;
use crate::target::{Api, Target};
use bytes::Bytes;
use farebox_wire::request::{ChatMessage, ChatRequest, CompletionRequest, Prompt, RequestOptions};
use farebox_workload::Planned;
use std::sync::Arc;

/// One request, built before its clock starts.
#[derive(Clone)]
pub(crate) struct Ask {
    /// Sent as `x-request-id`.
    pub(crate) id: String,
    /// Input tokens meant, about.
    pub(crate) isl: u32,
    /// Output tokens asked for.
    pub(crate) osl: u32,
    /// What goes out: head and body in one piece.
    pub(crate) bytes: Bytes,
}

/// Builds the requests of one run.
#[derive(Debug, Clone)]
pub(crate) struct AskBuilder {
    api: Api,
    head: RequestHead,
    model: String,
    options: RequestOptions,
    seed: u64,
    isl: u32,
    fit: WordFit,
    prompts: Option<Arc<dyn PromptSource>>,
}

impl AskBuilder {
    pub(crate) fn new(target: &Target, settings: &LoadSettings, model: String) -> Self {
        Self {
            api: settings.endpoint.api,
            head: RequestHead::post(target, &settings.endpoint.path),
            model,
            options: settings.options.clone(),
            seed: settings.seed,
            isl: settings.lengths().0,
            fit: WordFit::default(),
            prompts: settings.prompts.clone(),
        }
    }

    /// From now on, words are fitted to tokens like this.
    pub(crate) fn fit_words(&mut self, fit: WordFit) {
        self.fit = fit;
    }

    /// From now on, these fields are sent.
    pub(crate) fn set_options(&mut self, options: RequestOptions) {
        self.options = options;
    }

    /// The request `planned` of prompt stream `stream`.
    pub(crate) fn ask(&self, stream: u64, planned: &Planned, id: String) -> Ask {
        let text = match &self.prompts {
            Some(prompts) => prompts.prompt(stream, planned),
            None => CommonWords { seed: self.seed, fit: self.fit }.prompt(stream, planned),
        };
        self.ask_of(&text, (planned.isl, planned.osl), id)
    }

    /// A request of `words` words and up to `osl` output tokens.
    pub(crate) fn probe(&self, stream: u64, index: u64, words: usize, osl: u32) -> Ask {
        let mut text = String::with_capacity(words * 6);
        write_prompt(&mut text, PromptId { seed: self.seed, stream, index }, words);
        self.ask_of(&text, (self.isl, osl), format!("fb-{:x}-probe-{index}", self.seed))
    }

    /// Words that make up the mean input length.
    pub(crate) fn words(&self) -> usize {
        self.fit.words_for(self.isl)
    }

    fn ask_of(&self, text: &str, lengths: (u32, u32), id: String) -> Ask {
        let (isl, osl) = lengths;
        let options = RequestOptions {
            output_limit: Some(osl),
            // A minimum above the limit is refused, and a probe's limit is low.
            min_tokens: self.options.min_tokens.map(|least| least.min(osl)),
            ..self.options.clone()
        };
        let bytes = self.head.with_body(&id, &self.body(text, &options));
        Ask { id, isl, osl, bytes }
    }

    fn body(&self, text: &str, options: &RequestOptions) -> Vec<u8> {
        let model = &self.model;
        match self.api {
            Api::Chat => {
                let messages = [ChatMessage { role: "user", content: text }];
                ChatRequest { model, messages: &messages, options }.to_bytes()
            }
            Api::Completions => {
                CompletionRequest { model, prompt: Prompt::Text(text), options }.to_bytes()
            }
        }
    }
}
