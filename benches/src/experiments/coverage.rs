//! How often an interval holds the truth, on simulated runs whose truth is known.

use crate::error::BenchError;
use crate::queues::System;
use crate::say;
use crate::table::Table;
use farebox_core::curve::{CURVE_SCHEMA, Source};
use farebox_core::{Deployment, LoadCurve, LoadPoint, Metric, Slo, Statistic, Workload, summarise};

/// Simulated runs of each system.
const RUNS: u64 = 2000;
/// Requests of each run behind a load line.
const REQUESTS: usize = 4000;

pub(super) fn run(_rounds: usize) -> Result<String, BenchError> {
    let mut table = Table::new(&[
        "system",
        "requests",
        "throughput",
        "mean",
        "p50",
        "p90",
        "p99",
        "runs without an interval of p99",
    ]);
    for (name, system, requests) in SYSTEMS {
        say(&format!("coverage: {name}, {requests} requests"));
        let hits = Hits::over(system, requests);
        table.row([name.to_owned(), requests.to_string()].into_iter().chain(hits.cells()));
    }
    let mut lines = Table::new(&["load line of", "held the truth", "no interval"]);
    for (name, loads, truth) in [
        (
            "e2e p90, closed loop, truth 20",
            [14, 18, 22, 26].map(System::Closed),
            System::Closed(20),
        ),
        (
            "e2e p90, one queue, truth 50 req/s",
            [0.40, 0.46, 0.54, 0.60].map(System::Queue),
            System::Queue(0.50),
        ),
    ] {
        say(&format!("coverage: {name}"));
        let (held, none) = load_lines(&loads, truth)?;
        lines.row([name.to_owned(), share(held, RUNS - none), none.to_string()]);
    }
    Ok(format!(
        "Share of {RUNS} simulated runs, seeds 0 to {}, whose 95 % interval holds the truth, which \
         is known in closed form; among those that have an interval. Records go through the same \
         summary as those of a real run, ramp and warm-up cut included. By chance alone a true \
         95 % comes out between 94.0 and 96.0. In the last row the run is too short for what its \
         requests have in common.\n\n{table}\nLoad lines from four loads of {REQUESTS} requests \
         each:\n\n{lines}",
        RUNS - 1
    ))
}

/// Each with the requests of a run.
const SYSTEMS: [(&str, System, usize); 4] = [
    ("open loop, nothing shared", System::Free(200.0), 4000),
    ("closed loop of 8 on one queue", System::Closed(8), 8000),
    ("open loop, one queue, 40 % busy", System::Queue(0.4), 12_000),
    ("open loop, one queue, 60 % busy", System::Queue(0.6), 4000),
];

fn share(hits: u64, of: u64) -> String {
    format!("{:.1} %", 100.0 * hits as f64 / of.max(1) as f64)
}

const FIGURES: [Statistic; 4] = [
    Statistic::Mean,
    Statistic::Percentile(50.0),
    Statistic::Percentile(90.0),
    Statistic::Percentile(99.0),
];

/// How often each figure's interval held the truth, and how often there was none.
#[derive(Default)]
struct Hits {
    held: [u64; 5],
    none: [u64; 5],
}

impl Hits {
    fn over(system: System, requests: usize) -> Self {
        let mut hits = Self::default();
        let mean_ms = mean_ms(system);
        for seed in 0..RUNS {
            let (marks, records) = system.run(requests, seed, 0);
            let Some(point) = summarise(&records, &[marks], &[]).pop() else { continue };
            hits.note(0, point.interval("output_tok_per_s"), system.output_tok_per_s());
            for (index, figure) in FIGURES.into_iter().enumerate() {
                let truth = match figure {
                    Statistic::Mean => mean_ms,
                    Statistic::Percentile(p) => system.e2e_ms(p / 100.0),
                };
                let metric = Metric::E2e.on(point.clock());
                hits.note(index + 1, point.latency_interval(metric, figure), truth);
            }
        }
        hits
    }

    fn note(&mut self, figure: usize, interval: Option<farebox_core::curve::Interval>, truth: f64) {
        match interval {
            Some(interval) => self.held[figure] += u64::from(interval.holds(truth)),
            None => self.none[figure] += 1,
        }
    }

    fn cells(&self) -> impl Iterator<Item = String> + '_ {
        let shares = self.held.iter().zip(self.none).map(|(held, none)| share(*held, RUNS - none));
        shares.chain([self.none[4].to_string()])
    }
}

/// The mean is the integral of the quantile function.
fn mean_ms(system: System) -> f64 {
    const STEPS: u32 = 200_000;
    let at = |step: u32| system.e2e_ms((f64::from(step) + 0.5) / f64::from(STEPS));
    (0..STEPS).map(at).sum::<f64>() / f64::from(STEPS)
}

/// How often the interval of the load line held the load at which the promise is exactly kept, and
/// how often there was none.
fn load_lines(loads: &[System], truth: System) -> Result<(u64, u64), BenchError> {
    let slo = format!("e2e.p90={}ms", truth.e2e_ms(0.9));
    let slo: Slo = slo.parse().map_err(|_| BenchError::Missing("a promise"))?;
    let (mut held, mut none) = (0, 0);
    for run in 0..RUNS {
        let mut points: Vec<LoadPoint> = Vec::new();
        for (index, load) in loads.iter().enumerate() {
            let (marks, records) = load.run(REQUESTS, run * 16 + index as u64, 0);
            points.extend(summarise(&records, &[marks], std::slice::from_ref(&slo)));
        }
        match curve(points).load_line_interval(&slo) {
            Some(interval) => held += u64::from(interval.holds(truth.load().value)),
            None => none += 1,
        }
    }
    Ok((held, none))
}

fn curve(points: Vec<LoadPoint>) -> LoadCurve {
    LoadCurve {
        schema: CURVE_SCHEMA.to_owned(),
        name: "simulated".to_owned(),
        deployment: Deployment::machine("queue"),
        workload: Workload::default(),
        source: Source::Simulated,
        complete: true,
        price: None,
        points,
    }
}
