//! What requests are like: fixed or drawn lengths, a traffic profile, or a trace.

use super::args::RequestArgs;
use super::load_args::LoadArgs;
use crate::error::CliError;
use farebox_workload::catalogue::{self, Entry};
use farebox_workload::{
    Generated, Lengths, Marginal, Repeat, Replay, ReplaySettings, Rhythm, Sharing, Traffic,
    Workload, trace,
};
use std::fs;
use std::path::Path;

/// The requests of a run.
pub(super) struct Asked {
    /// For the load generator.
    pub(super) workload: Workload,
    /// In the words of files.
    pub(super) words: farebox_core::Workload,
    /// Requests in the trace, where it is one.
    pub(super) trace_len: Option<u64>,
}

impl Asked {
    /// What these flags ask for.
    pub(super) fn of(request: &RequestArgs, load: &LoadArgs) -> Result<Self, CliError> {
        let (workload, lengths) = match (&load.trace, &request.traffic) {
            (Some(file), _) => {
                // At a rate of its own a trace gives lengths, for as long as they are asked for.
                let endless = load.request_rate.is_some();
                let repeat = if endless { Repeat::Forever } else { Repeat::Once };
                (Workload::Replay(replay(file, repeat)?), Some(named("trace", file)))
            }
            (None, Some(name)) => (drawn(traffic(name)?), Some(format!("traffic {name}"))),
            (None, None) => {
                let (isl, osl) = (request.isl, request.osl);
                (drawn(Lengths::Apart { isl, osl }), varied(isl, osl))
            }
        };
        let (isl, osl) = workload.mean_lengths();
        let words = farebox_core::Workload {
            isl: Some(isl.round() as u32),
            osl: Some(osl.round() as u32),
            lengths,
            cache: request.cache,
            arrivals: load.request_rate.as_ref().map(|_| rhythm(load).to_string()),
            ..farebox_core::Workload::default()
        };
        let trace_len = match &workload {
            Workload::Replay(replay) => Some(replay.len() as u64),
            Workload::Generated(_) => None,
        };
        Ok(Self { workload, words, trace_len })
    }
}

/// How evenly requests come in open loop.
pub(super) fn rhythm(load: &LoadArgs) -> Rhythm {
    let burstiness = load.burstiness.map(Rhythm::Gamma);
    burstiness.or(load.arrivals).unwrap_or(Rhythm::Poisson)
}

fn drawn(lengths: Lengths) -> Workload {
    Workload::Generated(Generated { lengths, arrivals: None, sharing: Sharing::Nothing })
}

/// The distributions in words, where not every request is as long as the next.
fn varied(isl: Marginal, osl: Marginal) -> Option<String> {
    let fixed = matches!((isl, osl), (Marginal::Fixed(_), Marginal::Fixed(_)));
    (!fixed).then(|| format!("isl {isl}, osl {osl}"))
}

fn named(kind: &str, file: &Path) -> String {
    let name = file.file_name().unwrap_or(file.as_os_str());
    format!("{kind} {}", name.to_string_lossy())
}

fn replay(file: &Path, repeat: Repeat) -> Result<Replay, CliError> {
    let refused = |error: &dyn std::fmt::Display| {
        CliError::usage(format_args!("--trace: {}: {error}", file.display()))
    };
    let text = fs::read_to_string(file).map_err(|error| refused(&error))?;
    let observed = trace::parse(&text).map_err(|error| refused(&error))?;
    let settings = ReplaySettings { repeat, ..ReplaySettings::default() };
    Replay::new(&observed, &settings).map_err(|error| refused(&error))
}

/// The lengths of a profile that comes with the product, or of a file.
fn traffic(name: &str) -> Result<Lengths, CliError> {
    let profile = match catalogue::find(name) {
        Some(Entry::Profile(embedded)) => embedded.traffic(),
        Some(Entry::Recipe(recipe)) => {
            let recipe_only = format!(
                "--traffic: `{name}` is a recipe: lengths of {} depend on the tokenizer and are \
                 not shipped",
                recipe.dataset
            );
            return Err(CliError::usage(recipe_only).hint(format_args!(
                "count them once, `farebox profile {} --format json > {name}.json`, and give the file",
                recipe.dataset
            )));
        }
        None => Traffic::from_json(&fs::read_to_string(name).map_err(|error| {
            let names: Vec<&str> = catalogue::entries().map(|entry| entry.name()).collect();
            CliError::usage(format_args!("--traffic: {name}: {error}"))
                .hint(format_args!("a file of `farebox profile`, or one of {}", names.join(", ")))
        })?),
    };
    let profile =
        profile.map_err(|error| CliError::usage(format_args!("--traffic: {name}: {error}")))?;
    Lengths::of(&profile).ok_or_else(|| {
        CliError::usage(format_args!("--traffic: {name}: there are no requests in its cells"))
    })
}
