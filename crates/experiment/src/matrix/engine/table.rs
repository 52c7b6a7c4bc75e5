//! `[engines.NAME]`, checked.

use super::{EngineSpec, READY_TIMEOUT, SHOWN_PORT, SimulatedSpec, Start};
use crate::matrix::document::{EngineTable, StartWord};
use crate::matrix::error::{Place, SpecError};
use crate::matrix::flags::{Flag, Flags, Section};
use crate::matrix::price::PriceSpec;
use farebox_core::EngineKind;
use farebox_launch::{Docker, How, LaunchSpec, Local};
use std::time::Duration;
use toml::Spanned;

/// Longest wait that makes sense: a day.
const LONGEST_MS: f64 = 86_400_000.0;

impl EngineSpec {
    pub(in crate::matrix) fn read(
        (name, table): (&Spanned<String>, &EngineTable),
        usual_price: Option<&PriceSpec>,
        place: Place<'_>,
    ) -> Result<Self, SpecError> {
        let path = format!("engines.{}", name.get_ref());
        let word = start_word(table);
        let (kind, kind_at) = match (&table.kind, word) {
            (Some(kind), _) => (kind.get_ref().as_str(), kind.span()),
            (None, StartWord::Simulated) => ("farebox", name.span()),
            (None, _) => (name.get_ref().as_str(), name.span()),
        };
        let kind =
            kind.parse().map_err(|error| place.wrong(&kind_at, format!("{path}.kind: {error}")))?;
        misplaced(table, word, &path, place)?;
        Ok(Self {
            name: name.get_ref().clone(),
            kind,
            start: start((name, table), (kind, word), &path, place)?,
            precisions: table.precisions.as_ref().map(|list| values(list.get_ref())),
            tp: table.tp.as_ref().map(|list| values(list.get_ref())),
            model: table.model.as_ref().map(|model| model.get_ref().clone()),
            price: PriceSpec::of_engine(table, &path, usual_price, place)?,
            bench: bench(table, &path, place)?,
        })
    }
}

/// How its requests are sent, and what somebody charges for them.
fn bench(table: &EngineTable, path: &str, place: Place<'_>) -> Result<Flags, SpecError> {
    let mut flags = Flags::read(&table.bench, Section::Bench, &format!("{path}.bench"), place)?;
    if let Some(tariff) = &table.tariff {
        let (key, line) = (format!("{path}.tariff"), place.line(&tariff.span()));
        let words = vec!["--tariff".to_owned(), tariff.get_ref().clone()];
        flags.0.push(Flag { key, line, name: "tariff".to_owned(), words });
    }
    Ok(flags)
}

fn values<T: Clone>(list: &[Spanned<T>]) -> Vec<T> {
    list.iter().map(|item| item.get_ref().clone()).collect()
}

/// What the file says, or else what its other keys give away.
fn start_word(table: &EngineTable) -> StartWord {
    match (&table.start, &table.url, &table.command, &table.image) {
        (Some(word), ..) => *word.get_ref(),
        (None, Some(_), ..) => StartWord::Url,
        (None, None, Some(_), _) => StartWord::Command,
        (None, None, None, Some(_)) => StartWord::Docker,
        (None, None, None, None) => StartWord::Local,
    }
}

fn start(
    (name, table): (&Spanned<String>, &EngineTable),
    (kind, word): (EngineKind, StartWord),
    path: &str,
    place: Place<'_>,
) -> Result<Start, SpecError> {
    let missing = |key: &str, example: &str| {
        let at = table.start.as_ref().map_or(name.span(), Spanned::span);
        place.wrong(&at, format!("{path}.{key} is missing, such as {key} = {example}"))
    };
    let how = match word {
        StartWord::Local => How::Local(Local {
            program: None,
            venv: table.venv.as_ref().map(|venv| venv.get_ref().into()),
        }),
        StartWord::Docker => How::Docker(Docker {
            image: table.image.as_ref().map(|image| image.get_ref().clone()),
            gpus: table.gpus.as_ref().map(|gpus| gpus.get_ref().clone()),
            volumes: table.volumes.as_ref().map(|it| it.get_ref().clone()).unwrap_or_default(),
            run_args: table.run_args.as_ref().map(|it| it.get_ref().clone()).unwrap_or_default(),
        }),
        StartWord::Command => {
            let words = table.command.as_ref().filter(|words| !words.get_ref().is_empty());
            let words = words
                .ok_or_else(|| missing("command", "[\"./serve.sh\", \"{model}\", \"{port}\"]"))?;
            How::Custom(words.get_ref().clone())
        }
        StartWord::Url => {
            let url =
                table.url.as_ref().ok_or_else(|| missing("url", "\"http://127.0.0.1:8000\""))?;
            farebox_measure::BaseUrl::parse(url.get_ref())
                .map_err(|error| place.wrong(&url.span(), format!("{path}.url: {error}")))?;
            return Ok(Start::Url(url.get_ref().clone()));
        }
        StartWord::Simulated => {
            return Ok(Start::Simulated(SimulatedSpec {
                model: preset_model(table, path, place)?,
                time_scale: time_scale(table, path, place)?,
                ..SimulatedSpec::default()
            }));
        }
    };
    let mut spec = LaunchSpec { how, ..LaunchSpec::new(kind, "", SHOWN_PORT) };
    spec.memory_fraction = memory_fraction(table, path, place)?;
    spec.max_len = table.max_model_len.as_ref().map(|tokens| *tokens.get_ref());
    spec.max_seqs = table.max_num_seqs.as_ref().map(|requests| *requests.get_ref());
    spec.extra.clone_from(&table.flags);
    let env = table.env.0.iter();
    spec.env = env.map(|(name, value)| (name.get_ref().clone(), value.clone())).collect();
    Ok(Start::Launched { spec: Box::new(spec), ready_timeout: ready_timeout(table, path, place)? })
}

/// Refuses a key that means nothing for an engine that comes to be there in this way.
fn misplaced(
    table: &EngineTable,
    start: StartWord,
    path: &str,
    place: Place<'_>,
) -> Result<(), SpecError> {
    fn at<T>(value: Option<&Spanned<T>>) -> Option<std::ops::Range<usize>> {
        value.map(Spanned::span)
    }
    let is_named = matches!(start, StartWord::Local | StartWord::Docker);
    let is_launched = is_named || start == StartWord::Command;
    let said = [
        ("url", at(table.url.as_ref()), start == StartWord::Url),
        ("command", at(table.command.as_ref()), start == StartWord::Command),
        ("venv", at(table.venv.as_ref()), start == StartWord::Local),
        ("image", at(table.image.as_ref()), start == StartWord::Docker),
        ("gpus", at(table.gpus.as_ref()), start == StartWord::Docker),
        ("volumes", at(table.volumes.as_ref()), start == StartWord::Docker),
        ("run-args", at(table.run_args.as_ref()), start == StartWord::Docker),
        ("tariff", at(table.tariff.as_ref()), start == StartWord::Url),
        ("time-scale", at(table.time_scale.as_ref()), start == StartWord::Simulated),
        ("memory-fraction", at(table.memory_fraction.as_ref()), is_named),
        ("max-model-len", at(table.max_model_len.as_ref()), is_named),
        ("max-num-seqs", at(table.max_num_seqs.as_ref()), is_named),
        ("ready-timeout", at(table.ready_timeout.as_ref()), is_launched),
    ];
    for (key, span, is_used) in said {
        if let (Some(span), false) = (span, is_used) {
            let message = format!("{path}.{key}: means nothing for start = \"{}\"", start.word());
            return Err(place.wrong(&span, message));
        }
    }
    Ok(())
}

fn memory_fraction(
    table: &EngineTable,
    path: &str,
    place: Place<'_>,
) -> Result<Option<f64>, SpecError> {
    match &table.memory_fraction {
        Some(share) if !(*share.get_ref() > 0.0 && *share.get_ref() <= 1.0) => {
            let message =
                format!("{path}.memory-fraction: a share above 0 and up to 1, such as 0.9");
            Err(place.wrong(&share.span(), message))
        }
        share => Ok(share.as_ref().map(|share| *share.get_ref())),
    }
}

fn ready_timeout(table: &EngineTable, path: &str, place: Place<'_>) -> Result<Duration, SpecError> {
    let Some(text) = &table.ready_timeout else { return Ok(READY_TIMEOUT) };
    span_of(text.get_ref()).ok_or_else(|| {
        let message = format!("{path}.ready-timeout: a span of time, such as \"10m\"");
        place.wrong(&text.span(), message)
    })
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
    let Some(model) = &table.model else { return Ok(SimulatedSpec::default().model) };
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
