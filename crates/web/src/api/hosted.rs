//! `/api/v1/hosted`: bills of hosted models for the same requests, the cheapest first.

use super::pretty;
use crate::app::App;
use crate::ask::{Asked, Scope, Values};
use crate::error::WebError;
use farebox_calculator::{Billed, HostedDocument};
use farebox_catalog::hosted::Status;
use url::form_urlencoded;

/// What changes a bill.
pub(super) const TAKEN: [&str; 4] = ["isl", "osl", "users", "requests_per_user_hour"];

pub(super) fn answer(app: &App, query: &str) -> Result<String, WebError> {
    let search = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "q");
    let search = search.map(|(_, text)| text.trim().to_lowercase()).unwrap_or_default();
    let rest = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "q");
    let rest = form_urlencoded::Serializer::new(String::new()).extend_pairs(rest).finish();
    let values = Values::of_query(&rest, Scope::Api)?;
    if let Some(other) = values.names().find(|name| !TAKEN.contains(name)) {
        let message = format!("{other} does not change the bill of a hosted model");
        return Err(WebError::bad("parameter", message)
            .hint("q, isl, osl, users and requests_per_user_hour do"));
    }
    let asked = Asked::of(&values.or("model", "api:any"))?.question;
    let billed = Billed {
        lengths: asked.lengths,
        users: asked.users.map(|users| users.users),
        requests_per_user_hour: asked.users.map(|users| users.requests_per_user_hour),
    };
    let bills = bills(app, billed)?;
    let named = bills.into_iter().filter(|bill| bill.model.id.to_lowercase().contains(&search));
    pretty(&named.collect::<Vec<_>>())
}

/// What every hosted model on offer charges, the cheapest first. Models that are free for now or
/// do not say both prices are left out.
pub(crate) fn bills(app: &App, billed: Billed) -> Result<Vec<HostedDocument>, WebError> {
    let models = app.catalogue.hosted()?.iter();
    let offered = models.filter(|model| model.status == Status::Listed && !model.free);
    let mut bills: Vec<HostedDocument> =
        offered.filter_map(|model| HostedDocument::of(model, billed).ok()).collect();
    bills.sort_by(|a, b| a.price.usd_per_request.total_cmp(&b.price.usd_per_request));
    Ok(bills)
}
