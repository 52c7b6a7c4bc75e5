//! What is sent: ready-made HTTP requests, one after another, never the same prompt twice.

use crate::prompt::{CommonWords, Prompt, PromptId, PromptSource, WordFit, write_prompt};
use crate::request_head::RequestHead;
use crate::settings::LoadSettings;
use crate::target::Target;
use bytes::Bytes;
use farebox_wire::request::{
    self, Api, ChatMessage, ChatRequest, CompletionRequest, NativeInput, NativeRequest,
    RequestOptions,
};
use farebox_workload::{Planned, Turn};
use std::sync::Arc;
use std::time::Duration;

/// One request, built before its clock starts.
#[derive(Clone)]
pub(crate) struct Ask {
    /// Sent as `x-request-id`.
    pub(crate) id: String,
    /// Input tokens meant, about.
    pub(crate) isl: u32,
    /// Output tokens asked for.
    pub(crate) osl: u32,
    /// Its place in a conversation, where it has one.
    pub(crate) turn: Option<Turn>,
    /// How long after the answer to the turn before it is sent.
    pub(crate) think: Duration,
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

    /// From now on, prompts are other ones than this seed alone would give.
    pub(crate) fn salt(&mut self, salt: u64) {
        self.seed ^= salt;
    }

    /// From now on, these fields are sent.
    pub(crate) fn set_options(&mut self, options: RequestOptions) {
        self.options = options;
    }

    /// The request `planned` of prompt stream `stream`.
    pub(crate) fn ask(&self, stream: u64, planned: &Planned, id: String) -> Ask {
        let prompt = match &self.prompts {
            Some(prompts) => prompts.prompt(stream, planned),
            None => CommonWords { seed: self.seed, fit: self.fit }.prompt(stream, planned),
        };
        let think = Duration::from_nanos(planned.think_ns);
        let ask = self.ask_of(&prompt, (planned.isl, planned.osl), id);
        Ask { turn: planned.turn, think, ..ask }
    }

    /// A request of `words` words and up to `osl` output tokens.
    pub(crate) fn probe(&self, stream: u64, index: u64, words: usize, osl: u32) -> Ask {
        let mut text = String::with_capacity(words * 6);
        write_prompt(&mut text, PromptId { seed: self.seed, stream, index }, words);
        self.ask_of(&text.into(), (self.isl, osl), format!("fb-{:x}-probe-{index}", self.seed))
    }

    /// Words that make up the mean input length.
    pub(crate) fn words(&self) -> usize {
        self.fit.words_for(self.isl)
    }

    fn ask_of(&self, prompt: &Prompt, lengths: (u32, u32), id: String) -> Ask {
        let (isl, osl) = lengths;
        let options = RequestOptions {
            output_limit: Some(osl),
            // A minimum above the limit is refused, and a probe's limit is low.
            min_tokens: self.options.min_tokens.map(|least| least.min(osl)),
            ..self.options.clone()
        };
        let bytes = self.head.with_body(&id, &self.body(prompt, &options));
        Ask { id, isl, osl, turn: None, think: Duration::ZERO, bytes }
    }

    fn body(&self, prompt: &Prompt, options: &RequestOptions) -> Vec<u8> {
        if self.api.takes_messages() {
            return match prompt {
                Prompt::Text(text) => {
                    self.chat(&[ChatMessage { role: "user", content: text }], options)
                }
                Prompt::Messages(messages) => {
                    let said = messages.iter();
                    let said = said.map(|it| ChatMessage { role: it.role, content: &it.content });
                    self.chat(&said.collect::<Vec<_>>(), options)
                }
            };
        }
        match prompt {
            Prompt::Text(text) => self.complete(text, options),
            // Without an API for messages a conversation is its text.
            Prompt::Messages(messages) => {
                let said: Vec<&str> = messages.iter().map(|it| it.content.as_str()).collect();
                self.complete(&said.join("\n\n"), options)
            }
        }
    }

    fn chat(&self, messages: &[ChatMessage<'_>], options: &RequestOptions) -> Vec<u8> {
        let (api, model) = (self.api, self.model.as_str());
        if api.is_openai() {
            return ChatRequest { model, messages, options }.to_bytes();
        }
        NativeRequest { api, model, input: NativeInput::Messages(messages), options }.to_bytes()
    }

    fn complete(&self, text: &str, options: &RequestOptions) -> Vec<u8> {
        let (api, model) = (self.api, self.model.as_str());
        if api.is_openai() {
            let prompt = request::Prompt::Text(text);
            return CompletionRequest { model, prompt, options }.to_bytes();
        }
        NativeRequest { api, model, input: NativeInput::Text(text), options }.to_bytes()
    }
}
