//! One's own machine against hosted models: from how many requests a month it is no dearer.

use super::asked::PageAsked;
use super::charts::SIZE;
use super::spell;
use super::worked::{Depth, Worked};
use crate::api::AgainstHosted;
use crate::app::App;
use crate::error::WebError;
use farebox_calculator::HostedDocument;
use farebox_price::BreakEven;
use farebox_report::numbers::{dollars, plain, usd};
use farebox_report::panel_svg;
use farebox_report::plots::break_even_panel;
use serde::Serialize;
use url::form_urlencoded;

/// What is held against hosted models when nobody says.
pub(super) const FIRST: &str =
    "model=meta-llama/Llama-3.1-8B-Instruct&gpu=l40s&isl=6000&osl=300&concurrency=16";

/// The machine against hosted models, or why that cannot be told.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Even {
    pub(super) error: Option<String>,
    /// The machine in words.
    pub(super) machine: String,
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) svg: String,
    pub(super) rows: Vec<Row>,
    /// The hosted model in the picture.
    pub(super) chosen: String,
    /// The calculator with the same question.
    pub(super) query: String,
}

/// One hosted model.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) usd_per_request: String,
    pub(super) requests_per_month: String,
    pub(super) utilisation: String,
    pub(super) as_of: String,
    pub(super) query: String,
    pub(super) here: bool,
}

/// The machine of `asked` against hosted models, one of them in the picture.
pub(super) async fn of(app: &App, asked: &PageAsked, query: &str) -> Even {
    told(app, asked, query).await.unwrap_or_else(|error| Even {
        error: Some(error.message),
        machine: String::new(),
        facts: Vec::new(),
        svg: String::new(),
        rows: Vec::new(),
        chosen: String::new(),
        query: asked.query(),
    })
}

async fn told(app: &App, asked: &PageAsked, query: &str) -> Result<Even, WebError> {
    let worked = Worked::of(app, asked, Depth::Figures).await?;
    let document = &worked.document;
    let against = AgainstHosted::of(app, document, worked.question.lengths)?;
    let AgainstHosted { usd_per_month: month, requests_per_month: requests, held } = against;
    let full = document.price.as_ref().map_or(String::new(), |price| usd(price.usd_per_request));
    let chosen = chosen(query, &held);
    let machine = format!("{} x {}", worked.machine.parallel.gpus(), worked.machine.gpu.id);
    let pictured: Vec<(String, BreakEven)> = held
        .iter()
        .filter(|(bill, _)| bill.model.id == chosen)
        .map(|(_, even)| ("the API".to_owned(), *even))
        .collect();
    Ok(Even {
        error: None,
        facts: vec![
            ("a month", format!("${}", dollars(month))),
            ("carries", format!("{} requests a month", plain(rounded(requests)))),
            ("full, a request", format!("${full}")),
            ("at", spell::load(worked.load)),
        ],
        svg: panel_svg(&break_even_panel(&machine, &pictured), SIZE),
        machine: format!("{} on {machine}", document.model.id),
        rows: held.iter().map(|(bill, even)| row(asked, bill, even, &chosen)).collect(),
        chosen,
        query: asked.query(),
    })
}

/// The model that was named, else the dearest that the machine cannot always beat nor always lose
/// to: the first with a break-even.
fn chosen(query: &str, held: &[(HostedDocument, BreakEven)]) -> String {
    let named = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "against");
    let named = named.map(|(_, id)| id.into_owned());
    let known = named.filter(|id| held.iter().any(|(bill, _)| bill.model.id == *id));
    let first = || {
        let with = held.iter().find(|(_, even)| even.requests_per_month().is_some());
        with.or(held.first()).map(|(bill, _)| bill.model.id.clone())
    };
    known.or_else(first).unwrap_or_default()
}

fn row(asked: &PageAsked, bill: &HostedDocument, even: &BreakEven, chosen: &str) -> Row {
    let id = &bill.model.id;
    let never = || "never".to_owned();
    let requests = even.requests_per_month().map(|n| plain(rounded(n)));
    let used = even.utilisation().map(|share| format!("{:.0} %", (share * 100.0).max(1.0)));
    let pair = form_urlencoded::Serializer::new(asked.query()).append_pair("against", id).finish();
    Row {
        id: id.trim_start_matches("api:").to_owned(),
        usd_per_request: usd(bill.price.usd_per_request),
        requests_per_month: requests.unwrap_or_else(never),
        utilisation: used.unwrap_or_default(),
        as_of: bill.price.as_of.clone(),
        query: pair,
        here: id == chosen,
    }
}

/// Three figures: a forecast has no more.
fn rounded(n: f64) -> f64 {
    let scale = 10_f64.powf(2.0 - n.log10().floor());
    (n * scale).round() / scale
}
