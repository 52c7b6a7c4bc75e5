//! The load line: the highest load such that it and every lower one keep the promise.

use crate::attainment::Attainment;
use crate::curve::{LoadCurve, LoadPoint};
use crate::slo::Slo;

/// How far up a curve a promise holds.
#[derive(Debug, Clone, PartialEq)]
pub enum LoadLine<'a> {
    /// It holds at all these points, the lowest of the curve first. Never empty.
    Upto(&'a [LoadPoint]),
    /// It does not hold at the lowest load.
    Unmet(Attainment),
    /// The curve has no points.
    NoPoints,
}

impl LoadCurve {
    /// The points up to the load line of `slo`; without a promise, all of them.
    pub fn load_line(&self, slo: Option<&Slo>) -> LoadLine<'_> {
        let Some(lowest) = self.points.first() else { return LoadLine::NoPoints };
        let Some(slo) = slo else { return LoadLine::Upto(&self.points) };
        let held = self.points.iter().take_while(|p| p.attains(slo) == Attainment::Met).count();
        match held {
            0 => LoadLine::Unmet(lowest.attains(slo)),
            _ => LoadLine::Upto(&self.points[..held]),
        }
    }
}

impl<'a> LoadLine<'a> {
    /// The point on the line itself: the highest load that keeps the promise.
    pub fn point(&self) -> Option<&'a LoadPoint> {
        match self {
            Self::Upto(points) => points.last(),
            Self::Unmet(_) | Self::NoPoints => None,
        }
    }
}
