//! What requests are like: drawn lengths, a traffic profile, a trace or a dataset, and what they
//! have in common.

use super::args::{BenchArgs, RequestArgs};
use super::load_args::LoadArgs;
use super::sharing_args::SharingArgs;
use super::traffic;
use crate::cli::Global;
use crate::commands::profile::{self, Counting};
use crate::error::CliError;
use farebox_dataset::{Exchanges, all_cores};
use farebox_workload::{
    Arrivals, Generated, Lengths, Marginal, Observed, ObservedTraffic, Pause, Prefixes, Repeat,
    Replay, ReplaySettings, Rhythm, Sessions, Sharing, Turns, Workload,
};
use std::num::NonZeroU32;
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
    pub(super) fn of(args: &BenchArgs, global: Global) -> Result<Self, CliError> {
        let (request, load, sharing) = (&args.request, &args.load, &args.sharing);
        if let Some(name) = &load.trace {
            let replay = replay(name, args, global)?;
            return Ok(Self::new(Workload::Replay(replay), Some(named("trace", name)), args));
        }
        let (lengths, words) = if let Some(name) = &request.traffic {
            let lengths = traffic::lengths(name, counting(request), global)?;
            match request.shrink {
                None => (lengths, Some(format!("traffic {name}"))),
                Some(by) => (lengths.scaled(by), Some(format!("traffic {name}, {}", part(by)))),
            }
        } else {
            let (isl, osl) = (request.isl, request.osl);
            (Lengths::Apart { isl, osl }, varied(isl, osl))
        };
        let shared = shared(sharing, &lengths)?;
        let words = match (words, in_words(sharing)) {
            (words, None) => words,
            (None, Some(shared)) => Some(shared),
            (Some(words), Some(shared)) => Some(format!("{words}; {shared}")),
        };
        let arrivals = day(load)?;
        let generated = Generated { lengths, arrivals, sharing: shared };
        Ok(Self::new(Workload::Generated(generated), words, args))
    }

    /// The conversations of a dataset in their order, over and over, every load beginning
    /// elsewhere.
    pub(super) fn of_dataset(exchanges: &Exchanges, args: &BenchArgs) -> Result<Self, CliError> {
        let seen = exchanges.list.iter().map(|exchange| Observed {
            isl: exchange.isl,
            osl: exchange.osl,
            session: Some(exchange.conversation),
            ..Observed::default()
        });
        let observed = ObservedTraffic { requests: seen.collect(), ..ObservedTraffic::default() };
        let settings = ReplaySettings {
            repeat: Repeat::Elsewhere,
            think: think(&args.sharing),
            ..ReplaySettings::default()
        };
        let replay = Replay::new(&in_order(observed), &settings).map_err(CliError::usage)?;
        let lengths = args.request.dataset.as_deref().map(|name| named("dataset", name));
        Ok(Self { trace_len: None, ..Self::new(Workload::Replay(replay), lengths, args) })
    }

    fn new(workload: Workload, lengths: Option<String>, args: &BenchArgs) -> Self {
        let load = &args.load;
        let (isl, osl) = workload.mean_lengths();
        let arrivals = load.request_rate.as_ref().map(|_| match &load.day {
            None => rhythm(load).to_string(),
            Some(day) => format!("{}, by the hours of {day}", rhythm(load)),
        });
        let words = farebox_core::Workload {
            isl: Some(isl.round() as u32),
            osl: Some(osl.round() as u32),
            lengths,
            arrivals,
            cache: args.request.cache,
            ..farebox_core::Workload::default()
        };
        let trace_len = match &workload {
            Workload::Replay(replay) => Some(replay.len() as u64),
            Workload::Generated(_) => None,
        };
        Self { workload, words, trace_len }
    }
}

/// How evenly requests come in open loop.
pub(super) fn rhythm(load: &LoadArgs) -> Rhythm {
    let burstiness = load.burstiness.map(Rhythm::Gamma);
    burstiness.or(load.arrivals).unwrap_or(Rhythm::Poisson)
}

/// How text is counted where it must be.
pub(super) fn counting(request: &RequestArgs) -> Counting<'_> {
    let tokenizer = request.tokenizer.as_deref();
    let field_map = request.field_map.as_ref();
    Counting { tokenizer, field_map, window: None, cached: true, threads: all_cores() }
}

/// Arrivals that follow the hours of a day, at any rate: the load says which.
fn day(load: &LoadArgs) -> Result<Option<Arrivals>, CliError> {
    let Some(name) = &load.day else { return Ok(None) };
    let wrong = |error| CliError::usage(format_args!("--day: {name}: {error}"));
    let mut day = traffic::day(name, load.day_start.unwrap_or(0))?;
    if let Some(length) = load.day_length {
        day = day.lasting(length.0.as_secs_f64()).map_err(wrong)?;
    }
    Ok(Some(Arrivals::new(1.0, rhythm(load)).map_err(wrong)?.over_the_day(day)))
}

fn shared(args: &SharingArgs, lengths: &Lengths) -> Result<Sharing, CliError> {
    let (isl, osl) = lengths.means();
    if args.trajectories {
        return Ok(Sharing::Sessions(Sessions::trajectories(isl, 0.0)));
    }
    if let Some(turns) = args.turns {
        let growth = args.turn_growth.unwrap_or(Marginal::Fixed((isl + osl).round() as u32));
        return Ok(Sharing::Sessions(Sessions { turns, growth, pause: think(args) }));
    }
    if args.think_time.is_some() {
        return Err(CliError::usage("--think-time: there are no conversations to think in")
            .hint("--turns N, or a --dataset of conversations"));
    }
    let Some(tokens) = args.prefix_tokens else { return Ok(Sharing::Nothing) };
    let (groups, zipf) = (args.prefix_groups.unwrap_or(1), args.prefix_zipf.unwrap_or(0.0));
    Prefixes::new(groups, tokens, zipf)
        .map(Sharing::Prefixes)
        .ok_or_else(|| CliError::usage("--prefix-groups: there is no such choice of groups"))
}

/// What requests have in common, in words.
fn in_words(args: &SharingArgs) -> Option<String> {
    match (args.trajectories, args.turns, args.prefix_tokens) {
        (true, ..) => Some("trajectories of 5 steps".to_owned()),
        (_, Some(turns), _) => Some(format!("conversations of {turns} turns")),
        (_, None, Some(tokens)) => {
            let groups = args.prefix_groups.unwrap_or(1);
            Some(format!("{groups} prefixes of {tokens}, zipf {}", args.prefix_zipf.unwrap_or(0.0)))
        }
        (false, None, None) => None,
    }
}

fn think(args: &SharingArgs) -> Pause {
    args.think_time.unwrap_or(Pause::Fixed(0.0))
}

/// How many turns of a dataset's conversations are taken.
pub(super) fn most_turns(args: &SharingArgs) -> Result<usize, CliError> {
    match args.turns {
        None => Ok(usize::MAX),
        Some(Turns::Fixed(turns)) => Ok(turns as usize),
        Some(Turns::Geometric(_)) => Err(CliError::usage(
            "--turns: a dataset has conversations of its own; a number takes the first turns of each",
        )),
    }
}

/// What is left of lengths that are divided by `by`.
pub(crate) fn part(by: NonZeroU32) -> String {
    match by.get() {
        1 => "whole".to_owned(),
        2 => "a half".to_owned(),
        4 => "a quarter".to_owned(),
        8 => "an eighth".to_owned(),
        by => format!("divided by {by}"),
    }
}

/// The distributions in words, where not every request is as long as the next.
fn varied(isl: Marginal, osl: Marginal) -> Option<String> {
    let fixed = matches!((isl, osl), (Marginal::Fixed(_), Marginal::Fixed(_)));
    (!fixed).then(|| format!("isl {isl}, osl {osl}"))
}

fn named(kind: &str, file: &str) -> String {
    let name = Path::new(file).file_name().unwrap_or(file.as_ref());
    format!("{kind} {}", name.to_string_lossy())
}

/// A trace, through the readers of datasets.
fn replay(name: &str, args: &BenchArgs, global: Global) -> Result<Replay, CliError> {
    let mut observed = profile::observed(name, "--trace", counting(&args.request), global)?;
    // At a rate of its own a trace gives lengths, for as long as they are asked for.
    let endless = args.load.request_rate.is_some();
    let repeat = if endless { Repeat::Forever } else { Repeat::Once };
    if endless && observed.requests.iter().any(|request| request.at_ns.is_none()) {
        observed = in_order(observed);
    }
    let settings =
        ReplaySettings { repeat, think: think(&args.sharing), ..ReplaySettings::default() };
    Replay::new(&observed, &settings).map_err(|error| {
        let error = CliError::usage(format_args!("--trace: {name}: {error}"));
        if endless { error } else { error.hint("--request-rate sends its lengths in their order") }
    })
}

/// The same with their order for times.
fn in_order(mut observed: ObservedTraffic) -> ObservedTraffic {
    for (at, request) in observed.requests.iter_mut().enumerate() {
        request.at_ns = i64::try_from(at).ok();
    }
    observed
}
