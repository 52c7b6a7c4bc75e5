//! The words in a panel: names of lines, limits, marks and points.

use super::canvas::{Canvas, Ink, Place};
use super::frame::{Frame, MARK_ROW, NAMES, SMALL};
use super::labels::{Area, clearest, flag_rows, spread};
use super::style::Paint;
use crate::chart::{Limit, Series};

/// Least distance of two lines of small words.
const GAP: f64 = 14.0;

impl Frame<'_> {
    /// Dotted staffs with a flag each; flags stay inside the page.
    pub(super) fn marks(&self, canvas: &mut Canvas) {
        let ink = Ink::new(SMALL, Paint::Ink);
        let marks = self.panel.marks.iter();
        let placed: Vec<(&str, f64, f64)> = marks
            .filter_map(|mark| {
                let (x, width) = (self.x_of(mark.at)?, ink.width(&mark.label) + 6.0);
                Some((mark.label.as_str(), x, (self.end - width).min(x)))
            })
            .collect();
        let flags: Vec<(f64, f64)> =
            placed.iter().map(|(label, _, flag)| (*flag, ink.width(label) + 10.0)).collect();
        let height = |row: usize| self.from.1 - 9.0 - row as f64 * MARK_ROW;
        let rows = flag_rows(&flags);
        for ((_, x, _), row) in placed.iter().zip(&rows) {
            canvas.line((*x, height(*row) - 6.0), (*x, self.to.1), "fb-mark");
        }
        for ((label, x, flag), row) in placed.iter().zip(&rows) {
            let (start, y) = (flag + 4.0, height(*row));
            if flag < x {
                canvas.rectangle((start, y - 7.0), (self.end, y + 7.0), "fb-paper");
            }
            canvas.text(label, (start, y), ink);
        }
    }

    /// Broken lines, each with its words where they cover least.
    pub(super) fn limits(&self, canvas: &mut Canvas) {
        let ink = Ink::new(SMALL, Paint::Ink);
        let lines = self.lines();
        let limits = self.panel.limits.iter();
        let placed: Vec<(&Limit, f64)> =
            limits.filter_map(|limit| Some((limit, self.y_of(limit.at)?))).collect();
        for (_, y) in &placed {
            canvas.line((self.from.0, *y), (self.to.0, *y), "fb-limit");
        }
        // A label covers the line of no other limit.
        let others = placed.iter().map(|(_, y)| ((self.from.0, y - 0.5), (self.to.0, y + 0.5)));
        let mut taken: Vec<Area> = others.collect();
        for (limit, y) in &placed {
            let candidates = self.around(*y, ink.width(&limit.label));
            let Some(area) = clearest(&candidates, &lines, &taken) else { continue };
            canvas.rectangle(area.0, area.1, "fb-paper");
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

    /// Each line's name at its right end, in its colour.
    pub(super) fn names(&self, canvas: &mut Canvas) {
        let named: Vec<(&Series, &str, Place)> = self
            .panel
            .series
            .iter()
            .filter_map(|series| {
                Some((series, series.label.as_deref()?, self.places(series).last().copied()?))
            })
            .collect();
        let wanted: Vec<f64> = named.iter().map(|(_, _, (_, y))| *y).collect();
        let bounds = (self.from.1, self.to.1);
        for ((series, label, (x, _)), y) in named.iter().zip(spread(&wanted, GAP, bounds)) {
            let ink = Ink::new(NAMES, Paint::Hue(series.hue));
            let start = (x + 8.0).min(self.end - ink.width(label));
            let paper = (start + ink.width(label)).min(self.end);
            canvas.rectangle((start - 2.0, y - 6.0), (paper, y + 6.0), "fb-paper");
            canvas.text(label, (start, y), ink);
        }
    }

    /// The names of points, each where it covers least.
    pub(super) fn tags(&self, canvas: &mut Canvas) {
        let ink = Ink::new(SMALL, Paint::Ink);
        let lines = self.lines();
        let dots = lines.iter().flatten().map(|(x, y)| ((x - 4.0, y - 4.0), (x + 4.0, y + 4.0)));
        let mut taken: Vec<Area> = dots.collect();
        for tag in &self.panel.tags {
            let Some((x, y)) = self.place(tag.at) else { continue };
            let width = ink.width(&tag.label);
            let beside = [x + 7.0, x - width - 7.0, x - width / 2.0];
            let heights = [y - 6.5, y - 19.0, y + 6.0];
            let candidates: Vec<Area> = heights
                .into_iter()
                .flat_map(|top| beside.map(|x| ((x, top), (x + width, top + 13.0))))
                .filter(|area| area.0.0 > self.from.0 && area.1.0 < self.end)
                .collect();
            let Some(area) = clearest(&candidates, &lines, &taken) else { continue };
            canvas.text(&tag.label, (area.0.0, f64::midpoint(area.0.1, area.1.1)), ink);
            taken.push(area);
        }
    }

    fn lines(&self) -> Vec<Vec<Place>> {
        self.panel.series.iter().map(|series| self.places(series)).collect()
    }
}
