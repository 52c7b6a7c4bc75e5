//! The search for the load line: as few loads as settle it, whoever offers them.
//!
//! Reading order: `judge` (what a point says about a promise, and how surely), `step` (which
//! load comes next: pure), and here the loop around both. Where points come from is behind
//! [`PointSource`]: a server under load, or a simulation of one.

pub mod judge;
mod report;
pub mod step;

pub use judge::{Answer, judge};
pub use report::SearchReport;
pub use step::{Grain, Known, Range, Step, next};

use farebox_core::load_line::interval_of;
use farebox_core::stats::Interval;
use farebox_core::{LoadPoint, Slo};
use serde::Serialize;

/// Where load points come from.
pub trait PointSource {
    /// Why there is none.
    type Error;

    /// Points that are there before anything is offered.
    fn known(&self) -> Vec<LoadPoint> {
        Vec::new()
    }

    /// Offers `load` and gives all points so far, by rising load; what was offered before is
    /// measured again and both are one point. It may stop as soon as `slo` is decided there. No
    /// new point means that nothing more will come.
    fn offer(
        &mut self,
        load: f64,
        slo: &Slo,
    ) -> impl Future<Output = Result<Vec<LoadPoint>, Self::Error>> + Send;
}

/// What was found about one promise.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Found {
    /// The promise's name.
    pub name: String,
    /// The highest load offered that keeps it, with every lower one keeping it too; none where the
    /// lowest breaks it.
    pub load_line: Option<f64>,
    /// Where the load line may lie between the loads that were offered; none where the range ends
    /// before it does.
    pub interval: Option<Interval>,
    /// Whether the whole range keeps it: the load line is higher.
    pub beyond_range: bool,
}

/// Finds the load line of every promise within `range`; points serve all of them.
pub async fn search<S: PointSource>(
    source: &mut S,
    slos: &[Slo],
    range: Range,
) -> Result<Vec<Found>, S::Error> {
    let (mut points, mut found) = (source.known(), Vec::new());
    for slo in slos {
        let line = loop {
            match next(&known(&points, slo), range) {
                Step::Offer(load) => {
                    let more = source.offer(load, slo).await?;
                    if more == points {
                        return Ok(found);
                    }
                    points = more;
                }
                Step::Done(line) => break line,
            }
        };
        found.push(Found {
            name: slo.name(),
            load_line: line,
            interval: interval_of(&points, slo),
            beyond_range: line.is_some_and(|line| line >= range.high),
        });
    }
    Ok(found)
}

fn known(points: &[LoadPoint], slo: &Slo) -> Vec<Known> {
    let of = |point: &LoadPoint| Known {
        load: point.offered.value,
        answer: judge(point, slo),
        strain: judge::strain(point, slo),
        times: point.repeats,
    };
    points.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use farebox_core::curve::RequestCounts;
    use farebox_core::{
        Distribution, Load, LoadKind, Milliseconds, RequestsPerSecond, TokensPerSecond,
    };
    use std::collections::BTreeMap;
    use std::convert::Infallible;

    /// TTFT of 10 ms per request in flight, known to 20 % at first and better each time.
    #[derive(Default)]
    struct Simulated {
        points: Vec<LoadPoint>,
        offered: u32,
    }

    impl PointSource for Simulated {
        type Error = Infallible;

        async fn offer(&mut self, load: f64, _: &Slo) -> Result<Vec<LoadPoint>, Infallible> {
            self.offered += 1;
            let load = Load { kind: LoadKind::Concurrency, value: load };
            let before = self.points.iter().find(|point| point.offered.load() == load);
            let repeats = before.map_or(0, |point| point.repeats) + 1;
            self.points.retain(|point| point.offered.load() != load);
            let p90 = 10.0 * load.value;
            let half = 0.2 * p90 / f64::from(repeats).sqrt();
            let interval = Interval::new(p90 - half, p90 + half).unwrap();
            let (tokens, requests) = (TokensPerSecond::new(1.0), RequestsPerSecond::new(1.0));
            self.points.push(LoadPoint {
                repeats,
                requests: RequestCounts { ok: 100, ..RequestCounts::default() },
                ttft_ms: Distribution::of([Milliseconds::new(p90); 100]),
                intervals: Some(BTreeMap::from([("ttft_ms.p90".to_owned(), interval)])),
                ..LoadPoint::of_rates(load.offered(true), tokens, tokens, requests)
            });
            self.points.sort_by(|a, b| a.offered.value.total_cmp(&b.offered.value));
            Ok(self.points.clone())
        }
    }

    #[test]
    fn points_serve_every_promise_and_each_has_its_line() {
        let slos = ["fast:ttft.p90=100ms", "slow:ttft.p90=1s", "no:ttft.p90=1ms"];
        let slos: Vec<Slo> = slos.map(|slo| slo.parse().unwrap()).to_vec();
        let range = Range { low: 1.0, high: 64.0, resolution: 0.1, grain: Grain::Whole };
        let mut source = Simulated::default();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let found = runtime.block_on(search(&mut source, &slos, range)).unwrap();
        let lines: Vec<Option<f64>> = found.iter().map(|found| found.load_line).collect();
        assert_eq!(lines, [Some(10.0), Some(64.0), None]);
        assert!(found[1].beyond_range && !found[0].beyond_range);
        let interval = found[0].interval.unwrap();
        assert!(interval.holds(10.0) && interval.low > 7.0 && interval.high < 13.0, "{interval:?}");
        assert!(source.offered <= 14, "{} loads for three promises", source.offered);
    }
}
