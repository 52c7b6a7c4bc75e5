//! Which request gets which answer.

use std::ops::Range;

use serde_json::{Value, json};

use crate::answer::{Answer, StatusAnswer};
use crate::http::Received;
use crate::metrics::Metrics;
use crate::truth::Exchange;

/// Rules, asked in the order they were added; the first that applies gives the answer.
///
/// `GET /health` and `GET /v1/models` are answered without a rule. Ordinals count POSTs from 0.
#[derive(Debug, Clone)]
pub struct Script {
    rules: Vec<(Condition, Answer)>,
    otherwise: Answer,
    health: u16,
    models: Models,
    metrics: Option<Metrics>,
    pub(crate) accept_at_most: Option<u64>,
}

/// When a rule applies.
#[derive(Debug, Clone)]
enum Condition {
    Ordinals(Range<usize>),
    Field(&'static str),
    Path(&'static str),
}

/// What `GET /v1/models` says.
#[derive(Debug, Clone)]
enum Models {
    Listed(Value),
    Fails(u16),
}

impl Script {
    /// The same answer to every request no rule claims.
    pub fn always(answer: impl Into<Answer>) -> Self {
        Self {
            rules: Vec::new(),
            otherwise: answer.into(),
            health: 200,
            models: Models::Listed(listed("scripted", 8192)),
            metrics: None,
            accept_at_most: None,
        }
    }

    /// These POSTs get this answer.
    #[must_use]
    pub fn on_ordinals(mut self, ordinals: Range<usize>, answer: impl Into<Answer>) -> Self {
        self.rules.push((Condition::Ordinals(ordinals), answer.into()));
        self
    }

    /// Requests whose body has this field at its top level get this answer.
    #[must_use]
    pub fn on_field(mut self, field: &'static str, answer: impl Into<Answer>) -> Self {
        self.rules.push((Condition::Field(field), answer.into()));
        self
    }

    /// Requests whose body has this field are refused with 422, the field named.
    #[must_use]
    pub fn refuse_field(self, field: &'static str) -> Self {
        self.on_field(field, Answer::unexpected_field(field))
    }

    /// Requests to this path get this answer.
    #[must_use]
    pub fn on_path(mut self, path: &'static str, answer: impl Into<Answer>) -> Self {
        self.rules.push((Condition::Path(path), answer.into()));
        self
    }

    /// The status of `GET /health`; 200 unless said.
    #[must_use]
    pub fn health(mut self, status: u16) -> Self {
        self.health = status;
        self
    }

    /// The one model served, and its context in tokens; `scripted` and 8192 unless said.
    #[must_use]
    pub fn model(mut self, id: &str, max_model_len: u64) -> Self {
        self.models = Models::Listed(listed(id, max_model_len));
        self
    }

    /// `GET /v1/models` fails with this status.
    #[must_use]
    pub fn models_fail(mut self, status: u16) -> Self {
        self.models = Models::Fails(status);
        self
    }

    /// `GET /metrics` says this; without it, 404.
    #[must_use]
    pub fn metrics(mut self, metrics: Metrics) -> Self {
        self.metrics = Some(metrics);
        self
    }

    /// Accepts this many connections and refuses the rest.
    #[must_use]
    pub fn refuse_connections_after(mut self, connections: u64) -> Self {
        self.accept_at_most = Some(connections);
        self
    }

    /// The answer to `request`, after all that happened so far.
    pub(crate) fn answer(
        &self,
        request: &Received,
        truth: impl FnOnce() -> Vec<Exchange>,
    ) -> Answer {
        let rule = self.rules.iter().find(|(condition, _)| condition.applies(request));
        if let Some((_, answer)) = rule {
            return answer.clone();
        }
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/health") => json_answer(self.health, &json!({"status": "ok"})).into(),
            ("GET", "/v1/models") => match &self.models {
                Models::Listed(list) => json_answer(200, list).into(),
                Models::Fails(status) => Answer::status(*status).into(),
            },
            ("GET", "/metrics") => match &self.metrics {
                Some(metrics) => {
                    let text = metrics.text(&truth());
                    Answer::status(200).body("text/plain; version=0.0.4", text).into()
                }
                None => not_found().into(),
            },
            ("POST", _) => self.otherwise.clone(),
            _ => not_found().into(),
        }
    }
}

impl Condition {
    fn applies(&self, request: &Received) -> bool {
        match self {
            Self::Ordinals(range) => {
                request.ordinal.is_some_and(|ordinal| range.contains(&ordinal))
            }
            Self::Field(name) => request.has_field(name),
            Self::Path(path) => request.path == *path,
        }
    }
}

fn not_found() -> StatusAnswer {
    json_answer(404, &json!({"detail": "Not Found"}))
}

fn json_answer(status: u16, body: &Value) -> StatusAnswer {
    Answer::status(status).body("application/json", body.to_string())
}

fn listed(id: &str, max_model_len: u64) -> Value {
    let model = json!({"id": id, "object": "model", "root": id, "max_model_len": max_model_len});
    json!({"object": "list", "data": [model]})
}
