//! The words in a panel: names of lines, limits, marks and points.

use super::canvas::{Canvas, Ink, Place};
use super::frame::{Frame, MARK_ROW, NAMES, SMALL};
use super::labels::{Area, clearest, flag_rows, overlap, spread};
use super::style::Paint;
use crate::chart::{Limit, Series};

/// Least distance of two lines of small words.
const GAP: f64 = 14.0;
/// Points nearer than this look like one.
const SAME_PLACE: f64 = 3.0;

/// The words of a mark, beside its staff.
pub(super) struct Flag<'a> {
    label: &'a str,
    staff: f64,
    /// Where the words begin; left of the staff where they would leave the page.
    x: f64,
    /// How many other flags it stands above.
    pub(super) row: usize,
}

impl<'a> Frame<'a> {
    /// The flags of the marks; they stay inside the page.
    pub(super) fn flags(&self) -> Vec<Flag<'a>> {
        let ink = Ink::new(SMALL, Paint::Ink);
        let flag = |mark: &'a Limit| {
            let (staff, width) = (self.x_of(mark.at)?, ink.width(&mark.label) + 6.0);
            Some(Flag { label: &mark.label, staff, x: (self.end - width).min(staff), row: 0 })
        };
        let mut flags: Vec<Flag<'_>> = self.panel.marks.iter().filter_map(flag).collect();
        let wide = |flag: &Flag<'_>| (flag.x, ink.width(flag.label) + 10.0);
        let rows = flag_rows(&flags.iter().map(wide).collect::<Vec<_>>());
        for (flag, row) in flags.iter_mut().zip(rows) {
            flag.row = row;
        }
        flags
    }

    /// Dotted staffs with a flag each.
    pub(super) fn marks(&self, canvas: &mut Canvas) {
        let ink = Ink::new(SMALL, Paint::Ink);
        let height = |flag: &Flag<'_>| self.from.1 - 9.0 - flag.row as f64 * MARK_ROW;
        let flags = self.flags();
        for flag in &flags {
            canvas.line((flag.staff, height(flag) - 6.0), (flag.staff, self.to.1), "fb-mark");
        }
        for flag in &flags {
            let (start, y) = (flag.x + 4.0, height(flag));
            if flag.x < flag.staff {
                canvas.rectangle((start, y - 7.0), (self.end, y + 7.0), "fb-paper");
            }
            canvas.text(flag.label, (start, y), ink);
        }
    }

    /// Broken lines across the plot.
    pub(super) fn limits(&self, canvas: &mut Canvas) {
        for y in self.panel.limits.iter().filter_map(|limit| self.y_of(limit.at)) {
            canvas.line((self.from.0, y), (self.to.0, y), "fb-limit");
        }
    }

    /// What the limits say, each where it covers least.
    pub(super) fn limit_words(&self, canvas: &mut Canvas) {
        let ink = Ink::new(SMALL, Paint::Ink).haloed();
        let lines = self.lines();
        let limits = self.panel.limits.iter();
        let placed: Vec<(&Limit, f64)> =
            limits.filter_map(|limit| Some((limit, self.y_of(limit.at)?))).collect();
        // A label covers the line of no other limit.
        let others = placed.iter().map(|(_, y)| ((self.from.0, y - 0.5), (self.to.0, y + 0.5)));
        let mut taken: Vec<Area> = others.collect();
        for (limit, y) in &placed {
            let candidates = self.around(*y, ink.width(&limit.label));
            let Some(area) = clearest(&candidates, &lines, &taken) else { continue };
            canvas.text(&limit.label, (area.0.0, f64::midpoint(area.0.1, area.1.1)), ink);
            taken.push(area);
        }
    }

    /// Places for words `width` wide on a line at `y`: above, then below; left, right, between.
    fn around(&self, y: f64, width: f64) -> Vec<Area> {
        let (left, right) = (self.from.0 + 6.0, self.to.0 - width - 6.0);
        let columns = [0.0, 1.0, 0.5, 0.25, 0.75].map(|share| left + (right - left) * share);
        let rows = [y - 15.0, y + 2.0].into_iter();
        rows.filter(|top| *top > self.from.1 && top + 13.0 < self.to.1)
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
        let bounds = (self.from.1 + 4.0, self.to.1 - 7.0);
        for ((series, label, (x, _)), y) in named.iter().zip(spread(&wanted, GAP, bounds)) {
            let ink = Ink::new(NAMES, Paint::Hue(series.hue)).haloed();
            let start = (x + 8.0).min(self.end - ink.width(label));
            canvas.text(label, (start, y), ink);
        }
    }

    /// The names of points, each where it covers least; none where it would cover another.
    pub(super) fn tags(&self, canvas: &mut Canvas) {
        let ink = Ink::new(SMALL, Paint::Ink).haloed();
        let lines = self.lines();
        let dots = lines.iter().flatten().map(|(x, y)| ((x - 4.0, y - 4.0), (x + 4.0, y + 4.0)));
        let dots: Vec<Area> = dots.collect();
        let mut words: Vec<Area> = Vec::new();
        for (label, (x, y)) in self.tagged() {
            let width = ink.width(&label);
            let beside = [x + 7.0, x - width - 7.0, x - width / 2.0];
            let heights = [y - 6.5, y - 19.0, y + 6.0];
            let candidates: Vec<Area> = heights
                .into_iter()
                .flat_map(|top| beside.map(|x| ((x, top), (x + width, top + 13.0))))
                .filter(|area| area.0.0 > self.from.0 && area.1.0 < self.end)
                .filter(|area| area.1.1 < self.to.1 && !words.iter().any(|w| overlap(area, w)))
                .collect();
            let Some(area) = clearest(&candidates, &lines, &dots) else { continue };
            canvas.text(&label, (area.0.0, f64::midpoint(area.0.1, area.1.1)), ink);
            words.push(area);
        }
    }

    /// Names and places of points; points that lie on one another share one.
    fn tagged(&self) -> Vec<(String, Place)> {
        let mut all: Vec<(Vec<&str>, Place)> = Vec::new();
        for tag in &self.panel.tags {
            let Some(place) = self.place(tag.at) else { continue };
            let is_here = |known: Place| (known.0 - place.0).hypot(known.1 - place.1) < SAME_PLACE;
            match all.iter_mut().find(|(_, known)| is_here(*known)) {
                Some((labels, _)) if labels.contains(&tag.label.as_str()) => {}
                Some((labels, _)) => labels.push(&tag.label),
                None => all.push((vec![&tag.label], place)),
            }
        }
        all.into_iter().map(|(labels, place)| (labels.join(", "), place)).collect()
    }

    fn lines(&self) -> Vec<Vec<Place>> {
        self.panel.series.iter().map(|series| self.places(series)).collect()
    }
}
