//! A panel at its place: where values stand.

use super::canvas::{Ink, Place};
use super::span::Span;
use super::style::Paint;
use crate::chart::{Panel, Scale, Series};

/// Room left of the plot for tick labels.
const LEFT: f64 = 58.0;
/// Room right of the plot, where no line needs more for its name.
const RIGHT: f64 = 24.0;
/// Most that names of lines may take.
const MOST_RIGHT: f64 = 150.0;
/// Height of one row of mark labels.
pub(super) const MARK_ROW: f64 = 16.0;
/// Room below for tick labels and the axis.
const BELOW: f64 = 44.0;

/// Letters of ticks, limits and marks.
pub(super) const SMALL: f64 = 11.5;
/// Letters of the names of lines.
pub(super) const NAMES: f64 = 12.0;

/// A panel at its place.
pub(super) struct Frame<'a> {
    pub(super) panel: &'a Panel,
    pub(super) x: Span,
    pub(super) y: Span,
    /// Corners of the plot: upper left, lower right.
    pub(super) from: Place,
    pub(super) to: Place,
    /// Where the panel ends on the right, room for names included.
    pub(super) end: f64,
}

impl<'a> Frame<'a> {
    /// `panel` in the rectangle from `from` to `to`; none where it has nothing to show.
    pub(super) fn new(panel: &'a Panel, from: Place, to: Place) -> Option<Self> {
        panel.points().next()?;
        let shaded = panel.shades.iter().flat_map(|shade| [shade.from, shade.to]);
        let marked = panel.marks.iter().map(|mark| mark.at);
        let edges = panel.regions.iter().flat_map(|region| [region.x.0, region.x.1]).flatten();
        let xs = panel.points().map(|(x, _)| x).chain(marked).chain(shaded).chain(edges);
        let limits = panel.limits.iter().map(|limit| limit.at);
        let ends = panel.series.iter().flat_map(|series| &series.intervals);
        let ends = ends.flat_map(|(_, low, high)| [*low, *high]);
        let ys = panel.points().map(|(_, y)| y).chain(limits).chain(ends);
        let mut frame = Self {
            panel,
            x: Span::of(xs, panel.x.scale)?,
            y: Span::of(ys, panel.y.scale)?,
            from: (from.0 + LEFT, from.1),
            to: (to.0 - room_for_names(panel), to.1 - BELOW),
            end: to.0,
        };
        // Where flags stand from left to right says how many rows of them there are.
        let flags = frame.flags().iter().map(|flag| flag.row + 1).max().unwrap_or(0);
        let rows = flags + usize::from(!panel.shades.is_empty());
        frame.from.1 += rows as f64 * MARK_ROW;
        Some(frame)
    }

    /// How far right `value` stands.
    pub(super) fn x_of(&self, value: f64) -> Option<f64> {
        Some(self.from.0 + self.x.place(value)? * (self.to.0 - self.from.0))
    }

    /// How far down `value` stands.
    pub(super) fn y_of(&self, value: f64) -> Option<f64> {
        Some(self.to.1 - self.y.place(value)? * (self.to.1 - self.from.1))
    }

    /// Where a pair of values stands.
    pub(super) fn place(&self, (x, y): (f64, f64)) -> Option<Place> {
        Some((self.x_of(x)?, self.y_of(y)?))
    }

    /// Where the points of `series` stand.
    pub(super) fn places(&self, series: &Series) -> Vec<Place> {
        series.points.iter().filter_map(|point| self.place(*point)).collect()
    }
}

fn room_for_names(panel: &Panel) -> f64 {
    let ink = Ink::new(NAMES, Paint::Ink);
    let names = panel.series.iter().filter_map(|series| series.label.as_deref());
    let widest = names.map(|name| ink.width(name) + 14.0).fold(RIGHT, f64::max);
    widest.min(MOST_RIGHT)
}

impl Panel {
    /// Every point that can be drawn.
    pub(super) fn points(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let drawn =
            |value: f64, scale: Scale| value.is_finite() && (scale == Scale::Linear || value > 0.0);
        let all = self.series.iter().flat_map(|series| series.points.iter().copied());
        all.filter(move |(x, y)| drawn(*x, self.x.scale) && drawn(*y, self.y.scale))
    }
}
