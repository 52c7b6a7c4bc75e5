//! The engines of a matrix: what they are and how they come to be there.

use super::document::{EngineTable, Listed, StartWord};
use super::error::{Place, SpecError};
use super::price::PriceSpec;
use farebox_core::EngineKind;
use std::time::Duration;
use toml::Spanned;

/// One engine.
#[derive(Debug, Clone, PartialEq)]
pub struct EngineSpec {
    /// What the matrix calls it.
    pub name: String,
    /// Which engine it is.
    pub kind: EngineKind,
    /// How it comes to be there.
    pub start: Start,
    /// The precisions it serves; none for all of the matrix.
    pub precisions: Option<Vec<String>>,
    /// The tensor parallelism it is run with; none for all of the matrix.
    pub tp: Option<Vec<u32>>,
    /// The model to ask for, where the server calls it otherwise; for what is started by a
    /// command, also what it serves.
    pub model: Option<String>,
    /// What the machine under it costs.
    pub price: Option<PriceSpec>,
}

/// How an engine comes to be there.
#[derive(Debug, Clone, PartialEq)]
pub enum Start {
    /// A program of this machine, by the usual command line of its kind.
    Local(Options),
    /// A container, by `docker run`.
    Docker {
        /// The image; none for the usual one of its kind.
        image: Option<String>,
        /// How it is started.
        options: Options,
    },
    /// A command of the user's: `{model}`, `{precision}`, `{tp}` and `{port}` stand for the cell's.
    Command {
        /// The program and its arguments.
        words: Vec<String>,
        /// How it is started.
        options: Options,
    },
    /// It is up already.
    Url(String),
    /// The simulated engine of this project, in this process.
    Simulated(SimulatedSpec),
}

/// How a process is started.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// More arguments.
    pub flags: Vec<String>,
    /// More environment.
    pub env: Vec<(String, String)>,
    /// Share of an accelerator's memory that it may take, above 0 to 1.
    pub memory_fraction: Option<f64>,
    /// Longest context, in tokens.
    pub max_model_len: Option<u32>,
    /// Longest wait until it answers.
    pub ready_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            flags: Vec::new(),
            env: Vec::new(),
            memory_fraction: None,
            max_model_len: None,
            ready_timeout: READY_TIMEOUT,
        }
    }
}

/// A simulated machine.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulatedSpec {
    /// The model's preset.
    pub model: String,
    /// The accelerator's preset.
    pub gpu: String,
    /// How many times faster than the real machine.
    pub time_scale: f64,
}

impl Default for SimulatedSpec {
    fn default() -> Self {
        Self { model: MODEL.to_owned(), gpu: GPU.to_owned(), time_scale: 1.0 }
    }
}

/// Loading a large checkpoint from a slow disk takes minutes.
const READY_TIMEOUT: Duration = Duration::from_mins(10);
/// Longest wait that makes sense: a day.
const LONGEST_MS: f64 = 86_400_000.0;
/// The model and the accelerator that are simulated where nobody says.
const MODEL: &str = "llama-3.1-8b";
const GPU: &str = "a100-80gb";

impl EngineSpec {
    pub(super) fn read(
        (name, table): (&Spanned<String>, &EngineTable),
        usual_price: Option<&PriceSpec>,
        place: Place<'_>,
    ) -> Result<Self, SpecError> {
        let path = format!("engines.{}", name.get_ref());
        let start = start(table, (name, &path), place)?;
        let (kind, kind_at) = match (&table.kind, &start) {
            (Some(kind), _) => (kind.get_ref().as_str(), kind.span()),
            (None, Start::Simulated(_)) => ("farebox", name.span()),
            (None, _) => (name.get_ref().as_str(), name.span()),
        };
        let kind =
            kind.parse().map_err(|error| place.wrong(&kind_at, format!("{path}.kind: {error}")))?;
        Ok(Self {
            name: name.get_ref().clone(),
            kind,
            precisions: table.precisions.as_ref().map(|list| list.get_ref()).map(values),
            tp: table.tp.as_ref().map(|list| list.get_ref()).map(values),
            model: table.model.as_ref().map(|model| model.get_ref().clone()),
            price: PriceSpec::of_engine(table, &path, usual_price, place)?,
            start,
        })
    }
}

fn values<T: Clone>(list: &Vec<Spanned<T>>) -> Vec<T> {
    list.iter().map(|item| item.get_ref().clone()).collect()
}

fn start(
    table: &EngineTable,
    (name, path): (&Spanned<String>, &str),
    place: Place<'_>,
) -> Result<Start, SpecError> {
    let word = match (&table.start, &table.url, &table.command, &table.image) {
        (Some(word), ..) => *word.get_ref(),
        (None, Some(_), ..) => StartWord::Url,
        (None, None, Some(_), _) => StartWord::Command,
        (None, None, None, Some(_)) => StartWord::Docker,
        (None, None, None, None) => StartWord::Local,
    };
    misplaced(table, word, path, place)?;
    let missing = |key: &str, example: &str| {
        let at = table.start.as_ref().map_or(name.span(), Spanned::span);
        place.wrong(&at, format!("{path}.{key} is missing, such as {key} = {example}"))
    };
    Ok(match word {
        StartWord::Local => Start::Local(options(table, path, place)?),
        StartWord::Docker => Start::Docker {
            image: table.image.as_ref().map(|image| image.get_ref().clone()),
            options: options(table, path, place)?,
        },
        StartWord::Command => {
            let words = table.command.as_ref().filter(|words| !words.get_ref().is_empty());
            let words = words
                .ok_or_else(|| missing("command", "[\"./serve.sh\", \"{model}\", \"{port}\"]"))?;
            Start::Command { words: words.get_ref().clone(), options: options(table, path, place)? }
        }
        StartWord::Url => {
            let url =
                table.url.as_ref().ok_or_else(|| missing("url", "\"http://127.0.0.1:8000\""))?;
            farebox_measure::BaseUrl::parse(url.get_ref())
                .map_err(|error| place.wrong(&url.span(), format!("{path}.url: {error}")))?;
            Start::Url(url.get_ref().clone())
        }
        StartWord::Simulated => Start::Simulated(SimulatedSpec {
            model: preset_model(table, path, place)?,
            time_scale: time_scale(table, path, place)?,
            ..SimulatedSpec::default()
        }),
    })
}

/// Refuses a key that means nothing for an engine that comes to be there in this way.
fn misplaced(
    table: &EngineTable,
    start: StartWord,
    path: &str,
    place: Place<'_>,
) -> Result<(), SpecError> {
    let is_started = matches!(start, StartWord::Local | StartWord::Docker | StartWord::Command);
    let said = [
        ("url", table.url.as_ref().map(Spanned::span), start == StartWord::Url),
        ("command", table.command.as_ref().map(Spanned::span), start == StartWord::Command),
        ("image", table.image.as_ref().map(Spanned::span), start == StartWord::Docker),
        ("time-scale", table.time_scale.as_ref().map(Spanned::span), start == StartWord::Simulated),
        ("memory-fraction", table.memory_fraction.as_ref().map(Spanned::span), is_started),
        ("max-model-len", table.max_model_len.as_ref().map(Spanned::span), is_started),
        ("ready-timeout", table.ready_timeout.as_ref().map(Spanned::span), is_started),
    ];
    for (key, span, is_used) in said {
        if let (Some(span), false) = (span, is_used) {
            let message = format!("{path}.{key}: means nothing for start = \"{}\"", start.word());
            return Err(place.wrong(&span, message));
        }
    }
    Ok(())
}

impl StartWord {
    fn word(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Docker => "docker",
            Self::Command => "command",
            Self::Url => "url",
            Self::Simulated => "simulated",
        }
    }
}

fn options(table: &EngineTable, path: &str, place: Place<'_>) -> Result<Options, SpecError> {
    if let Some(share) = &table.memory_fraction
        && !(*share.get_ref() > 0.0 && *share.get_ref() <= 1.0)
    {
        let message = format!("{path}.memory-fraction: a share above 0 and up to 1, such as 0.9");
        return Err(place.wrong(&share.span(), message));
    }
    let ready_timeout = match &table.ready_timeout {
        None => READY_TIMEOUT,
        Some(text) => span_of(text.get_ref()).ok_or_else(|| {
            let message = format!("{path}.ready-timeout: a span of time, such as \"10m\"");
            place.wrong(&text.span(), message)
        })?,
    };
    Ok(Options {
        flags: table.flags.clone(),
        env: pairs(&table.env),
        memory_fraction: table.memory_fraction.as_ref().map(|share| *share.get_ref()),
        max_model_len: table.max_model_len.as_ref().map(|tokens| *tokens.get_ref()),
        ready_timeout,
    })
}

fn pairs(table: &Listed<String>) -> Vec<(String, String)> {
    table.0.iter().map(|(name, value)| (name.get_ref().clone(), value.clone())).collect()
}

/// `90s`, `10m`: a number with its unit.
fn span_of(text: &str) -> Option<Duration> {
    const UNITS: [(&str, f64); 4] = [("ms", 1.0), ("s", 1e3), ("m", 60e3), ("h", 3_600e3)];
    let (number, unit_ms) =
        UNITS.iter().find_map(|(unit, ms)| Some((text.strip_suffix(unit)?, *ms)))?;
    let ms = number.trim().parse::<f64>().ok()? * unit_ms;
    (ms > 0.0 && ms <= LONGEST_MS).then(|| Duration::from_secs_f64(ms / 1e3))
}

/// The model that is simulated.
fn preset_model(table: &EngineTable, path: &str, place: Place<'_>) -> Result<String, SpecError> {
    let Some(model) = &table.model else { return Ok(MODEL.to_owned()) };
    farebox_engine::preset::model(model.get_ref())
        .map_err(|error| place.wrong(&model.span(), format!("{path}.model: {error}")))?;
    Ok(model.get_ref().clone())
}

fn time_scale(table: &EngineTable, path: &str, place: Place<'_>) -> Result<f64, SpecError> {
    match &table.time_scale {
        None => Ok(1.0),
        Some(scale) if *scale.get_ref() > 0.0 && scale.get_ref().is_finite() => {
            Ok(*scale.get_ref())
        }
        Some(scale) => {
            Err(place.wrong(&scale.span(), format!("{path}.time-scale: a number above 0")))
        }
    }
}
