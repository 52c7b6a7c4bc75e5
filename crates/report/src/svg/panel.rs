//! One coordinate system: grid, limits, marks, lines, and their words.

use super::canvas::{Anchor, Canvas, Dash, Ink, Place};
use super::labels::{Area, clearest, flag_rows, spread};
use super::palette::{GRID, INK, PAPER, RULE, SHADE, SOFT_INK, hue, round};
use super::span::Span;
use crate::chart::{Limit, Panel, Scale, Series, Stroke};
use crate::numbers::tick;

/// Room left of the plot for tick labels.
const LEFT: f64 = 58.0;
/// Room right of the plot for the names of lines.
const RIGHT: f64 = 64.0;
/// Room above for the title.
const TITLE: f64 = 26.0;
/// Height of one row of mark labels.
const MARK_ROW: f64 = 16.0;
/// Room below for tick labels and the axis.
const BELOW: f64 = 44.0;
/// Least distance of two lines of small words.
const GAP: f64 = 14.0;

const SMALL: f64 = 11.5;

/// A panel at its place.
struct Frame<'a> {
    panel: &'a Panel,
    x: Span,
    y: Span,
    /// Corners of the plot: upper left, lower right.
    from: Place,
    to: Place,
}

/// Draws `panel` into the rectangle from `from` to `to`.
pub(super) fn draw(canvas: &mut Canvas<'_>, panel: &Panel, from: Place, to: Place) {
    canvas.text(&panel.title, (from.0, from.1 + 10.0), Ink::new(14.5, INK).bold());
    let shaded = panel.shades.iter().flat_map(|shade| [shade.from, shade.to]);
    let marked = panel.marks.iter().map(|mark| mark.at);
    let xs = panel.points().map(|(x, _)| x).chain(marked).chain(shaded);
    let ys = panel.points().map(|(_, y)| y).chain(panel.limits.iter().map(|limit| limit.at));
    let spans = (Span::of(xs, panel.x.scale), Span::of(ys, panel.y.scale));
    let (Some(x), Some(y), true) = (spans.0, spans.1, panel.points().next().is_some()) else {
        let middle = (f64::midpoint(from.0, to.0), f64::midpoint(from.1, to.1));
        let ink = Ink::new(13.0, SOFT_INK).anchored(Anchor::Middle);
        return canvas.text(&panel.empty, middle, ink);
    };
    let band = panel.marks.len().min(3) as f64 * MARK_ROW;
    let frame = Frame {
        panel,
        x,
        y,
        from: (from.0 + LEFT, from.1 + TITLE + band),
        to: (to.0 - RIGHT, to.1 - BELOW),
    };
    frame.shades(canvas);
    frame.grid(canvas);
    frame.marks(canvas);
    frame.limits(canvas);
    frame.series(canvas);
}

impl Panel {
    /// Every point that can be drawn.
    fn points(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let drawn =
            |value: f64, scale: Scale| value.is_finite() && (scale == Scale::Linear || value > 0.0);
        let all = self.series.iter().flat_map(|series| series.points.iter().copied());
        all.filter(move |(x, y)| drawn(*x, self.x.scale) && drawn(*y, self.y.scale))
    }
}

impl Frame<'_> {
    fn x_of(&self, value: f64) -> Option<f64> {
        Some(self.from.0 + self.x.place(value)? * (self.to.0 - self.from.0))
    }

    fn y_of(&self, value: f64) -> Option<f64> {
        Some(self.to.1 - self.y.place(value)? * (self.to.1 - self.from.1))
    }

    /// Spans behind everything else, each with its words where they do not touch.
    fn shades(&self, canvas: &mut Canvas<'_>) {
        let ink = Ink::new(SMALL, SOFT_INK).anchored(Anchor::Middle);
        let mut free_from = f64::NEG_INFINITY;
        for shade in &self.panel.shades {
            let (Some(from), Some(to)) = (self.x_of(shade.from), self.x_of(shade.to)) else {
                continue;
            };
            canvas.rectangle((from, self.from.1), (to.max(from + 1.0), self.to.1), SHADE);
            let (middle, half) = (f64::midpoint(from, to), ink.width(&shade.label) / 2.0);
            if middle - half >= free_from {
                canvas.text(&shade.label, (middle, self.from.1 + 8.0), ink);
                free_from = middle + half + 6.0;
            }
        }
    }

    fn grid(&self, canvas: &mut Canvas<'_>) {
        let ink = Ink::new(SMALL, SOFT_INK);
        for value in self.y.ticks() {
            let Some(y) = self.y_of(value) else { continue };
            canvas.line((self.from.0, y), (self.to.0, y), GRID);
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
            canvas.line((x, self.from.1), (x, self.to.1), GRID);
            canvas.text(&tick(value), (x, self.to.1 + 13.0), ink);
        }
        canvas.line((self.from.0, self.to.1), self.to, RULE);
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

    /// Dotted staffs with a flag each; flags stay inside the page.
    fn marks(&self, canvas: &mut Canvas<'_>) {
        let ink = Ink::new(SMALL, INK);
        let end = self.to.0 + RIGHT;
        let marks = self.panel.marks.iter();
        let placed: Vec<(&str, f64, f64)> = marks
            .filter_map(|mark| {
                let (x, width) = (self.x_of(mark.at)?, ink.width(&mark.label) + 6.0);
                Some((mark.label.as_str(), x, (end - width).min(x)))
            })
            .collect();
        let flags: Vec<(f64, f64)> =
            placed.iter().map(|(label, _, flag)| (*flag, ink.width(label) + 10.0)).collect();
        let height = |row: usize| self.from.1 - 9.0 - row as f64 * MARK_ROW;
        let rows = flag_rows(&flags);
        for ((_, x, _), row) in placed.iter().zip(&rows) {
            let staff = [(*x, height(*row) - 6.0), (*x, self.to.1)];
            canvas.dashes(&staff, Dash { on: 2.0, off: 3.0 }, (SOFT_INK, 1));
        }
        for ((label, x, flag), row) in placed.iter().zip(&rows) {
            let (start, y) = (flag + 4.0, height(*row));
            if flag < x {
                canvas.rectangle((start, y - 7.0), (end, y + 7.0), PAPER);
            }
            canvas.text(label, (start, y), ink);
        }
    }

    /// Broken lines, each with its words where they cover least.
    fn limits(&self, canvas: &mut Canvas<'_>) {
        let ink = Ink::new(SMALL, INK);
        let lines: Vec<Vec<Place>> =
            self.panel.series.iter().map(|series| self.places(series)).collect();
        let limits = self.panel.limits.iter();
        let placed: Vec<(&Limit, f64)> =
            limits.filter_map(|limit| Some((limit, self.y_of(limit.at)?))).collect();
        for (_, y) in &placed {
            let line = [(self.from.0, *y), (self.to.0, *y)];
            canvas.dashes(&line, Dash { on: 7.0, off: 4.0 }, (RULE, 1));
        }
        // A label covers the line of no other limit.
        let others = placed.iter().map(|(_, y)| ((self.from.0, y - 0.5), (self.to.0, y + 0.5)));
        let mut taken: Vec<Area> = others.collect();
        for (limit, y) in &placed {
            let candidates = self.around(*y, ink.width(&limit.label));
            let Some(area) = clearest(&candidates, &lines, &taken) else { continue };
            canvas.rectangle(area.0, area.1, PAPER);
            canvas.text(&limit.label, (area.0.0, f64::midpoint(area.0.1, area.1.1)), ink);
            taken.push(area);
        }
    }

    /// Places for words `width` wide on a line at `y`: above, then below; left, right, middle.
    fn around(&self, y: f64, width: f64) -> Vec<Area> {
        let (left, right) = (self.from.0 + 6.0, self.to.0 - width - 6.0);
        let columns = [left, right, f64::midpoint(left, right)];
        let rows = [y - 15.0, y + 2.0].into_iter();
        rows.filter(|top| *top > self.from.1 - 4.0 && top + 13.0 < self.to.1)
            .flat_map(|top| columns.map(|x| ((x, top), (x + width, top + 13.0))))
            .collect()
    }

    fn series(&self, canvas: &mut Canvas<'_>) {
        let ends: Vec<Option<Place>> =
            self.panel.series.iter().map(|series| self.line(canvas, series)).collect();
        let named = self.panel.series.iter().zip(ends);
        let named: Vec<(&Series, &str, Place)> = named
            .filter_map(|(series, end)| Some((series, series.label.as_deref()?, end?)))
            .collect();
        let wanted: Vec<f64> = named.iter().map(|(_, _, (_, y))| *y).collect();
        let bounds = (self.from.1, self.to.1);
        for ((series, label, (x, _)), y) in named.iter().zip(spread(&wanted, GAP, bounds)) {
            let ink = Ink::new(12.0, hue(series.hue));
            canvas.rectangle((x + 6.0, y - 6.0), (x + 8.0 + ink.width(label), y + 6.0), PAPER);
            canvas.text(label, (x + 8.0, y), ink);
        }
    }

    fn places(&self, series: &Series) -> Vec<Place> {
        let place = |&(x, y): &(f64, f64)| Some((self.x_of(x)?, self.y_of(y)?));
        series.points.iter().filter_map(place).collect()
    }

    /// Draws one line and gives its right end, if it has one.
    fn line(&self, canvas: &mut Canvas<'_>, series: &Series) -> Option<Place> {
        let places = self.places(series);
        let color = hue(series.hue);
        match (series.stroke, round(series.hue)) {
            (Stroke::Solid | Stroke::Trace, 0) => canvas.path(&places, color),
            (Stroke::Solid | Stroke::Trace, _) => {
                canvas.dashes(&places, Dash { on: 10.0, off: 3.0 }, (color, 2));
            }
            (Stroke::Dashed, _) => canvas.dashes(&places, Dash { on: 4.0, off: 3.0 }, (color, 2)),
        }
        let dots = if series.stroke == Stroke::Trace { &[] } else { places.as_slice() };
        for place in dots {
            canvas.dot(*place, color);
        }
        places.last().copied()
    }
}
