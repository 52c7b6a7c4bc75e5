//! What a page is asked: the fields of its form, and what they mean to an estimate.

use crate::ask::{Asked, ModelChoice, Scope, Values};
use crate::error::WebError;
use farebox_core::Slo;

/// A page's question.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PageAsked {
    /// The fields of the form, with what was not said filled in.
    pub(crate) shown: Values,
}

/// Which of the loads is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    Concurrency,
    Most,
    Promise,
    Rate,
    Batch,
}

/// What the page asks when nobody says anything: the example of the calculator that this page took
/// over from (seed 002: DeepSeek-V3.1 in FP8 on 8 nodes of H100, TP 16, $2.50 an hour).
const FIRST: [(&str, &str); 9] = [
    ("model", "deepseek-ai/DeepSeek-V3.1"),
    ("gpu", "h100-sxm"),
    ("precision", "fp8"),
    ("tp", "16"),
    ("replicas", "4"),
    ("nodes", "8"),
    ("isl", "2048"),
    ("osl", "1024"),
    ("price_per_gpu_hour", "2.5"),
];

/// Fields that only pages have.
const OF_PAGE: [&str; 4] = ["at", "slo_ttft_ms", "slo_tpot_ms", "pin"];
/// Fields of a load, one of which is meant.
const LOADS: [&str; 4] = ["concurrency", "batch", "request_rate", "slo"];
/// Fields of a model described by hand.
const BY_HAND: [&str; 7] =
    ["params", "hidden_size", "layers", "heads", "kv_heads", "experts", "active_experts"];

impl PageAsked {
    /// What a query asks.
    pub(crate) fn of(query: &str) -> Result<Self, WebError> {
        let values = Values::of_query(query, Scope::Page)?;
        let shown = if values.clone().without(&["pin"]).is_empty() {
            FIRST
                .into_iter()
                .fold(values, |values, (name, text)| values.or(name, text))
                .or("concurrency", "max")
        } else {
            values.or("gpu", "h100-sxm").or("isl", "2048").or("osl", "1024")
        };
        Ok(Self { shown: one_model(shown) })
    }

    /// Which of the loads is meant: the one that was chosen, else the one that was typed.
    pub(crate) fn at(&self) -> Result<At, WebError> {
        let given = |name| self.shown.text(name).is_some();
        Ok(match self.shown.text("at") {
            Some("concurrency") => At::Concurrency,
            Some("max") => At::Most,
            Some("slo") => At::Promise,
            Some("rate") => At::Rate,
            Some("batch") => At::Batch,
            Some(other) => {
                let message =
                    format!("at: `{other}` is none of concurrency, max, slo, rate, batch");
                return Err(WebError::bad("parameter", message));
            }
            None if self.shown.text("concurrency") == Some("max") => At::Most,
            None if given("request_rate") => At::Rate,
            None if given("batch") => At::Batch,
            None if given("slo") => At::Promise,
            None => At::Concurrency,
        })
    }

    /// The same as the API and the command line are asked.
    pub(crate) fn plain(&self) -> Result<Values, WebError> {
        let values = self.shown.clone().without(&OF_PAGE);
        let (kept, text) = match self.at()? {
            At::Concurrency => {
                let typed = values.text("concurrency").filter(|text| *text != "max");
                ("concurrency", typed.map(str::to_owned))
            }
            At::Most => ("concurrency", Some("max".to_owned())),
            At::Promise => ("slo", Some(self.terms().ok_or_else(no_terms)?)),
            At::Rate => ("request_rate", values.text("request_rate").map(str::to_owned)),
            At::Batch => ("batch", values.text("batch").map(str::to_owned)),
        };
        Ok(values.without(&LOADS).with(kept, text.as_deref()))
    }

    /// The promise, whether or not the load is chosen by it.
    pub(crate) fn promise(&self) -> Option<Slo> {
        self.terms()?.parse().ok()
    }

    fn terms(&self) -> Option<String> {
        let bound = |metric: &str| {
            let field = format!("slo_{metric}_ms");
            Some(format!("{metric}.mean={}ms", self.shown.text(&field)?))
        };
        let bounds: Vec<String> = ["ttft", "tpot"].into_iter().filter_map(bound).collect();
        let typed = self.shown.text("slo").map(str::to_owned);
        if bounds.is_empty() { typed } else { Some(bounds.join(",")) }
    }

    /// The model that is meant.
    pub(crate) fn model(&self) -> Result<ModelChoice, WebError> {
        ModelChoice::of(&self.shown)
    }

    /// What is asked of it.
    pub(crate) fn asked(&self) -> Result<Asked, WebError> {
        Asked::of(&self.plain()?)
    }

    /// As a query, for a link.
    pub(crate) fn query(&self) -> String {
        self.shown.to_query()
    }

    /// The questions that were pinned, each as a query.
    pub(crate) fn pins(&self) -> impl Iterator<Item = &str> {
        self.shown.all("pin")
    }
}

fn no_terms() -> WebError {
    WebError::bad("slo", "the load is chosen by a promise, but none is made")
        .hint("say how long a first token or each further one may take")
}

/// A form holds every way to describe a model at once: a configuration counts before figures typed
/// by hand, and those before a name.
fn one_model(values: Values) -> Values {
    if values.text("config").is_some() {
        return values.without(&["model"]).without(&BY_HAND);
    }
    if values.text("params").is_some() {
        return values.without(&["model"]);
    }
    values.without(&BY_HAND)
}
