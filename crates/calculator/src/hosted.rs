//! The bill of a hosted model: per request, per hour, per month and per user.

use crate::{ESTIMATE_SCHEMA, HOURS_PER_MONTH, Lengths};
use farebox_catalog::hosted::{ApiModel, BillError, Status, Tokens};
use farebox_core::UsdPerMtok;
use serde::Serialize;

/// What a hosted model is billed for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Billed {
    /// Tokens of a request.
    pub lengths: Lengths,
    /// Users, for a bill per hour.
    pub users: Option<u32>,
    /// Requests of each per hour; one where only users are given.
    pub requests_per_user_hour: Option<f64>,
}

/// The bill of a hosted model: `farebox.estimate/1` without a machine.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HostedDocument {
    /// Always [`ESTIMATE_SCHEMA`].
    pub schema: &'static str,
    /// What is served.
    pub model: HostedModel,
    /// Who serves it.
    pub deployment: HostedDeployment,
    /// What is asked.
    pub workload: HostedWorkload,
    /// Always null: nobody publishes a latency that could be dated and cited.
    pub prefill: Option<()>,
    /// Always null, for the same reason.
    pub decode: Option<()>,
    /// The bill.
    pub price: HostedPrice,
}

/// A hosted model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HostedModel {
    /// `api:provider/model`.
    pub id: String,
    /// Longest context, in tokens.
    pub context_length: Option<u64>,
}

/// Where a hosted model runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HostedDeployment {
    /// Always `hosted`.
    pub kind: &'static str,
    /// Who sells it.
    pub provider: String,
}

/// Tokens of a request.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HostedWorkload {
    /// In.
    pub isl: u32,
    /// Out.
    pub osl: u32,
}

/// A bill with its source.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HostedPrice {
    /// Input, per million tokens.
    pub usd_per_mtok_input: Option<UsdPerMtok>,
    /// Input that was cached, per million tokens.
    pub usd_per_mtok_cached_input: Option<UsdPerMtok>,
    /// Output, per million tokens.
    pub usd_per_mtok_output: Option<UsdPerMtok>,
    /// One request.
    pub usd_per_request: f64,
    /// Its input.
    pub usd_per_request_input: f64,
    /// Its output.
    pub usd_per_request_output: f64,
    /// One user, per hour; null where nobody said how many there are.
    pub usd_per_user_hour: Option<f64>,
    /// All users, per hour.
    pub usd_per_hour: Option<f64>,
    /// All users, per month of 730 hours.
    pub usd_per_month: Option<f64>,
    /// When the prices were read.
    pub as_of: String,
    /// Whether it was on offer then.
    pub status: Status,
    /// What was read.
    pub source: String,
}

impl HostedDocument {
    /// The bill of `model`; an unknown price is an error, never 0.
    pub fn of(model: &ApiModel, billed: Billed) -> Result<Self, BillError> {
        let Lengths { isl, osl } = billed.lengths;
        let tokens = Tokens { input: isl.into(), cached_input: 0.0, output: osl.into() };
        let bill = model.bill(&tokens)?;
        let request = bill.total_usd();
        let users = billed.users.map(f64::from);
        let per_user = users.map(|_| billed.requests_per_user_hour.unwrap_or(1.0) * request);
        let hour = users.zip(per_user).map(|(users, each)| users * each);
        Ok(Self {
            schema: ESTIMATE_SCHEMA,
            model: HostedModel {
                id: format!("api:{}", model.id),
                context_length: model.context_window,
            },
            deployment: HostedDeployment { kind: "hosted", provider: model.provider.clone() },
            workload: HostedWorkload { isl, osl },
            prefill: None,
            decode: None,
            price: HostedPrice {
                usd_per_mtok_input: model.prices.input,
                usd_per_mtok_cached_input: model.prices.cached_input,
                usd_per_mtok_output: model.prices.output,
                usd_per_request: request,
                usd_per_request_input: bill.input_usd,
                usd_per_request_output: bill.output_usd,
                usd_per_user_hour: per_user,
                usd_per_hour: hour,
                usd_per_month: hour.map(|hour| hour * HOURS_PER_MONTH),
                as_of: model.as_of.to_string(),
                status: model.status,
                source: model.source.clone(),
            },
        })
    }
}
