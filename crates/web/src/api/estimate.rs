//! `/api/v1/estimate`: the bytes that the command line prints for the same question.

use super::pretty;
use crate::app::App;
use crate::ask::{Asked, ModelChoice, Scope, Values};
use crate::error::WebError;
use crate::models::Fetching;
use crate::routes::Inquiry;
use farebox_calculator::{
    Billed, EstimateDocument, HostedDocument, Lengths, ModelFigures, Question, model_figures,
};
use hyper::Method;

/// What `inquiry` asks, by address or by body.
pub(super) fn values(inquiry: &Inquiry) -> Result<Values, WebError> {
    if inquiry.head.method != Method::POST {
        return Values::of_query(inquiry.query(), Scope::Api);
    }
    if inquiry.query().is_empty() {
        return inquiry.body_values();
    }
    Err(WebError::bad("parameter", "a POST asks by its body alone: leave out the query"))
}

/// The answer as text.
pub(crate) async fn estimate(
    app: &App,
    values: &Values,
    fetching: Fetching,
) -> Result<String, WebError> {
    let asked = Asked::of(values)?;
    if let ModelChoice::Hosted(api) = &asked.model {
        return pretty(&hosted(app, api, &asked.question)?);
    }
    Ok(document(app, &asked, fetching).await?.to_json()?)
}

/// The answer about a machine, and the lengths of its requests.
pub(super) async fn of_machine(
    app: &App,
    values: &Values,
    fetching: Fetching,
) -> Result<(EstimateDocument, Lengths), WebError> {
    let asked = Asked::of(values)?;
    Ok((document(app, &asked, fetching).await?, asked.question.lengths))
}

async fn document(
    app: &App,
    asked: &Asked,
    fetching: Fetching,
) -> Result<EstimateDocument, WebError> {
    let model = app.models.find(&asked.model, fetching).await?;
    let question = &asked.question;
    let machine = question.machine(&model, &app.catalogue)?;
    let facts = (&app.catalogue, app.calibration);
    let deployed = question.deploy(&machine, &model, facts)?;
    Ok(question.answer(&deployed)?)
}

fn hosted(app: &App, api: &str, question: &Question) -> Result<HostedDocument, WebError> {
    let model = app.catalogue.hosted()?.find(api)?;
    let billed = Billed {
        lengths: question.lengths,
        users: question.users.map(|users| users.users),
        requests_per_user_hour: question.users.map(|users| users.requests_per_user_hour),
    };
    HostedDocument::of(model, billed)
        .map_err(|error| WebError::refused("unknown_price", error.to_string()))
}

/// Fetches a configuration and says what it describes.
pub(super) async fn fetch(app: &App, values: &Values) -> Result<String, WebError> {
    let choice = ModelChoice::of(values)?;
    let model = app.models.find(&choice, Fetching::Allowed).await?;
    let figures: ModelFigures = model_figures(&model);
    pretty(&figures)
}
