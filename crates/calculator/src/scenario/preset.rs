//! A question from the list, with what the user changed in it, and its answer.

use crate::{Billed, Billing, Deployed, EstimateDocument, Lengths, Machine, QuestionError, closed};
use farebox_catalog::hosted::BillError;
use farebox_catalog::model::{
    ConfigError, ModelCatalog, ModelLookupError, ModelSpec, Precision, TypedModel,
    UnknownPrecision, parse_param_count,
};
use farebox_catalog::{Accelerator, Catalogue, CatalogueError, LookupError};
use farebox_estimate::{Calibration, Engine, Parallelism};
use serde::{Deserialize, Serialize};

/// Why a scenario has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// No scenario has the name.
    #[error("no scenario is named `{name}`: there are {}", known.join(", "))]
    Name {
        /// The name as typed.
        name: String,
        /// Those there are.
        known: Vec<String>,
    },
    /// A change that cannot be made.
    #[error("--set {change}: {why}")]
    Change {
        /// The change as typed.
        change: String,
        /// What is wrong with it.
        why: String,
    },
    /// A figure that cannot be one.
    #[error("--set: {0}")]
    Figure(&'static str),
    /// The table of scenarios cannot be read.
    #[error("the scenarios: {0}")]
    Table(#[from] toml::de::Error),
    /// No accelerator or hosted model has the name.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The model cannot be had.
    #[error(transparent)]
    Model(#[from] ModelLookupError),
    /// The model cannot be made of what was typed.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// No precision has the name.
    #[error(transparent)]
    Precision(#[from] UnknownPrecision),
    /// The machine has no answer.
    #[error(transparent)]
    Question(#[from] QuestionError),
    /// The API has no bill.
    #[error(transparent)]
    Bill(#[from] BillError),
    /// The catalogue has a file that cannot be read.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
}

/// One question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// Its name.
    pub name: String,
    /// What it is about.
    pub title: String,
    /// A catalogue id; or [`Self::params`], or [`Self::api`].
    pub model: Option<String>,
    /// Parameters in all, such as `13B`.
    pub params: Option<String>,
    /// A hosted model.
    pub api: Option<String>,
    /// The accelerator.
    pub gpu: Option<String>,
    /// Tensor parallelism.
    #[serde(default = "one")]
    pub tp: u32,
    /// Precision of weights; none for what the checkpoint says.
    pub precision: Option<String>,
    /// Input tokens per request.
    pub isl: u32,
    /// Output tokens per request.
    pub osl: u32,
    /// Requests in flight.
    #[serde(default = "one")]
    pub concurrency: u32,
    /// Users, for a bill per hour.
    pub users: Option<u32>,
    /// Requests of each per hour.
    pub requests_per_user_hour: Option<f64>,
}

fn one() -> u32 {
    1
}

const PRESETS: &str = include_str!("presets.toml");

/// The presets asked for, changed as asked.
pub fn presets(name: Option<&str>, set: &[String]) -> Result<Vec<Preset>, ScenarioError> {
    let file: toml::Table = PRESETS.parse()?;
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
                ScenarioError::Change { change: change.clone(), why }
            })?;
        }
        let preset = table.try_into::<Preset>()?;
        preset.check()?;
        presets.push(preset);
    }
    match (presets.is_empty(), name) {
        (true, Some(name)) => Err(ScenarioError::Name { name: name.to_owned(), known }),
        _ => Ok(presets),
    }
}

/// Puts `key=value` into a preset; numbers are read as numbers.
fn apply(table: &mut toml::Value, change: &str) -> Result<(), ScenarioError> {
    let (key, value) = change.split_once('=').ok_or_else(|| ScenarioError::Change {
        change: change.to_owned(),
        why: "is not key=value".to_owned(),
    })?;
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
    fn check(&self) -> Result<(), ScenarioError> {
        let whole = [self.isl, self.osl, self.concurrency, self.tp];
        if whole.contains(&0) || whole.iter().any(|n| *n > 10_000_000) {
            return Err(ScenarioError::Figure("isl, osl, concurrency and tp are above zero"));
        }
        let rate = self.requests_per_user_hour.unwrap_or(1.0);
        if !(rate > 0.0 && rate <= 1e6) || self.users == Some(0) {
            let why = "users and requests_per_user_hour are above zero, and no billions";
            return Err(ScenarioError::Figure(why));
        }
        Ok(())
    }

    /// What is asked, in one line.
    pub fn asked(&self) -> String {
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
            lengths: self.lengths(),
            users: self.users,
            requests_per_user_hour: self.requests_per_user_hour,
        }
    }

    fn lengths(&self) -> Lengths {
        Lengths { isl: self.isl, osl: self.osl }
    }

    fn spec(&self, catalogue: &Catalogue) -> Result<ModelSpec, ScenarioError> {
        match (&self.params, &self.model) {
            (Some(params), _) => {
                let params = parse_param_count(params)?;
                Ok(TypedModel { params, ..TypedModel::default() }.spec()?)
            }
            (None, Some(model)) => Ok(ModelCatalog::with_files(catalogue.files()).find(model)?),
            (None, None) => Err(ScenarioError::Figure("the scenario has no model")),
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
    pub(super) fn of(preset: &Preset, catalogue: &Catalogue) -> Result<Self, ScenarioError> {
        let model = preset.spec(catalogue)?;
        let name = preset.gpu.as_deref().unwrap_or_default();
        let gpu = catalogue.accelerators().map_err(Clone::clone)?.find(name)?.clone();
        let precision = preset.precision.as_deref().map(str::parse).transpose()?;
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
    (lengths, concurrency): (Lengths, u64),
    catalogue: &Catalogue,
) -> Result<EstimateDocument, QuestionError> {
    let (gpu, tp, precision) = machine;
    let machine = Machine {
        gpu: gpu.clone(),
        parallel: Parallelism::tensor(tp),
        precision,
        kv: model.kv.unwrap_or_default(),
        engine: Engine::Vllm,
    };
    let rental = Billing::default().of_machine(&machine, catalogue)?;
    let deployed = Deployed::new(&machine, model, Calibration::embedded(), rental)?;
    Ok(deployed.answer(lengths, closed(concurrency), None)?)
}
