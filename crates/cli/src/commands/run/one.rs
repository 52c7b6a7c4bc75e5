//! A matrix of one engine, made of flags.

use super::args::RunArgs;
use super::checkpoints::{BASE, checkpoint};
use crate::args::range::Counts;
use crate::commands::bench;
use crate::error::CliError;
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory};
use farebox_core::EngineKind;
use farebox_experiment::matrix::{
    EngineSpec, Flag, Flags, Matrix, Named, Order, SimulatedSpec, Start,
};
use farebox_launch::{Docker, How, Local};

/// The matrix that these flags amount to.
pub(super) fn matrix(args: &RunArgs, kind: EngineKind) -> Result<Matrix, CliError> {
    let one = &args.one;
    let precisions = match one.quantization.as_slice() {
        [] => vec![BASE.to_owned()],
        list => list.to_vec(),
    };
    let tp = one.tp.as_ref().map_or(vec![1], |Counts(list)| list.clone());
    let start = start(args, kind)?;
    let is_launched = matches!(start, Start::Launched { .. });
    if one.api.tariff.is_some() && !matches!(start, Start::Url(_)) {
        return Err(CliError::usage("--tariff: what is started here charges nothing")
            .hint("--base-url URL says where a hosted API is"));
    }
    if is_launched && one.model.is_none() {
        return Err(CliError::usage("--engine: which model does it serve? --model is missing"));
    }
    let checkpoints = match &one.model {
        Some(model) if is_launched => precisions
            .iter()
            .map(|precision| checkpoint(model, precision))
            .collect::<Result<_, _>>()?,
        // What is up already serves what it serves.
        Some(_) | None => Vec::new(),
    };
    let engine = EngineSpec {
        name: kind.name().to_owned(),
        kind,
        start,
        precisions: None,
        tp: None,
        model: one.model.clone().filter(|_| !is_launched),
        price: args.money.spec(&tp, &args.catalogue.open()?)?,
        bench: Flags::default(),
    };
    Ok(Matrix {
        name: name(args, kind),
        seed: None,
        order: Order::Listed,
        gpu: args.gpu.typed().map(str::to_owned),
        engines: vec![engine],
        checkpoints,
        precisions,
        tp,
        traffic: vec![unnamed(Flags::default())],
        loads: vec![unnamed(Flags::default())],
        slos: args.promises.promises()?,
        bench: typed(),
    })
}

fn unnamed(flags: Flags) -> Named {
    Named { name: String::new(), flags }
}

fn start(args: &RunArgs, kind: EngineKind) -> Result<Start, CliError> {
    let one = &args.one;
    if let Some(url) = &one.base_url {
        farebox_measure::BaseUrl::parse(url)
            .map_err(|error| CliError::usage(format_args!("--base-url: {error}")))?;
        return Ok(Start::Url(url.clone()));
    }
    let how = match (&one.docker, kind) {
        (Some(image), _) => {
            let image = Some(image.clone()).filter(|image| !image.is_empty());
            How::Docker(Docker { image, ..Docker::default() })
        }
        (None, EngineKind::Farebox) => return Ok(Start::Simulated(SimulatedSpec::default())),
        (None, EngineKind::OpenAi) => {
            let error = CliError::usage("--engine openai: nothing is started for it");
            return Err(error.hint("--base-url URL says where it is"));
        }
        (None, _) => How::Local(Local { program: None, venv: one.venv.clone() }),
    };
    let mut start = Start::launched(kind, how);
    if let Start::Launched { spec, .. } = &mut start {
        spec.extra.clone_from(&one.engine_arg);
    }
    Ok(start)
}

/// What people will know it by.
fn name(args: &RunArgs, kind: EngineKind) -> String {
    let model = args.one.model.as_deref().and_then(|model| model.rsplit('/').next());
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let name = [Some(kind.name()), model].into_iter().flatten().collect::<Vec<_>>().join("-");
    name.chars().map(plain).collect()
}

/// The flags of `farebox bench` that were typed, as one would type them again.
fn typed() -> Flags {
    let matches = typed_matches();
    let ours = [
        "slos",
        "goodput",
        "price_per_hour",
        "price_per_gpu_hour",
        "offer",
        "catalog",
        "gpus_per_box",
        "gpus_used",
        "out",
        "model",
        "base_url",
        "engine",
        "gpu",
    ];
    let flags = bench::flags().into_iter().filter_map(|arg| {
        let (id, long) = (arg.get_id().as_str(), arg.get_long()?);
        if ours.contains(&id) || !is_typed(&matches, id) {
            return None;
        }
        Some(Flag {
            key: format!("--{long}"),
            line: 0,
            name: long.to_owned(),
            words: words(&matches, id, &arg),
        })
    });
    Flags(flags.collect())
}

/// The values of a flag with its name before each.
fn words(matches: &ArgMatches, id: &str, arg: &clap::Arg) -> Vec<String> {
    let flag = format!("--{}", arg.get_long().unwrap_or_default());
    if !arg.get_action().takes_values() {
        return vec![flag];
    }
    let times = matches.get_raw_occurrences(id).into_iter().flatten();
    times
        .flat_map(|values| {
            let values: Vec<String> =
                values.map(|value| value.to_string_lossy().into_owned()).collect();
            // A value that may be left out needs its sign.
            match values.as_slice() {
                [value] if arg.is_require_equals_set() => vec![format!("{flag}={value}")],
                _ => [flag.clone()].into_iter().chain(values).collect(),
            }
        })
        .collect()
}

fn is_typed(matches: &ArgMatches, id: &str) -> bool {
    let known = matches.try_contains_id(id).is_ok();
    known && matches.value_source(id) == Some(ValueSource::CommandLine)
}

/// What was typed after `farebox run`, as clap keeps it.
fn typed_matches() -> ArgMatches {
    let all = crate::cli::Cli::command().try_get_matches_from(std::env::args_os());
    let run = all.ok().and_then(|mut matches| matches.remove_subcommand());
    run.map(|(_, matches)| matches).unwrap_or_default()
}

/// A matrix file says everything itself.
pub(super) fn refuse_beside_a_file() -> Result<(), CliError> {
    let matches = typed_matches();
    let ours = ["out"];
    let stray = bench::flags().into_iter().find(|arg| {
        let id = arg.get_id().as_str();
        !ours.contains(&id) && is_typed(&matches, id)
    });
    match stray.as_ref().and_then(clap::Arg::get_long) {
        None => Ok(()),
        Some(flag) => {
            Err(CliError::usage(format_args!("--{flag}: what a matrix asks stands in its file"))
                .hint("with --engine instead of a file, flags say it"))
        }
    }
}
