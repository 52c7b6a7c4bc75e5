//! Watching a point under way, so that it ends when enough is known.

use crate::records::Peeker;
use crate::search::{Answer, judge};
use farebox_core::{LoadPoint, PointMarks, Slo};
use farebox_measure::StopEarly;
use std::time::Duration;
use tokio::task::JoinHandle;

/// When a point has brought enough.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Enough {
    /// At its bound alone.
    AtTheBound,
    /// When half the interval of the output throughput is at most this share of it.
    Interval(f64),
    /// When it is decided whether the promise is kept.
    Decided(Slo),
}

/// The first look, and by how much later each further one is: looking often would end too many
/// points at a moment of luck.
const FIRST_LOOK: Duration = Duration::from_secs(1);
const LATER: f64 = 1.5;
/// Whole answers below which nothing is decided early.
const FEWEST: u64 = 64;

impl Enough {
    /// Looks from time to time, and ends the point when it has brought enough. Aborted with the
    /// point.
    pub(crate) fn watch(
        &self,
        peeker: Peeker,
        marks: PointMarks,
        point: StopEarly,
    ) -> Option<JoinHandle<()>> {
        if *self == Self::AtTheBound {
            return None;
        }
        let enough = self.clone();
        Some(tokio::spawn(async move {
            let mut pause = FIRST_LOOK;
            loop {
                tokio::time::sleep(pause).await;
                let Some(so_far) = peeker.peek(marks.clone()).await else { continue };
                if enough.is_reached(&so_far) {
                    return point.say();
                }
                pause = pause.mul_f64(LATER);
            }
        }))
    }

    fn is_reached(&self, so_far: &LoadPoint) -> bool {
        let is_judged = so_far.requests.in_window >= FEWEST
            && so_far.offered.steady
            && so_far.steady_state.as_ref().is_none_or(|state| state.settled);
        is_judged
            && match self {
                Self::AtTheBound => false,
                Self::Interval(target) => so_far
                    .interval("output_tok_per_s")
                    .and_then(|i| i.relative_half_width(so_far.output_tok_per_s.get()))
                    .is_some_and(|share| share <= *target),
                Self::Decided(slo) => {
                    matches!(judge(so_far, slo), Answer::Kept | Answer::Broken)
                }
            }
    }
}
