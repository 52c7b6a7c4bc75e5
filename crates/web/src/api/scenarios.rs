//! `/api/v1/scenarios`: the questions that people ask first.

use super::pretty;
use crate::app::App;
use crate::error::WebError;
use farebox_calculator::scenario::{ScenarioDocument, ScenarioError, presets};
use farebox_report::numbers::usd;
use url::form_urlencoded;

pub(super) fn answer(app: &App, query: &str) -> Result<String, WebError> {
    let (mut name, mut set) = (None, Vec::new());
    for (key, text) in form_urlencoded::parse(query.as_bytes()) {
        match key.as_ref() {
            "name" => name = Some(text.into_owned()),
            "set" => set.push(text.into_owned()),
            "token" => {}
            other => {
                let shown: String = other.chars().take(40).collect();
                return Err(WebError::bad(
                    "parameter",
                    format!("nothing is called `{shown}` here"),
                )
                .hint("name is one scenario, set=key=value changes a figure of it"));
            }
        }
    }
    if name.is_none() && !set.is_empty() {
        return Err(WebError::bad("parameter", "set goes with name"));
    }
    let presets = presets(name.as_deref(), &set)?;
    let answer = |preset| ScenarioDocument::of(preset, &app.catalogue, usd);
    let documents = presets.iter().map(answer).collect::<Result<Vec<_>, ScenarioError>>()?;
    match (name, documents.as_slice()) {
        (Some(_), [one]) => pretty(one),
        _ => pretty(&documents),
    }
}
