//! The search for the load line: as few loads as settle it, whoever offers them.
//!
//! Reading order: [`judge`] (what a point says about a promise, and how surely), [`step`] (which
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
    let (mut points, mut found) = (Vec::new(), Vec::new());
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
        times: point.repeats,
    };
    points.iter().map(of).collect()
}
