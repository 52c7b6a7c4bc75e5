//! Which loads are offered, and when each of them stops.

use super::asked::rhythm;
use super::load_args::{LoadArgs, Searched};
use crate::args::range::Counts;
use crate::args::rates::Rates;
use crate::error::CliError;
use farebox_experiment::search::{Grain, Range};
use farebox_experiment::{Course, PointBound};
use farebox_measure::Load;
use farebox_workload::{Pace, Speed};
use std::time::Duration;

/// Batches at each size where nothing bounds them.
const BATCHES: u64 = 20;
/// Time at each concurrency where nothing bounds it.
const DURATION: Duration = Duration::from_secs(30);

/// Loads to search where nobody says.
const SEARCHED: (f64, f64) = (1.0, 256.0);

/// Which loads are offered: a list, or those of a search.
pub(super) fn course(args: &LoadArgs, promised: bool) -> Result<Course, CliError> {
    let Some(searched) = args.search else {
        return Ok(Course::Sweep { loads: loads(args)?, repeat: args.repeat });
    };
    if !promised {
        return Err(CliError::usage("--search: the load line of which promise? --slo is missing")
            .hint("--slo chat:ttft.p90=1s,tpot.p90=50ms"));
    }
    let by_rate = match searched {
        Searched::Rate => true,
        Searched::Any => args.request_rate.is_some(),
        Searched::Concurrency => false,
    };
    let ends = |loads: &[f64]| match loads {
        [.., last] => (loads[0].min(*last), *last),
        [] => SEARCHED,
    };
    if by_rate {
        let (low, high) = args.request_rate.as_ref().map_or(SEARCHED, |Rates(rates)| ends(rates));
        let refused = |error| CliError::usage(format_args!("--request-rate: {error}"));
        let pace = Pace::new(low, rhythm(args)).map_err(refused)?;
        let like = Load::Rate { pace, at_most: cap(args)? };
        return Ok(Course::Search { like, range: range(low, high, Grain::Any, args) });
    }
    if args.request_rate.is_some() {
        return Err(CliError::usage("--search=concurrency cannot be searched with --request-rate"));
    }
    let slots = args.concurrency.as_ref().map_or(SEARCHED, |Counts(list)| {
        ends(&list.iter().copied().map(f64::from).collect::<Vec<_>>())
    });
    let range = range(slots.0, slots.1, Grain::Whole, args);
    Ok(Course::Search { like: Load::Concurrency(1), range })
}

fn range(low: f64, high: f64, grain: Grain, args: &LoadArgs) -> Range {
    Range { low, high, resolution: args.search_resolution, grain }
}

fn loads(args: &LoadArgs) -> Result<Vec<Load>, CliError> {
    if let Some(Rates(rates)) = &args.request_rate {
        let at_most = cap(args)?;
        let load = |rate| Ok(Load::Rate { pace: Pace::new(rate, rhythm(args))?, at_most });
        let refused = |error: farebox_workload::ArrivalsError| {
            CliError::usage(format_args!("--request-rate: {error}"))
        };
        return rates.iter().copied().map(load).collect::<Result<_, _>>().map_err(refused);
    }
    if args.trace.is_some() {
        let at_most = cap(args)?;
        let speeds = args.trace_speed.as_ref().map_or(&[1.0][..], |Rates(speeds)| speeds);
        let load = |speed| Ok(Load::Trace { speed: Speed::new(speed)?, at_most });
        let refused = |error: farebox_workload::ReplayError| {
            CliError::usage(format_args!("--trace-speed: {error}"))
        };
        return speeds.iter().copied().map(load).collect::<Result<_, _>>().map_err(refused);
    }
    Ok(match (&args.batch, &args.concurrency) {
        (Some(Counts(sizes)), _) => sizes.iter().copied().map(Load::Batch).collect(),
        (None, Some(Counts(slots))) => slots.iter().copied().map(Load::Concurrency).collect(),
        (None, None) => [1, 2, 4, 8, 16].map(Load::Concurrency).to_vec(),
    })
}

/// The most that may be in flight in open loop.
fn cap(args: &LoadArgs) -> Result<Option<u32>, CliError> {
    match args.concurrency.as_ref().map(|Counts(list)| list.as_slice()) {
        None => Ok(None),
        Some(&[most]) => Ok(Some(most)),
        Some(_) => Err(CliError::usage(
            "--concurrency: in open loop it is the most that may be in flight, one number",
        )
        .hint("list the rates instead, such as --request-rate 1,2,4")),
    }
}

/// When each load stops.
pub(super) fn bound(args: &LoadArgs, trace_len: Option<u64>) -> PointBound {
    let whole_trace = trace_len.filter(|_| args.request_rate.is_none());
    match (args.duration, args.num_requests) {
        (Some(span), _) => PointBound::Duration(span.0),
        (None, Some(n)) => PointBound::Requests(n),
        (None, None) if args.batch.is_some() => {
            PointBound::RequestsPerSlot(args.num_batches.unwrap_or(BATCHES))
        }
        (None, None) => whole_trace.map_or(PointBound::Duration(DURATION), PointBound::Requests),
    }
}
