//! Exact counts by a model's own tokenizer.json.

use super::plan::Plan;
use super::worker::HfWorker;
use super::{Basis, ChatTemplate, CountWorker, TemplateUse, TokenCounter, TokenizerFiles};
use crate::error::DatasetError;
use crate::hash::sha256;
use tokenizers::Tokenizer;

/// A tokenizer and its chat template.
#[derive(Debug)]
pub struct HfCounter {
    name: String,
    fingerprint: String,
    pub(super) tokenizer: Tokenizer,
    pub(super) plan: Plan,
    pub(super) template: Option<ChatTemplate>,
    /// What is put around a prompt that no template makes: BOS and the like.
    pub(super) added_to_prompt: u64,
}

impl HfCounter {
    /// Reads a model's tokenizer and template.
    pub fn new(files: &TokenizerFiles) -> Result<Self, DatasetError> {
        let wrong = |reason: String| DatasetError::Tokenizer { from: files.name.clone(), reason };
        let json = serde_json::from_slice(&files.tokenizer)
            .map_err(|error| wrong(format!("tokenizer.json: {error}")))?;
        let mut tokenizer = Tokenizer::from_bytes(&files.tokenizer)
            .map_err(|error| wrong(format!("tokenizer.json: {error}")))?;
        // Settings for training batches, which would cut and fill what is counted.
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(|error| wrong(error.to_string()))?;
        let template = ChatTemplate::of(files.config.as_deref(), files.template.as_deref())
            .map_err(|error| wrong(error.to_string()))?;
        let empty = tokenizer.encode_fast("", true).map_err(|error| wrong(error.to_string()))?;
        let source = template.as_ref().map_or("", ChatTemplate::source);
        Ok(Self {
            name: files.name.clone(),
            fingerprint: sha256(&[&files.tokenizer, source.as_bytes()]),
            plan: Plan::of(&json),
            added_to_prompt: empty.len() as u64,
            tokenizer,
            template,
        })
    }

    /// The tokenizer itself.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// The chat template, if the model has one.
    pub fn template(&self) -> Option<&ChatTemplate> {
        self.template.as_ref()
    }

    /// Tokens that a server puts around a bare prompt.
    pub fn added_to_prompt(&self) -> u64 {
        self.added_to_prompt
    }

    /// Whether counts are sums over cut pieces of the text itself, the fastest way.
    pub fn is_byte_level(&self) -> bool {
        matches!(self.plan, Plan::ByteLevel(_))
    }
}

impl TokenCounter for HfCounter {
    fn basis(&self) -> Basis {
        let template = match self.template {
            Some(_) => TemplateUse::Applied,
            None => TemplateUse::None,
        };
        Basis::Tokenizer { name: self.name.clone(), template }
    }

    fn fingerprint(&self) -> String {
        self.fingerprint.clone()
    }

    fn worker(&self) -> Box<dyn CountWorker + '_> {
        Box::new(HfWorker::new(self))
    }
}
