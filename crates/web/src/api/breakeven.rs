//! `/api/v1/breakeven`: one's own machine against hosted models, from how many requests a month it is
//! no dearer.

use super::{bills, estimate, pretty};
use crate::app::App;
use crate::ask::{Scope, Values};
use crate::error::WebError;
use crate::models::Fetching;
use farebox_calculator::{Billed, EstimateDocument, HOURS_PER_MONTH, HostedDocument, Lengths};
use farebox_price::BreakEven;
use serde::Serialize;

/// A machine for a month, and hosted models beside it.
#[derive(Debug)]
pub(crate) struct AgainstHosted {
    pub(crate) usd_per_month: f64,
    /// What the machine carries in a month when it is full.
    pub(crate) requests_per_month: f64,
    /// The cheapest hosted model first.
    pub(crate) held: Vec<(HostedDocument, BreakEven)>,
}

#[derive(Debug, Serialize)]
struct BreakEvenDocument {
    /// The machine.
    estimate: EstimateDocument,
    usd_per_month: f64,
    /// What it carries when it is full.
    capacity_requests_per_month: f64,
    hosted: Vec<Held>,
}

/// One hosted model.
#[derive(Debug, Serialize)]
struct Held {
    model: String,
    usd_per_request: f64,
    as_of: String,
    /// From so many requests a month on the machine is no dearer; none where it is even when full.
    requests_per_month: Option<f64>,
    /// How full the machine is then, 0 to 1.
    utilisation: Option<f64>,
}

impl AgainstHosted {
    /// Holds the machine of `document` against every hosted model on offer.
    pub(crate) fn of(
        app: &App,
        document: &EstimateDocument,
        lengths: Lengths,
    ) -> Result<Self, WebError> {
        let misfit = || WebError::refused("does_not_fit", "It does not fit.");
        let system = document.system.ok_or_else(misfit)?;
        let words = "What this machine costs is not known: type it.";
        let unknown = || WebError::refused("unknown_price", words);
        let price = document.price.as_ref().ok_or_else(unknown)?;
        let usd_per_month = price.usd_per_hour_total * HOURS_PER_MONTH;
        let requests_per_month = system.requests_per_s * 3600.0 * HOURS_PER_MONTH;
        let billed = Billed { lengths, users: None, requests_per_user_hour: None };
        let against = |bill: HostedDocument| {
            let hosted = bill.price.usd_per_request;
            let even = BreakEven::new(usd_per_month, requests_per_month, hosted)?;
            Some((bill, even))
        };
        let held = bills(app, billed)?.into_iter().filter_map(against).collect();
        Ok(Self { usd_per_month, requests_per_month, held })
    }
}

pub(super) async fn answer(app: &App, query: &str) -> Result<String, WebError> {
    let values = Values::of_query(query, Scope::Api)?;
    let (document, lengths) = estimate::of_machine(app, &values, Fetching::Allowed).await?;
    let against = AgainstHosted::of(app, &document, lengths)?;
    let held = |(bill, even): (HostedDocument, BreakEven)| Held {
        model: bill.model.id,
        usd_per_request: bill.price.usd_per_request,
        as_of: bill.price.as_of,
        requests_per_month: even.requests_per_month(),
        utilisation: even.utilisation(),
    };
    pretty(&BreakEvenDocument {
        usd_per_month: against.usd_per_month,
        capacity_requests_per_month: against.requests_per_month,
        hosted: against.held.into_iter().map(held).collect(),
        estimate: document,
    })
}
