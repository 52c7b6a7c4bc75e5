//! What is sent: ready-made HTTP requests, one after another, never the same prompt twice.

use crate::prompt::{CommonWords, PromptId, PromptSource, WordFit, write_prompt};
use crate::settings::LoadSettings;
use crate::target::{Api, Target};
use bytes::Bytes;
use farebox_wire::request::{ChatMessage, ChatRequest, CompletionRequest, Prompt, RequestOptions};
use farebox_workload::Planned;
use http_body_util::Full;
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, USER_AGENT};
use hyper::{Method, Request};
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
    /// What goes out.
    pub(crate) http: Request<Full<Bytes>>,
}

/// Builds the requests of one run.
#[derive(Debug, Clone)]
pub(crate) struct AskBuilder {
    api: Api,
    path: String,
    headers: HeaderMap,
    model: String,
    options: RequestOptions,
    seed: u64,
    isl: u32,
    fit: WordFit,
    prompts: Option<Arc<dyn PromptSource>>,
}

/// What a client is called in a server's log.
const AGENT: &str = concat!("farebox/", env!("CARGO_PKG_VERSION"));

impl AskBuilder {
    pub(crate) fn new(target: &Target, settings: &LoadSettings, model: String) -> Self {
        let mut headers = target.headers.clone();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream, application/json"));
        headers.entry(USER_AGENT).or_insert(HeaderValue::from_static(AGENT));
        if let Ok(host) = HeaderValue::from_str(&target.base.authority()) {
            headers.entry(HOST).or_insert(host);
        }
        Self {
            api: settings.endpoint.api,
            path: target.base.path_to(&settings.endpoint.path),
            headers,
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
        let mut http = Request::new(Full::new(Bytes::from(self.body(text, &options))));
        *http.method_mut() = Method::POST;
        *http.uri_mut() = self.path.parse().unwrap_or_default();
        *http.headers_mut() = self.headers.clone();
        if let Ok(value) = HeaderValue::from_str(&id) {
            http.headers_mut().insert("x-request-id", value);
        }
        Ask { id, isl, osl, http }
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
