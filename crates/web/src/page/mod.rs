//! Answers for people: the calculator, the scenarios, the API's page.
//!
//! Reading order: `asked` (what a page is asked), `worked` (the numbers), then what is shown of
//! them: `result` (all of it), `figures` (each explains itself), `memory` and `phases` (bars),
//! `charts`, `compare` (beside pinned ones), `gpus` (all accelerators), `form` (the inputs).

mod asked;
mod break_even;
mod charts;
mod compare;
mod figures;
mod form;
mod gpus;
mod memory;
mod phases;
mod result;
mod roofs;
mod scenarios;
mod spell;
mod templates;
mod worked;

pub(crate) use scenarios::{Card, cards};
pub(crate) use templates::Templates;

use crate::app::App;
use crate::error::WebError;
use crate::models::Fetching;
use crate::reply::Reply;
use crate::routes::{Inquiry, wrong_method};
use asked::PageAsked;
use hyper::{Method, StatusCode};
use minijinja::context;
use minijinja::value::Serde;
use url::form_urlencoded;

/// Answers the page at `path`.
pub(crate) async fn answer(app: &App, path: &str, inquiry: &Inquiry) -> Result<Reply, WebError> {
    let query = inquiry.query();
    let text = match path {
        "/scenarios" => scenarios::page(app, query).await?,
        "/api" => {
            let routes: Vec<_> = crate::api::ROUTES.iter().map(api_row).collect();
            app.templates
                .render("api.html", context! { here => "api", routes => Serde(&routes) })?
        }
        "/parts/result" => {
            let asked = PageAsked::of(query)?;
            let result = result::of(app, &asked).await;
            app.templates.render("result.html", context! { result => Serde(&result) })?
        }
        "/parts/gpus" => {
            let gpus = gpus::of(app, &PageAsked::of(query)?).await;
            app.templates.render("gpus.html", context! { gpus => Serde(&gpus) })?
        }
        _ => calculator(app, query).await?,
    };
    Ok(Reply::html(text))
}

async fn calculator(app: &App, query: &str) -> Result<String, WebError> {
    let asked = PageAsked::of(query)?;
    let form = form::of(app, &asked)?;
    let result = result::of(app, &asked).await;
    let gpus = gpus::of(app, &asked).await;
    let page = context! {
        here => "calculator",
        form => Serde(&form),
        result => Serde(&result),
        gpus => Serde(&gpus),
    };
    app.templates.render("calculator.html", page)
}

#[derive(Debug, serde::Serialize)]
struct ApiRow {
    path: &'static str,
    summary: &'static str,
    /// An address that is answered here; none where that takes a body or a run.
    example: Option<String>,
    /// What is sent where there is no such address.
    sent: String,
}

fn api_row(route: &crate::api::Route) -> ApiRow {
    let fetches = route.does == crate::api::Does::Fetch;
    let example = route.address("NAME");
    let takes_run = route.path.contains(crate::api::NAME) || route.example.contains("run=");
    let sent =
        if fetches { "POST {\"model\": \"owner/name\"}".to_owned() } else { example.clone() };
    let example = (!fetches && !takes_run).then_some(example);
    ApiRow { path: route.path, summary: route.summary, example, sent }
}

/// `POST /fetch`: fetches a configuration from the Hub, then leads back to the calculator.
pub(crate) async fn fetch(app: &App, inquiry: &Inquiry) -> Result<Reply, WebError> {
    if inquiry.head.method != Method::POST {
        return Err(wrong_method("POST"));
    }
    let form = std::str::from_utf8(&inquiry.body)
        .map_err(|_| WebError::bad("body", "the form is not UTF-8"))?;
    let query = form_urlencoded::parse(form.as_bytes()).find(|(name, _)| name == "query");
    let query = query.map(|(_, query)| query.into_owned()).unwrap_or_default();
    let asked = PageAsked::of(&query)?;
    app.models.find(&asked.model()?, Fetching::Allowed).await?;
    Reply::see_other(&format!("/?{}", asked.query()))
}

/// A page that says what went wrong.
pub(crate) fn error(app: &App, error: &WebError) -> Result<Reply, WebError> {
    let WebError { status, message, hint, .. } = error;
    let (status, number): (StatusCode, u16) = (*status, status.as_u16());
    let page = context! { here => "", number, message, hint };
    Ok(Reply::html(app.templates.render("error.html", page)?).with_status(status))
}
