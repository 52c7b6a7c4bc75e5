//! The files that make a model's tokenizer, from wherever they come.

use crate::error::DatasetError;
use std::path::Path;

/// What is read of a model to count its tokens.
#[derive(Debug, Clone, Default)]
pub struct TokenizerFiles {
    /// What messages call it.
    pub name: String,
    /// `tokenizer.json`.
    pub tokenizer: Vec<u8>,
    /// `tokenizer_config.json`: special tokens, often the chat template.
    pub config: Option<String>,
    /// `chat_template.jinja`, which newer models have beside it.
    pub template: Option<String>,
}

impl TokenizerFiles {
    /// The vocabulary itself.
    pub const TOKENIZER: &str = "tokenizer.json";
    /// Special tokens and template.
    pub const CONFIG: &str = "tokenizer_config.json";
    /// The template by itself.
    pub const TEMPLATE: &str = "chat_template.jinja";

    /// From a folder with these files, or from a tokenizer.json and what lies beside it.
    pub fn read(path: &Path) -> Result<Self, DatasetError> {
        let (folder, file) = if path.is_dir() {
            (path, path.join(Self::TOKENIZER))
        } else {
            (path.parent().unwrap_or(path), path.to_owned())
        };
        let tokenizer = std::fs::read(&file)
            .map_err(|source| DatasetError::Open { input: file.display().to_string(), source })?;
        let beside = |name: &str| std::fs::read_to_string(folder.join(name)).ok();
        Ok(Self {
            name: path.display().to_string(),
            tokenizer,
            config: beside(Self::CONFIG),
            template: beside(Self::TEMPLATE),
        })
    }
}
