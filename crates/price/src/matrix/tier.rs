//! One cell at one promise: the load it buys, what is served there, and at which price.

use crate::settings::PriceSettings;
use crate::sheet::MAX_TIER;
use crate::tier::{bought, buy};
use farebox_core::deployment::DeploymentKind;
use farebox_core::tariff::Tokens;
use farebox_core::{
    Load, LoadCurve, LoadPoint, Metric, Milliseconds, Slo, Statistic, Tariff, TokensPerSecond,
    UsdPerHour, UsdPerMtok,
};
use serde::{Deserialize, Serialize};

const SECONDS_PER_HOUR: f64 = 3600.0;

/// What a cell comes to at one promise. Rates are of all replicas together, latencies of the load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellTier {
    /// Name of the promise, or `max`.
    pub name: String,
    /// The load of one replica; none where the promise is not kept.
    pub load: Option<Load>,
    /// Whole copies that serve.
    pub replicas: Option<u32>,
    /// Input tokens per second.
    pub input_tok_per_s: Option<TokensPerSecond>,
    /// Output tokens per second.
    pub output_tok_per_s: Option<TokensPerSecond>,
    /// Output tokens per second and accelerator that serves; none of somebody's API.
    pub output_tok_per_s_per_gpu: Option<f64>,
    /// The tenth slowest first token, on the clock of the load.
    pub ttft_p90_ms: Option<Milliseconds>,
    /// The tenth slowest pace.
    pub tpot_p90_ms: Option<Milliseconds>,
    /// Everything billed; none where nobody said what the machine costs. Of an API with a tariff,
    /// an hour of these tokens.
    pub usd_per_hour_total: Option<UsdPerHour>,
    /// Dollars per million input tokens.
    pub usd_per_mtok_input: Option<UsdPerMtok>,
    /// Dollars per million output tokens.
    pub usd_per_mtok_output: Option<UsdPerMtok>,
    /// Dollars per million tokens of this workload's mix.
    pub usd_per_mtok_blended: Option<UsdPerMtok>,
    /// Revenue at the listed prices over billed cost.
    pub recovery: Option<f64>,
    /// Why the promise has no load or no price.
    pub reason: Option<String>,
    /// What to know about it.
    pub notes: Vec<String>,
}

impl CellTier {
    /// `curve` at every promise of `slos`, at `max` where there is none; priced where `settings`
    /// say what the machine costs.
    pub fn all(curve: &LoadCurve, slos: &[Slo], settings: Option<&PriceSettings>) -> Vec<Self> {
        match slos {
            [] => vec![Self::of(curve, None, settings)],
            slos => slos.iter().map(|slo| Self::of(curve, Some(slo), settings)).collect(),
        }
    }

    fn of(curve: &LoadCurve, slo: Option<&Slo>, settings: Option<&PriceSettings>) -> Self {
        let name = slo.map_or_else(|| MAX_TIER.to_owned(), Slo::name);
        let point = match bought(curve, slo) {
            Ok(point) => point,
            Err(refusal) => return Self::unmet(name, refusal.to_string()),
        };
        let tier = Self::at(name, point, curve);
        if let Some(tariff) = &curve.deployment.tariff {
            return tier.charged(point, tariff);
        }
        match settings.map(|settings| buy(curve, slo, settings)) {
            None => tier,
            Some(Err(refusal)) => Self { reason: Some(refusal.to_string()), ..tier },
            Some(Ok(price)) => Self {
                replicas: Some(price.replicas),
                input_tok_per_s: Some(price.input_tok_per_s),
                output_tok_per_s: Some(price.output_tok_per_s),
                usd_per_hour_total: Some(price.usd_per_hour_total),
                usd_per_mtok_input: Some(price.usd_per_mtok_input),
                usd_per_mtok_output: Some(price.usd_per_mtok_output),
                usd_per_mtok_blended: Some(price.usd_per_mtok_blended),
                recovery: Some(price.recovery),
                notes: price.notes,
                ..tier
            },
        }
    }

    /// The same at an API's published prices, which are no cost: nothing is recovered.
    fn charged(self, point: &LoadPoint, tariff: &Tariff) -> Self {
        let (input, output) = (point.input_tok_per_s.get(), point.output_tok_per_s.get());
        let cached = point.cached_input_tok_per_s.map_or(0.0, TokensPerSecond::get);
        let tokens = Tokens { input, cached_input: cached.min(input), output };
        let total = input + output;
        match tariff.bill(&tokens) {
            Err(error) => Self { reason: Some(error.to_string()), ..self },
            Ok(bill) => Self {
                usd_per_hour_total: Some(UsdPerHour::new(bill.total_usd() * SECONDS_PER_HOUR)),
                usd_per_mtok_input: tariff.usd_per_mtok_input,
                usd_per_mtok_output: tariff.usd_per_mtok_output,
                usd_per_mtok_blended: (total > 0.0)
                    .then(|| UsdPerMtok::new(bill.total_usd() / total * 1e6)),
                notes: vec![format!("charged by {} as of {}", tariff.id, tariff.as_of)],
                ..self
            },
        }
    }

    /// One replica at `point`, without a price.
    fn at(name: String, point: &LoadPoint, curve: &LoadCurve) -> Self {
        // How many accelerators an API has is its own affair.
        let gpus = match curve.deployment.kind {
            DeploymentKind::Hosted => None,
            DeploymentKind::Machine => Some(curve.deployment.gpus().unwrap_or(1).max(1)),
        };
        let per_gpu = |gpus: u32| point.output_tok_per_s.get() / f64::from(gpus);
        let p90 = |metric: Metric| point.latency(metric)?.at(Statistic::Percentile(90.0));
        Self {
            name,
            load: Some(point.offered.load()),
            replicas: gpus.map(|_| 1),
            input_tok_per_s: Some(point.input_tok_per_s),
            output_tok_per_s: Some(point.output_tok_per_s),
            output_tok_per_s_per_gpu: gpus.map(per_gpu),
            ttft_p90_ms: p90(Metric::Ttft.on(point.clock())),
            tpot_p90_ms: p90(Metric::Tpot),
            usd_per_hour_total: None,
            usd_per_mtok_input: None,
            usd_per_mtok_output: None,
            usd_per_mtok_blended: None,
            recovery: None,
            reason: None,
            notes: Vec::new(),
        }
    }

    fn unmet(name: String, reason: String) -> Self {
        Self {
            name,
            load: None,
            replicas: None,
            input_tok_per_s: None,
            output_tok_per_s: None,
            output_tok_per_s_per_gpu: None,
            ttft_p90_ms: None,
            tpot_p90_ms: None,
            usd_per_hour_total: None,
            usd_per_mtok_input: None,
            usd_per_mtok_output: None,
            usd_per_mtok_blended: None,
            recovery: None,
            reason: Some(reason),
            notes: Vec::new(),
        }
    }
}
