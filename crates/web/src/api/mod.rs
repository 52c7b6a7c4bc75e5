//! Answers for programs, under `/api/v1`.
//!
//! Reading order: [`ROUTES`] here (what there is), `estimate`, `lists`, `scenarios`, `hosted`, then
//! `openapi` (the same, described).

mod estimate;
mod fields;
mod hosted;
mod lists;
mod openapi;
mod scenarios;

pub(crate) use estimate::estimate;
pub(crate) use hosted::bills;

use crate::app::App;
use crate::error::WebError;
use crate::models::Fetching;
use crate::reply::Reply;
use crate::routes::{Inquiry, wrong_method};
use hyper::Method;

/// One path of the API.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) path: &'static str,
    pub(crate) does: Does,
    /// In one line.
    pub(crate) summary: &'static str,
    /// A query that is answered.
    pub(crate) example: &'static str,
}

/// What a path answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Does {
    Estimate,
    Models,
    Fetch,
    Gpus,
    Prices,
    Apis,
    Scenarios,
    Hosted,
    OpenApi,
}

const fn route(
    path: &'static str,
    does: Does,
    summary: &'static str,
    example: &'static str,
) -> Route {
    Route { path, does, summary, example }
}

/// Every path of the API.
pub(crate) const ROUTES: [Route; 9] = [
    route(
        "/api/v1/estimate",
        Does::Estimate,
        "Latency, throughput, memory and price of a model on a machine; or the bill of an API",
        "model=meta-llama/Llama-3.1-8B-Instruct&gpu=h100-sxm&isl=1024&osl=256&concurrency=32",
    ),
    route("/api/v1/models", Does::Models, "Models of the catalogue, with their sizes", "q=qwen3"),
    route(
        "/api/v1/models/fetch",
        Does::Fetch,
        "Fetch the configuration of a Hub id, so that pages know it",
        "",
    ),
    route("/api/v1/gpus", Does::Gpus, "Accelerators, with the sources of their figures", "q=h100"),
    route("/api/v1/prices", Does::Prices, "What accelerators are rented for", "q=l40s"),
    route("/api/v1/apis", Does::Apis, "What hosted models charge", "q=gpt-4"),
    route(
        "/api/v1/scenarios",
        Does::Scenarios,
        "Questions that people ask first, computed",
        "name=chatbot&set=concurrency%3D8",
    ),
    route(
        "/api/v1/hosted",
        Does::Hosted,
        "What a request, and so many users, cost on hosted models",
        "q=gpt-4&isl=1000&osl=500&users=4&requests_per_user_hour=10",
    ),
    route("/api/v1/openapi.json", Does::OpenApi, "This description", ""),
];

/// Answers on `route`.
pub(crate) async fn answer(app: &App, route: &Route, inquiry: &Inquiry) -> Result<Reply, WebError> {
    let method = &inquiry.head.method;
    let reads = matches!(*method, Method::GET | Method::HEAD);
    match (route.does, reads, *method == Method::POST) {
        (Does::Estimate, true, _) | (Does::Estimate | Does::Fetch, _, true) => {}
        (Does::Fetch, ..) => return Err(wrong_method("POST")),
        (Does::Estimate, ..) => return Err(wrong_method("GET and POST")),
        (_, true, _) => {}
        _ => return Err(wrong_method("GET")),
    }
    match route.does {
        Does::Estimate => {
            let values = estimate::values(inquiry)?;
            estimate(app, &values, Fetching::Allowed).await.map(Reply::json)
        }
        Does::Models => lists::models(app, inquiry.query()).map(Reply::json),
        Does::Fetch => estimate::fetch(app, &inquiry.body_values()?).await.map(Reply::json),
        Does::Gpus => lists::gpus(app, inquiry.query()).map(Reply::json),
        Does::Prices => lists::prices(app, inquiry.query()).map(Reply::json),
        Does::Apis => lists::apis(app, inquiry.query()).map(Reply::json),
        Does::Scenarios => scenarios::answer(app, inquiry.query()).map(Reply::json),
        Does::Hosted => hosted::answer(app, inquiry.query()).map(Reply::json),
        Does::OpenApi => Ok(Reply::json(openapi::document()?).kept()),
    }
}

/// A document as it is served: indented, with an end of line.
fn pretty<T: serde::Serialize + ?Sized>(document: &T) -> Result<String, WebError> {
    Ok(serde_json::to_string_pretty(document)? + "\n")
}
