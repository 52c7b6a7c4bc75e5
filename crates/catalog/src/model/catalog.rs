//! Models known by name: embedded configurations, a user's own, and aliases for both.
//!
//! A configuration is read when it is asked for; finding a name costs no parsing.

use std::collections::BTreeMap;

use crate::lookup::{LookupError, NameIndex};
use crate::model::error::ConfigError;
use crate::model::read::{Assume, read_config};
use crate::model::spec::ModelSpec;
use crate::source_file::SourceFile;

/// Folder of model configurations.
const FOLDER: &str = "models";

/// Other names of models: measured name, architecture, name in the catalogue.
const ALIASES: &str = "models/aliases.csv";

/// Configurations by Hub id.
#[derive(Debug, Clone)]
pub struct ModelCatalog {
    texts: BTreeMap<String, SourceFile>,
    names: NameIndex,
}

/// A model that could not be had by its name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelLookupError {
    /// No model has the name; near ones are listed.
    #[error(transparent)]
    Name(#[from] LookupError),
    /// The model is known, but its configuration was refused.
    #[error("model {id}: {error}")]
    Config {
        /// Hub id of the model.
        id: String,
        /// What is wrong with the configuration.
        error: ConfigError,
    },
}

impl ModelCatalog {
    /// The embedded configurations alone.
    pub fn embedded() -> Self {
        Self::with_files(&[])
    }

    /// The embedded configurations with `files` over them: `models/<org>/<name>.json` replaces
    /// the model of that id or adds one; `models/aliases.csv` adds aliases.
    pub fn with_files(files: &[SourceFile]) -> Self {
        let embedded = SourceFile::embedded(FOLDER, crate::embedded::MODELS);
        let mut texts = BTreeMap::new();
        let mut aliases = Vec::new();
        for file in embedded.into_iter().chain(files.iter().cloned()) {
            if file.path == ALIASES {
                aliases.extend(read_aliases(&file.text));
            } else if let Some((org, name)) = file.group_and_stem(FOLDER, ".json") {
                texts.insert(format!("{org}/{name}"), file);
            }
        }
        let names = index(&texts, &aliases);
        Self { texts, names }
    }

    /// Hub ids, sorted.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().map(String::as_str)
    }

    /// The Hub id that a name means: an id in any case, its part after the slash if only one
    /// model has it, or an alias.
    pub fn id(&self, name: &str) -> Result<&str, LookupError> {
        self.names.find(name)
    }

    /// The text of a model's configuration.
    pub fn config(&self, name: &str) -> Result<&SourceFile, LookupError> {
        let id = self.names.find(name)?;
        self.texts.get(id).ok_or_else(|| LookupError::Unknown {
            kind: "model",
            name: name.to_owned(),
            near: Vec::new(),
        })
    }

    /// Reads a model by name.
    pub fn find(&self, name: &str) -> Result<ModelSpec, ModelLookupError> {
        let id = self.id(name)?;
        let file = self.config(name)?;
        read_config(id, &file.text, Assume::Nothing)
            .map_err(|error| ModelLookupError::Config { id: id.to_owned(), error })
    }
}

/// Ids first, then short names that only one model has, then aliases; an earlier name stays.
fn index(texts: &BTreeMap<String, SourceFile>, aliases: &[(String, String)]) -> NameIndex {
    let mut names = NameIndex::new("model");
    let mut short: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for id in texts.keys() {
        let _taken = names.insert(id, id);
        if let Some((_, name)) = id.split_once('/') {
            short.entry(name).or_default().push(id);
        }
    }
    for (name, ids) in short {
        if let [id] = ids[..] {
            let _taken = names.insert(name, id);
        }
    }
    for (name, id) in aliases.iter().filter(|(_, id)| texts.contains_key(id)) {
        let _taken = names.insert(name, id);
    }
    names
}

/// Lines of (name, architecture, id); those without an id name models that are not embedded.
fn read_aliases(text: &str) -> Vec<(String, String)> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let pair = |record: csv::StringRecord| Some((record.get(0)?.into(), record.get(2)?.into()));
    reader.records().filter_map(|record| pair(record.ok()?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_forgiving_and_aliases_lead_to_models() {
        let models = ModelCatalog::embedded();
        let cases = [
            ("meta-llama/Llama-3.3-70B-Instruct", "meta-llama/Llama-3.3-70B-Instruct"),
            ("META-LLAMA/llama-3.3-70b-instruct", "meta-llama/Llama-3.3-70B-Instruct"),
            ("gpt-oss-20b", "openai/gpt-oss-20b"),
            ("Qwen/Qwen3.6-27B", "Qwen/Qwen3.5-27B"),
            ("huggyllama/llama-7b", "meta-llama/Llama-2-7b-hf"),
        ];
        for (name, id) in cases {
            assert_eq!(models.id(name), Ok(id));
        }
    }

    #[test]
    fn unknown_names_list_near_ones() {
        let models = ModelCatalog::embedded();
        let Err(LookupError::Unknown { near, .. }) = models.id("openai/gpt-oss-21b") else {
            panic!("the name is nobody's");
        };
        assert!(near.contains(&"openai/gpt-oss-20b".to_owned()), "{near:?}");
    }

    #[test]
    fn a_users_file_replaces_and_adds() {
        let text = r#"{"model_type": "llama", "hidden_size": 8, "num_hidden_layers": 1,
            "num_attention_heads": 2, "intermediate_size": 16, "vocab_size": 10}"#;
        let files = [
            SourceFile::new("models/openai/gpt-oss-20b.json", text),
            SourceFile::new("models/me/tiny.json", text),
        ];
        let models = ModelCatalog::with_files(&files);
        assert_eq!(models.find("openai/gpt-oss-20b").unwrap().hidden_size, 8);
        assert_eq!(models.find("me/tiny").unwrap().params.total, 2 * 80 + 256 + 384 + 16 + 8);
    }
}
