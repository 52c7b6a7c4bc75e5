//! Why a request gets no answer, as a status, a code for programs, and words.

use farebox_calculator::QuestionError;
use farebox_calculator::scenario::ScenarioError;
use farebox_catalog::model::{ConfigError, ModelLookupError};
use farebox_catalog::{CatalogueError, LookupError};
use farebox_estimate::EstimateError;
use hyper::StatusCode;
use serde::Serialize;

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WebError {
    pub(crate) status: StatusCode,
    /// What programs switch on.
    pub(crate) code: &'static str,
    /// One sentence that names what is wrong.
    pub(crate) message: String,
    /// The one thing to try.
    pub(crate) hint: Option<String>,
}

/// `{"error": {"code", "message", "hint"}}`.
#[derive(Serialize)]
struct Envelope<'a> {
    error: Detail<'a>,
}

#[derive(Serialize)]
struct Detail<'a> {
    code: &'a str,
    message: &'a str,
    hint: Option<&'a str>,
}

impl WebError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), hint: None }
    }

    /// What was asked cannot be read.
    pub(crate) fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// What was asked can be read and has no answer.
    pub(crate) fn refused(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message)
    }

    /// Nothing has this name.
    pub(crate) fn missing(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    /// Something of ours is broken.
    pub(crate) fn broken(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The document that says so.
    pub(crate) fn to_json(&self) -> String {
        let Self { code, message, hint, .. } = self;
        let error = Detail { code, message, hint: hint.as_deref() };
        // Strings only: this cannot fail.
        serde_json::to_string_pretty(&Envelope { error }).unwrap_or_default() + "\n"
    }
}

/// Flags as a form names them: `--kv-dtype` is `kv_dtype`.
fn without_dashes(text: &str) -> String {
    let word = |word: &str| match word.strip_prefix("--") {
        Some(flag) => flag.replace('-', "_"),
        None => word.to_owned(),
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

impl From<QuestionError> for WebError {
    fn from(error: QuestionError) -> Self {
        let code = match &error {
            QuestionError::Gpu(_) => "unknown_gpu",
            QuestionError::Offer(_) | QuestionError::OtherOffer { .. } => "offer",
            QuestionError::Promise(_) => "slo",
            QuestionError::Estimate(_) => "refused",
            QuestionError::Catalogue(_) => return Self::broken(error.to_string()),
            _ => "machine",
        };
        let refused = Self::refused(code, without_dashes(&error.to_string()));
        match &error {
            QuestionError::Gpu(_) => refused.hint("/api/v1/gpus lists all"),
            _ => Self { hint: error.hint().map(without_dashes), ..refused },
        }
    }
}

impl From<EstimateError> for WebError {
    fn from(error: EstimateError) -> Self {
        QuestionError::Estimate(error).into()
    }
}

impl From<ModelLookupError> for WebError {
    fn from(error: ModelLookupError) -> Self {
        match error {
            ModelLookupError::Name(unknown) => Self::refused("unknown_model", unknown.to_string())
                .hint("/api/v1/models lists all; a Hub id has an owner, as in owner/name"),
            ModelLookupError::Config { .. } => Self::refused("model_config", error.to_string()),
        }
    }
}

impl From<ConfigError> for WebError {
    fn from(error: ConfigError) -> Self {
        Self::refused("model_config", error.to_string())
    }
}

impl From<&CatalogueError> for WebError {
    fn from(error: &CatalogueError) -> Self {
        Self::broken(error.to_string())
    }
}

impl From<LookupError> for WebError {
    fn from(error: LookupError) -> Self {
        Self::refused("unknown_name", error.to_string())
    }
}

impl From<ScenarioError> for WebError {
    fn from(error: ScenarioError) -> Self {
        match error {
            ScenarioError::Name { .. } => Self::missing("unknown_scenario", error.to_string()),
            ScenarioError::Question(question) => question.into(),
            ScenarioError::Table(_) | ScenarioError::Catalogue(_) => {
                Self::broken(error.to_string())
            }
            _ => Self::refused("scenario", without_dashes(&error.to_string())),
        }
    }
}

impl From<serde_json::Error> for WebError {
    fn from(error: serde_json::Error) -> Self {
        Self::broken(format!("an answer cannot be written: {error}"))
    }
}

impl From<minijinja::Error> for WebError {
    fn from(error: minijinja::Error) -> Self {
        Self::broken(format!("a page cannot be written: {error:#}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_become_names_of_fields() {
        let said = "--nodes 2 of --gpus-per-node 4 are 8, but the widths take 2 - or more";
        let meant = "nodes 2 of gpus_per_node 4 are 8, but the widths take 2 - or more";
        assert_eq!(without_dashes(said), meant);
    }
}
