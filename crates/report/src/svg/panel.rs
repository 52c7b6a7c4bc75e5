//! One coordinate system: regions, grid, lines, and what it says to those who cannot see it.

use super::canvas::{Anchor, Canvas, Ink, Place};
use super::frame::{Frame, SMALL};
use super::style::{self, Paint};
use crate::chart::{Panel, Region, Scale, Series, Stroke};
use crate::numbers::{plain, rate, tick};

/// Draws `panel` into the rectangle from `from` to `to`.
pub(super) fn draw(canvas: &mut Canvas, panel: &Panel, from: Place, to: Place) {
    let Some(frame) = Frame::new(panel, from, to) else {
        let middle = (f64::midpoint(from.0, to.0), f64::midpoint(from.1, to.1));
        let ink = Ink::new(13.0, Paint::Soft).anchored(Anchor::Middle);
        return canvas.text(&panel.empty, middle, ink);
    };
    for (row, region) in panel.regions.iter().enumerate() {
        frame.region(canvas, region, row);
    }
    frame.shades(canvas);
    frame.grid(canvas);
    frame.marks(canvas);
    frame.limits(canvas);
    for series in &panel.series {
        frame.line(canvas, series);
    }
    frame.limit_words(canvas);
    frame.names(canvas);
    frame.tags(canvas);
}

/// Points of a line that are read out one by one; of more, the ends.
const MOST_SPOKEN: usize = 12;

/// What `panel` shows, line by line.
pub(super) fn described(panel: &Panel) -> String {
    let line = |series: &Series| {
        let drawn: Vec<_> = series.points.iter().filter(|(x, y)| (x + y).is_finite()).collect();
        let at = |(x, y): &(f64, f64)| format!("{} at {}", rate(*y), plain(*x));
        let said = match drawn.as_slice() {
            [] => return None,
            few if few.len() <= MOST_SPOKEN => {
                few.iter().map(|point| at(point)).collect::<Vec<_>>().join(", ")
            }
            [first, .., last] => format!("from {} to {}", at(first), at(last)),
            [one] => at(one),
        };
        Some(series.label.as_ref().map_or(said.clone(), |name| format!("{name}: {said}")))
    };
    let lines: Vec<String> = panel.series.iter().filter_map(line).collect();
    if lines.is_empty() {
        return panel.empty.clone();
    }
    let over = if panel.x.label.is_empty() { "" } else { "Over " };
    [format!("{over}{}", panel.x.label)].into_iter().chain(lines).collect::<Vec<_>>().join("; ")
}

impl Frame<'_> {
    /// The part of a region that is in sight, and what it is: each in a row of its own, at the edge
    /// that decides.
    fn region(&self, canvas: &mut Canvas, region: &Region, row: usize) {
        let x = |value: Option<f64>, edge: f64| {
            value.and_then(|value| self.x_of(value)).unwrap_or(edge).clamp(self.from.0, self.to.0)
        };
        let y = |value: Option<f64>, edge: f64| {
            value.and_then(|value| self.y_of(value)).unwrap_or(edge).clamp(self.from.1, self.to.1)
        };
        let from = (x(region.x.0, self.from.0), y(region.y.1, self.from.1));
        let to = (x(region.x.1, self.to.0), y(region.y.0, self.to.1));
        if to.0 > from.0 && to.1 > from.1 {
            canvas.rectangle(from, to, "fb-region");
            let ink = Ink::new(SMALL, Paint::Ink);
            let y = from.1 + 10.0 + row as f64 * 15.0;
            let fits = from.0 + ink.width(&region.label) + 6.0 < self.to.0;
            if region.x.0.is_some() && fits {
                canvas.text(&region.label, (from.0 + 6.0, y), ink);
            } else {
                canvas.text(&region.label, (to.0 - 6.0, y), ink.anchored(Anchor::End));
            }
        }
    }

    /// Spans, each with its words where they do not touch.
    fn shades(&self, canvas: &mut Canvas) {
        let ink = Ink::new(SMALL, Paint::Soft).anchored(Anchor::Middle);
        let mut free_from = f64::NEG_INFINITY;
        for shade in &self.panel.shades {
            let (Some(from), Some(to)) = (self.x_of(shade.from), self.x_of(shade.to)) else {
                continue;
            };
            canvas.rectangle((from, self.from.1), (to.max(from + 1.0), self.to.1), "fb-shade");
            let (middle, half) = (f64::midpoint(from, to), ink.width(&shade.label) / 2.0);
            if middle - half >= free_from {
                canvas.text(&shade.label, (middle, self.from.1 - 9.0), ink);
                free_from = middle + half + 6.0;
            }
        }
    }

    fn grid(&self, canvas: &mut Canvas) {
        let ink = Ink::new(SMALL, Paint::Soft);
        for value in self.y.ticks() {
            let Some(y) = self.y_of(value) else { continue };
            canvas.line((self.from.0, y), (self.to.0, y), "fb-grid");
            canvas.text(&tick(value), (self.from.0 - 8.0, y), ink.anchored(Anchor::End));
        }
        let ink = ink.anchored(Anchor::Middle);
        let mut free_from = f64::NEG_INFINITY;
        for value in self.x_ticks() {
            let Some(x) = self.x_of(value) else { continue };
            let half = ink.width(&tick(value)) / 2.0;
            if x - half < free_from {
                continue;
            }
            free_from = x + half + 6.0;
            canvas.line((x, self.from.1), (x, self.to.1), "fb-grid");
            canvas.text(&tick(value), (x, self.to.1 + 13.0), ink);
        }
        canvas.line((self.from.0, self.to.1), self.to, "fb-rule");
        let middle = f64::midpoint(self.from.0, self.to.0);
        canvas.text(&self.panel.x.label, (middle, self.to.1 + 31.0), ink);
    }

    /// A load axis is labelled where something was measured.
    fn x_ticks(&self) -> Vec<f64> {
        if self.panel.x.scale != Scale::Log2 {
            return self.x.ticks();
        }
        let mut values: Vec<f64> = self.panel.points().map(|(x, _)| x).collect();
        values.sort_by(f64::total_cmp);
        values.dedup();
        values
    }

    fn line(&self, canvas: &mut Canvas, series: &Series) {
        for (x, low, high) in &series.intervals {
            if let (Some(low), Some(high)) = (self.place((*x, *low)), self.place((*x, *high))) {
                let class = style::whisker(series);
                canvas.line(low, high, &class);
                for (x, y) in [low, high] {
                    canvas.line((x - 3.0, y), (x + 3.0, y), &class);
                }
            }
        }
        if series.stroke != Stroke::Dots {
            canvas.path(&self.places(series), &style::line(series.hue, series.stroke));
        }
        if series.stroke != Stroke::Trace {
            for point in &series.points {
                let Some(place) = self.place(*point) else { continue };
                canvas.dot(place, &style::dot(series.hue), &says(series, *point));
            }
        }
    }
}

/// What a point says where a pointer rests on it.
fn says(series: &Series, (x, y): (f64, f64)) -> String {
    let name = series.label.as_ref().map_or(String::new(), |name| format!("{name}, "));
    format!("{name}{}: {}", plain(x), rate(y))
}
