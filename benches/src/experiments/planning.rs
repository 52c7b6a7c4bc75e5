//! How fast requests are planned: lengths, times and what they share.

use crate::error::BenchError;
use crate::say;
use crate::spread::Spread;
use farebox_workload::catalogue::{Entry, find};
use farebox_workload::sharing::{Pause, Turns};
use farebox_workload::{
    Arrivals, Generated, Lengths, Marginal, Prefixes, Rhythm, Sessions, Sharing, Workload,
};
use std::fmt::Write as _;
use std::time::Instant;

/// Requests of a plan.
const REQUESTS: usize = 100_000;

pub(super) fn run(rounds: usize) -> Result<String, BenchError> {
    let mut text = format!(
        "{REQUESTS} requests of a plan at 100 a second, gamma gaps, on one core.\n\n\
         | lengths and sharing | seconds |\n|---|---:|\n"
    );
    for (name, workload) in workloads()? {
        say(&format!("planning: {name}"));
        let seconds = (0..rounds).map(|round| {
            let start = Instant::now();
            // The sum keeps the optimiser from planning nothing.
            let plan = workload.plan(round as u64).take(REQUESTS);
            let tokens: u64 = plan.map(|planned| u64::from(planned.isl)).sum();
            assert!(tokens > 0, "a plan has tokens");
            start.elapsed().as_secs_f64()
        });
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| {name} | {:.3} |", Spread::of(seconds));
    }
    Ok(text)
}

fn workloads() -> Result<Vec<(&'static str, Workload)>, BenchError> {
    let failed = |what: &str| BenchError::io("planning")(std::io::Error::other(what.to_owned()));
    let Some(Entry::Profile(embedded)) = find("wildchat-2024-03") else {
        return Err(failed("no such profile"));
    };
    let traffic = embedded.traffic().map_err(|error| failed(&error.to_string()))?;
    let joint = Lengths::of(&traffic).ok_or_else(|| failed("an empty profile"))?;
    let isl = Marginal::LogNormal { mean: 2433.0, sd: 5706.0 };
    let osl = Marginal::Normal { mean: 422.0, sd: 300.0 };
    let arrivals = Arrivals::new(100.0, Rhythm::Gamma(0.7));
    let arrivals = arrivals.map_err(|error| failed(&error.to_string()))?;
    let prefixes = Prefixes::new(64, 1500, 1.0).ok_or_else(|| failed("no prefixes"))?;
    let sessions = Sessions {
        turns: Turns::Geometric(4.0),
        growth: Marginal::LogNormal { mean: 600.0, sd: 900.0 },
        pause: Pause::Exponential(8.0),
    };
    let workload = |lengths: &Lengths, sharing| {
        let (lengths, arrivals) = (lengths.clone(), Some(arrivals.clone()));
        Workload::Generated(Generated { lengths, arrivals, sharing })
    };
    let apart = Lengths::Apart { isl, osl };
    Ok(vec![
        ("log-normal and normal, nothing shared", workload(&apart, Sharing::Nothing)),
        ("wildchat-2024-03, nothing shared", workload(&joint, Sharing::Nothing)),
        ("wildchat-2024-03, 64 prefixes", workload(&joint, Sharing::Prefixes(prefixes))),
        (
            "wildchat-2024-03, conversations of 4 turns",
            workload(&joint, Sharing::Sessions(sessions)),
        ),
    ])
}
