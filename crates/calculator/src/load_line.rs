//! The most requests in flight with which an estimate keeps a promise.

use crate::{Estimator, Lengths, closed};
use farebox_core::{Attainment, Load, Slo};
use farebox_estimate::EstimateError;

impl Estimator<'_> {
    /// The highest number of requests in flight up to which the promise is kept, as far as the
    /// caches hold them; else what one alone makes of it.
    ///
    /// Loads double until the first that breaks it; between that one and the last that kept it the
    /// gap is halved. An estimate states means: a promise about percentiles is not decided and so
    /// not kept.
    pub fn load_line(
        &self,
        lengths: Lengths,
        slo: &Slo,
    ) -> Result<Result<u64, Attainment>, EstimateError> {
        let most = self.most_in_flight(lengths)?;
        let keeps = |n: u64| -> Result<bool, EstimateError> {
            let curve = self.curve(lengths, &[closed(n)])?;
            Ok(curve.load_line(Some(slo)).point().is_some())
        };
        let one = self.curve(lengths, &[closed(1)])?;
        match one.points.first().map(|point| point.attains(slo)) {
            None | Some(Attainment::Met) => {}
            Some(broken) => return Ok(Err(broken)),
        }
        let (mut kept, mut broken) = (1, None);
        while broken.is_none() && kept < most {
            let next = (kept * 2).min(most);
            if keeps(next)? { kept = next } else { broken = Some(next) }
        }
        let mut broken = broken.unwrap_or(most + 1);
        while broken - kept > 1 {
            let middle = u64::midpoint(kept, broken);
            if keeps(middle)? { kept = middle } else { broken = middle }
        }
        Ok(Ok(kept))
    }

    /// Loads that show the whole curve: doubling to as many as the caches hold.
    pub fn doublings(&self, lengths: Lengths) -> Result<Vec<Load>, EstimateError> {
        let most = self.most_in_flight(lengths)?;
        let below = std::iter::successors(Some(1u64), |n| n.checked_mul(2));
        let below = below.take_while(|n| *n < most);
        Ok(below.chain([most]).map(closed).collect())
    }
}
