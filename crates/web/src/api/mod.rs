//! Answers for programs, under `/api/v1`.
//!
//! Reading order: [`ROUTES`] here (what there is), `estimate`, `ranked`, `lists`, `scenarios`,
//! `hosted`, `breakeven`, `runs`, then `openapi` (the same, described).

mod breakeven;
mod estimate;
mod fields;
mod hosted;
mod lists;
mod openapi;
mod ranked;
mod runs;
mod scenarios;

pub(crate) use breakeven::AgainstHosted;
pub(crate) use estimate::estimate;
pub(crate) use ranked::{OWN, OnGpu, Ranked};

use crate::app::App;
use crate::error::WebError;
use crate::models::Fetching;
use crate::reply::Reply;
use crate::routes::{Inquiry, wrong_method};
use hosted::bills;
use hyper::Method;

/// One path of the API.
#[derive(Debug)]
pub(crate) struct Route {
    /// Where it is; [`NAME`] in it stands for the name of a run.
    pub(crate) path: &'static str,
    pub(crate) does: Does,
    /// In one line.
    pub(crate) summary: &'static str,
    /// A query that is answered.
    pub(crate) example: &'static str,
}

/// The place of a run's name in a path: percent-encoded, its slashes may stay as they are.
pub(crate) const NAME: &str = "{name}";
/// The run of the examples.
pub(crate) const EXAMPLE_RUN: &str = "first";

impl Route {
    /// The name in `path`, empty where this route has none; nothing where `path` is another's.
    fn named<'p>(&self, path: &'p str) -> Option<&'p str> {
        match self.path.split_once(NAME) {
            None => (path == self.path).then_some(""),
            Some((before, after)) => path.strip_prefix(before)?.strip_suffix(after),
        }
    }

    /// An address that is answered, where there is a run of that name.
    pub(crate) fn address(&self, run: &str) -> String {
        let address = format!("{}?{}", self.path.replace(NAME, run), self.example);
        address.trim_end_matches('?').to_owned()
    }
}

/// The route of `path` and the name in it.
pub(crate) fn find(path: &str) -> Option<(&'static Route, &str)> {
    ROUTES.iter().find_map(|route| Some((route, route.named(path)?)))
}

/// What a path answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Does {
    Estimate,
    Ranked,
    Models,
    Fetch,
    Gpus,
    Prices,
    Apis,
    Scenarios,
    Hosted,
    BreakEven,
    Runs,
    Curve,
    RunPrices,
    Telemetry,
    Run,
    Compare,
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
pub(crate) const ROUTES: [Route; 17] = [
    route(
        "/api/v1/estimate",
        Does::Estimate,
        "Latency, throughput, memory and price of a model on a machine; or the bill of an API",
        "model=meta-llama/Llama-3.1-8B-Instruct&gpu=h100-sxm&isl=1024&osl=256&concurrency=32",
    ),
    route(
        "/api/v1/estimate/gpus",
        Does::Ranked,
        "The same question on every accelerator at its narrowest width, the cheapest token first",
        "model=Qwen/Qwen3-8B&isl=1024&osl=256&concurrency=32",
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
    route(
        "/api/v1/breakeven",
        Does::BreakEven,
        "A machine against hosted models: the requests a month from which it is no dearer",
        "model=meta-llama/Llama-3.1-8B-Instruct&gpu=l40s&isl=6000&osl=300&concurrency=16",
    ),
    route("/api/v1/runs", Does::Runs, "Runs of the folder, the youngest first", "q=first"),
    // Before the run itself: a name may hold slashes.
    route(
        "/api/v1/runs/{name}/curve",
        Does::Curve,
        "What was measured at each load: farebox.curve/1",
        "",
    ),
    route(
        "/api/v1/runs/{name}/prices",
        Does::RunPrices,
        "What a token must cost: farebox.price/1",
        "price_per_hour=2.5&utilisation=60&slo=chat:ttft.p90%3D1s,tpot.p90%3D40ms",
    ),
    route(
        "/api/v1/runs/{name}/telemetry",
        Does::Telemetry,
        "What the engine and the accelerators reported meanwhile",
        "",
    ),
    route("/api/v1/runs/{name}", Does::Run, "One run, how far it is and its verdict", ""),
    route(
        "/api/v1/compare",
        Does::Compare,
        "Runs side by side, the first is the baseline: farebox.compare/1",
        "run=first&run=second",
    ),
    route("/api/v1/openapi.json", Does::OpenApi, "This description", ""),
];

/// Answers on `route`; `name` is the run in its path.
pub(crate) async fn answer(
    app: &App,
    (route, name): (&Route, &str),
    inquiry: &Inquiry,
) -> Result<Reply, WebError> {
    let method = &inquiry.head.method;
    let reads = matches!(*method, Method::GET | Method::HEAD);
    match (route.does, reads, *method == Method::POST) {
        (Does::Estimate, true, _) | (Does::Estimate | Does::Fetch, _, true) => {}
        (Does::Fetch, ..) => return Err(wrong_method("POST")),
        (Does::Estimate, ..) => return Err(wrong_method("GET and POST")),
        (_, true, _) => {}
        _ => return Err(wrong_method("GET")),
    }
    let query = inquiry.query();
    match route.does {
        Does::Estimate => {
            let values = estimate::values(inquiry)?;
            estimate(app, &values, Fetching::Allowed).await.map(Reply::json)
        }
        Does::Ranked => ranked::answer(app, query).await.map(Reply::json),
        Does::Models => lists::models(app, query).map(Reply::json),
        Does::Fetch => estimate::fetch(app, &inquiry.body_values()?).await.map(Reply::json),
        Does::Gpus => lists::gpus(app, query).map(Reply::json),
        Does::Prices => lists::prices(app, query).map(Reply::json),
        Does::Apis => lists::apis(app, query).map(Reply::json),
        Does::Scenarios => scenarios::answer(app, query).map(Reply::json),
        Does::Hosted => hosted::answer(app, query).map(Reply::json),
        Does::BreakEven => breakeven::answer(app, query).await.map(Reply::json),
        // Whoever follows a run asks again and again: unchanged bytes are not sent again.
        Does::Runs => runs::list(app, query).await.map(Reply::json).map(Reply::kept),
        Does::Run => runs::one(app, name, query).await.map(Reply::json).map(Reply::kept),
        Does::Curve => runs::curve(app, name, query).await.map(Reply::json).map(Reply::kept),
        Does::RunPrices => runs::prices(app, name, query).await.map(Reply::json),
        Does::Telemetry => {
            runs::telemetry(app, name, query).await.map(Reply::json).map(Reply::kept)
        }
        Does::Compare => runs::compared(app, query).await.map(Reply::json),
        Does::OpenApi => Ok(Reply::json(openapi::document()?).kept()),
    }
}

/// A document as it is served: indented, with an end of line.
fn pretty<T: serde::Serialize + ?Sized>(document: &T) -> Result<String, WebError> {
    Ok(serde_json::to_string_pretty(document)? + "\n")
}
