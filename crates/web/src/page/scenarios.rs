//! The scenarios: what people ask first, each with its answer.

use super::asked::PageAsked;
use super::break_even;
use crate::app::App;
use crate::error::WebError;
use farebox_calculator::scenario::{
    Preset, ScenarioAnswer, ScenarioDocument, ScenarioError, presets,
};
use farebox_report::numbers::{UNKNOWN, ms, plain, rate, usd};
use minijinja::context;
use minijinja::value::Serde;
use serde::Serialize;
use url::form_urlencoded;

/// A scenario as a card.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Card {
    name: String,
    title: String,
    asked: String,
    figures: Vec<(&'static str, String)>,
    insights: Vec<String>,
    /// The calculator with the same question; none for a hosted model.
    query: Option<String>,
}

/// The page.
pub(super) async fn page(app: &App, query: &str) -> Result<String, WebError> {
    let own = if query.is_empty() { break_even::FIRST } else { query };
    let own = PageAsked::of(own)?;
    let page = context! {
        here => "scenarios",
        cards => Serde(app.cards()?),
        even => Serde(break_even::of(app, &own, query).await),
    };
    app.templates.render("scenarios.html", page)
}

/// Every scenario; the questions do not change, so they are answered once.
pub(crate) fn cards(app: &App) -> Result<Vec<Card>, WebError> {
    let presets = presets(None, &[])?;
    let answer = |preset| ScenarioDocument::of(preset, &app.catalogue, usd);
    let documents = presets.iter().map(answer).collect::<Result<Vec<_>, ScenarioError>>()?;
    Ok(documents.iter().map(card).collect())
}

fn card(document: &ScenarioDocument) -> Card {
    let question = &document.question;
    Card {
        name: document.name.clone(),
        title: document.title.clone(),
        asked: question.asked(),
        figures: figures(&document.estimate),
        insights: document.insights.clone(),
        query: question.api.is_none().then(|| calculator(question)),
    }
}

/// The calculator's address for the same question.
fn calculator(question: &Preset) -> String {
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
    let given = texts.into_iter().filter_map(|(name, text)| Some((name, text?)));
    form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish()
}

fn figures(answer: &ScenarioAnswer) -> Vec<(&'static str, String)> {
    let unknown = || UNKNOWN.to_owned();
    match answer {
        ScenarioAnswer::Machine(document) => {
            let price = document.price.as_ref();
            let (prefill, decode) = (document.prefill, document.decode);
            let served = document.system.map(|system| rate(system.output_tok_per_s));
            vec![
                ("first token, ms", prefill.map_or_else(unknown, |p| ms(p.ttft_ms))),
                ("each further, ms", decode.map_or_else(unknown, |d| ms(d.tpot_ms))),
                ("output tok/s", served.unwrap_or_else(unknown)),
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
