//! The scenarios: what people ask first, and one's own machine against hosted models.

use crate::app::App;
use crate::error::WebError;
use farebox_experiment::scenario::{ScenarioAnswer, ScenarioDocument, ScenarioError, presets};
use farebox_report::numbers::{UNKNOWN, ms, plain, rate, usd};
use minijinja::context;
use minijinja::value::Serde;
use serde::Serialize;
use url::form_urlencoded;

/// A scenario as a card.
#[derive(Debug, Serialize)]
struct Card {
    name: String,
    title: String,
    asked: String,
    figures: Vec<(&'static str, String)>,
    insights: Vec<String>,
    /// The calculator with the same question; none for a hosted model.
    query: Option<String>,
}

/// The page.
pub(super) async fn page(app: &App, _query: &str) -> Result<String, WebError> {
    let presets = presets(None, &[])?;
    let answer = |preset| ScenarioDocument::of(preset, &app.catalogue, usd);
    let documents = presets.iter().map(answer).collect::<Result<Vec<_>, ScenarioError>>()?;
    let cards: Vec<Card> = documents.iter().map(card).collect();
    app.templates.render("scenarios.html", context! { here => "scenarios", cards => Serde(&cards) })
}

fn card(document: &ScenarioDocument) -> Card {
    let question = &document.question;
    Card {
        name: document.name.clone(),
        title: document.title.clone(),
        asked: question.asked(),
        figures: figures(&document.estimate),
        insights: document.insights.clone(),
        query: question.api.is_none().then(|| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            let texts = [
                ("model", question.model.clone()),
                ("params", question.params.clone()),
                ("gpu", question.gpu.clone()),
                ("tp", Some(question.tp.to_string())),
                ("precision", question.precision.clone()),
                ("isl", Some(question.isl.to_string())),
                ("osl", Some(question.osl.to_string())),
                ("concurrency", Some(question.concurrency.to_string())),
            ];
            query.extend_pairs(texts.into_iter().filter_map(|(name, text)| Some((name, text?))));
            query.finish()
        }),
    }
}

fn figures(answer: &ScenarioAnswer) -> Vec<(&'static str, String)> {
    let unknown = || UNKNOWN.to_owned();
    match answer {
        ScenarioAnswer::Machine(document) => {
            let price = document.price.as_ref();
            vec![
                ("first token, ms", document.prefill.map_or_else(unknown, |p| ms(p.ttft_ms))),
                ("each further, ms", document.decode.map_or_else(unknown, |d| ms(d.tpot_ms))),
                (
                    "output tok/s",
                    document.system.map_or_else(unknown, |s| rate(s.output_tok_per_s)),
                ),
                ("requests at once", plain(document.memory.max_concurrency as f64)),
                ("$/Mtok in", price.map_or_else(unknown, |p| usd(p.usd_per_mtok_input))),
                ("$/Mtok out", price.map_or_else(unknown, |p| usd(p.usd_per_mtok_output))),
                ("$ a request", price.map_or_else(unknown, |p| usd(p.usd_per_request))),
            ]
        }
        ScenarioAnswer::Hosted(bill) => {
            let price = &bill.price;
            let known = |usd_per_mtok: Option<farebox_core::UsdPerMtok>| {
                usd_per_mtok.map_or_else(unknown, |price| usd(price.get()))
            };
            vec![
                ("$/Mtok in", known(price.usd_per_mtok_input)),
                ("$/Mtok out", known(price.usd_per_mtok_output)),
                ("$ a request", usd(price.usd_per_request)),
                ("$/h, all users", price.usd_per_hour.map_or_else(unknown, usd)),
                ("$/month, all users", price.usd_per_month.map_or_else(unknown, usd)),
            ]
        }
    }
}
