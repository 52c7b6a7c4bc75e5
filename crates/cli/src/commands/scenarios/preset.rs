//! A question from the list, with what the user changed in it, and its answer.

use crate::commands::estimate::hosted::Billed;
use crate::error::CliError;
use farebox_catalog::model::{ModelCatalog, ModelSpec, Precision, TypedModel, parse_param_count};
use farebox_catalog::{Accelerator, Catalogue};
use farebox_core::run::Rental;
use farebox_estimate::setup::Setup;
use farebox_estimate::{Calibration, Parallelism};
use farebox_experiment::estimate::{EstimateDocument, Estimator, Lengths, closed};
use serde::{Deserialize, Serialize};

/// One question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Preset {
    pub(super) name: String,
    pub(super) title: String,
    /// A catalogue id; or [`Self::params`], or [`Self::api`].
    model: Option<String>,
    params: Option<String>,
    pub(super) api: Option<String>,
    gpu: Option<String>,
    #[serde(default = "one")]
    tp: u32,
    precision: Option<String>,
    isl: u32,
    osl: u32,
    #[serde(default = "one")]
    concurrency: u32,
    users: Option<u32>,
    requests_per_user_hour: Option<f64>,
}

fn one() -> u32 {
    1
}

const PRESETS: &str = include_str!("presets.toml");

/// The presets asked for, changed as asked.
pub(super) fn presets(name: Option<&str>, set: &[String]) -> Result<Vec<Preset>, CliError> {
    let file: toml::Table = PRESETS.parse().map_err(CliError::failed)?;
    let tables = file.get("scenario").and_then(toml::Value::as_array).cloned().unwrap_or_default();
    let named =
        |table: &toml::Value| table.get("name").and_then(toml::Value::as_str).map(str::to_owned);
    let known: Vec<String> = tables.iter().filter_map(&named).collect();
    let mut presets = Vec::new();
    for mut table in tables {
        if name.is_some_and(|name| named(&table).as_deref() != Some(name)) {
            continue;
        }
        for change in set {
            apply(&mut table, change)?;
            // One at a time, so that the error can name the one at fault.
            table.clone().try_into::<Preset>().map_err(|error| {
                let why = error.message().replace("u32", "a whole number above 0");
                CliError::usage(format_args!("--set {change}: {why}"))
            })?;
        }
        let preset = table.try_into::<Preset>().map_err(CliError::failed)?;
        preset.check()?;
        presets.push(preset);
    }
    match (presets.is_empty(), name) {
        (true, Some(name)) => Err(CliError::usage(format_args!(
            "no scenario is named `{name}`: there are {}",
            known.join(", ")
        ))),
        _ => Ok(presets),
    }
}

/// Puts `key=value` into a preset; numbers are read as numbers.
fn apply(table: &mut toml::Value, change: &str) -> Result<(), CliError> {
    let (key, value) = change
        .split_once('=')
        .ok_or_else(|| CliError::usage(format_args!("--set: `{change}` is not key=value")))?;
    let value = match (value.parse::<i64>(), value.parse::<f64>()) {
        (Ok(whole), _) => toml::Value::Integer(whole),
        (_, Ok(number)) => toml::Value::Float(number),
        _ => toml::Value::String(value.to_owned()),
    };
    if let Some(table) = table.as_table_mut() {
        // A model named replaces one that was described, and the other way round.
        match key {
            "model" => drop(table.remove("params")),
            "params" => drop(table.remove("model")),
            _ => {}
        }
        table.insert(key.to_owned(), value);
    }
    Ok(())
}

impl Preset {
    fn check(&self) -> Result<(), CliError> {
        let whole = [self.isl, self.osl, self.concurrency, self.tp];
        if whole.contains(&0) || whole.iter().any(|n| *n > 10_000_000) {
            return Err(CliError::usage("--set: isl, osl, concurrency and tp are above zero"));
        }
        let rate = self.requests_per_user_hour.unwrap_or(1.0);
        if !(rate > 0.0 && rate <= 1e6) || self.users == Some(0) {
            let why = "--set: users and requests_per_user_hour are above zero, and no billions";
            return Err(CliError::usage(why));
        }
        Ok(())
    }

    /// What is asked, in one line.
    pub(super) fn asked(&self) -> String {
        let Self { isl, osl, tp, concurrency, .. } = self;
        let [model, params, api] = [&self.model, &self.params, &self.api].map(Option::as_deref);
        if let Some(api) = api {
            let users = self.users.map_or(String::new(), |users| {
                let each = self.requests_per_user_hour.unwrap_or(1.0);
                format!(", {users} users with {each} requests an hour each")
            });
            return format!("api:{api}: {isl} tokens in, {osl} out{users}.");
        }
        let model =
            model.map_or_else(|| format!("{} parameters", params.unwrap_or("?")), str::to_owned);
        let gpu = self.gpu.as_deref().unwrap_or_default();
        format!("{model} on {tp} x {gpu}: {isl} tokens in, {osl} out, {concurrency} in flight.")
    }

    /// What a hosted model is billed for.
    pub(super) fn bill(&self) -> Billed {
        Billed {
            isl: self.isl,
            osl: self.osl,
            users: self.users,
            requests_per_user_hour: self.requests_per_user_hour,
        }
    }

    pub(super) fn lengths(&self) -> Lengths {
        Lengths { isl: self.isl, osl: self.osl }
    }

    fn spec(&self, catalogue: &Catalogue) -> Result<ModelSpec, CliError> {
        match (&self.params, &self.model) {
            (Some(params), _) => {
                let params = parse_param_count(params).map_err(CliError::usage)?;
                let typed = TypedModel { params, ..TypedModel::default() };
                typed.spec().map_err(CliError::usage)
            }
            (None, Some(model)) => {
                ModelCatalog::with_files(catalogue.files()).find(model).map_err(CliError::usage)
            }
            (None, None) => Err(CliError::usage("--set: the scenario has no model")),
        }
    }
}

/// A question with its machine and answer.
pub(super) struct Answered {
    pub(super) model: ModelSpec,
    pub(super) gpu: Accelerator,
    pub(super) precision: Option<Precision>,
    pub(super) lengths: Lengths,
    pub(super) concurrency: u64,
    pub(super) document: EstimateDocument,
}

impl Answered {
    pub(super) fn of(preset: &Preset, catalogue: &Catalogue) -> Result<Self, CliError> {
        let model = preset.spec(catalogue)?;
        let name = preset.gpu.as_deref().unwrap_or_default();
        let accelerators = catalogue.accelerators().map_err(CliError::usage)?;
        let gpu = accelerators.find(name).map_err(CliError::usage)?.clone();
        let precision = preset.precision.as_deref().map(str::parse).transpose();
        let precision = precision.map_err(CliError::usage)?;
        let concurrency = u64::from(preset.concurrency);
        let question = (preset.lengths(), concurrency);
        let document = estimate(&model, (&gpu, preset.tp, precision), question, catalogue)?;
        Ok(Self { model, gpu, precision, lengths: preset.lengths(), concurrency, document })
    }
}

/// One estimate at the default price of its accelerator.
pub(super) fn estimate(
    model: &ModelSpec,
    machine: (&Accelerator, u32, Option<Precision>),
    question: (Lengths, u64),
    catalogue: &Catalogue,
) -> Result<EstimateDocument, CliError> {
    let (gpu, tp, precision) = machine;
    let setup = Setup { parallel: Parallelism::tensor(tp), precision, ..Setup::new(model, gpu) };
    let estimator = Estimator::new(setup, Calibration::embedded()).map_err(CliError::usage)?;
    let offers = catalogue.offers().map_err(CliError::usage)?;
    let rental = offers.default_for(&gpu.id).ok().map(|offer| Rental {
        usd_per_hour_total: offer.usd_per_gpu_hour().times(f64::from(tp)),
        gpus_billed: tp,
        gpus_used: tp,
        source: offer.to_string(),
    });
    estimator.document(question.0, closed(question.1), rental.as_ref()).map_err(CliError::usage)
}
