//! Shapes and words on plotters' SVG backend.
//!
//! The backend writes into a string, which cannot fail, so its results are dropped.

use super::palette::PAPER;
use plotters::backend::{DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, RGBColor, ShapeStyle, TextStyle};

/// A place in pixels, from the upper left.
pub(super) type Place = (f64, f64);

/// Where to draw.
pub(super) struct Canvas<'a> {
    backend: SVGBackend<'a>,
}

/// How words look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ink {
    pub(super) size: f64,
    pub(super) color: RGBColor,
    pub(super) weight: Weight,
    pub(super) anchor: Anchor,
}

/// How heavy letters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Plain,
    Bold,
}

/// Which part of a text stands at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A broken line's strokes and gaps, in pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dash {
    pub(super) on: f64,
    pub(super) off: f64,
}

impl Ink {
    /// Plain words that start at their place.
    pub(super) fn new(size: f64, color: RGBColor) -> Self {
        Self { size, color, weight: Weight::Plain, anchor: Anchor::Start }
    }

    pub(super) fn bold(self) -> Self {
        Self { weight: Weight::Bold, ..self }
    }

    pub(super) fn anchored(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }

    /// Roughly how wide `text` becomes: on the wide side, since the reader's font is unknown.
    pub(super) fn width(&self, text: &str) -> f64 {
        let factor = if self.weight == Weight::Bold { 0.64 } else { 0.57 };
        text.chars().count() as f64 * self.size * factor
    }
}

impl<'a> Canvas<'a> {
    /// White paper of `width` x `height` pixels that is written into `text`.
    pub(super) fn new(text: &'a mut String, width: f64, height: f64) -> Self {
        let backend = SVGBackend::with_string(text, (width as u32, height as u32));
        let mut canvas = Self { backend };
        canvas.rectangle((0.0, 0.0), (width, height), PAPER);
        canvas
    }

    pub(super) fn rectangle(&mut self, from: Place, to: Place, color: RGBColor) {
        let _ = self.backend.draw_rect(pixel(from), pixel(to), &color.filled(), true);
    }

    pub(super) fn line(&mut self, from: Place, to: Place, color: RGBColor) {
        let _ = self.backend.draw_line(pixel(from), pixel(to), &color);
    }

    pub(super) fn path(&mut self, places: &[Place], color: RGBColor) {
        let style = ShapeStyle { color: color.to_rgba(), filled: false, stroke_width: 2 };
        let _ = self.backend.draw_path(places.iter().copied().map(pixel), &style);
    }

    pub(super) fn dot(&mut self, at: Place, color: RGBColor) {
        let _ = self.backend.draw_circle(pixel(at), 3, &color.filled(), true);
    }

    /// A broken path; the pattern runs on around corners. The backend knows no dashes, so each
    /// stroke is a line of its own.
    pub(super) fn dashes(&mut self, places: &[Place], dash: Dash, style: (RGBColor, u32)) {
        let (color, stroke_width) = style;
        let style = ShapeStyle { color: color.to_rgba(), filled: false, stroke_width };
        for (from, to) in strokes(places, dash) {
            let _ = self.backend.draw_line(pixel(from), pixel(to), &style);
        }
    }

    /// `text` with its middle height at `at`.
    pub(super) fn text(&mut self, text: &str, at: Place, ink: Ink) {
        let style = match ink.weight {
            Weight::Plain => FontStyle::Normal,
            Weight::Bold => FontStyle::Bold,
        };
        let side = match ink.anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        // The backend divides font sizes by 1.24.
        let font = FontDesc::new(FontFamily::SansSerif, ink.size * 1.24, style);
        let style = TextStyle::from(font).color(&ink.color).pos(Pos::new(side, VPos::Center));
        let _ = self.backend.draw_text(&printable(text), &style, pixel(at));
    }
}

fn pixel((x, y): Place) -> (i32, i32) {
    (x.round() as i32, y.round() as i32)
}

/// XML has no place for control characters, not even escaped.
fn printable(text: &str) -> String {
    let legal = |c: &char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
    text.chars().filter(legal).collect()
}

/// The visible pieces of a broken path.
fn strokes(places: &[Place], dash: Dash) -> Vec<(Place, Place)> {
    let period = dash.on + dash.off;
    let mut pieces = Vec::new();
    let mut walked = 0.0;
    for pair in places.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        let length = (x1 - x0).hypot(y1 - y0);
        let at = |d: f64| (x0 + (x1 - x0) * d / length, y0 + (y1 - y0) * d / length);
        let mut start = -(walked % period);
        while start < length && length > 0.0 {
            let (from, to) = (start.max(0.0), (start + dash.on).min(length));
            if to > from {
                pieces.push((at(from), at(to)));
            }
            start += period;
        }
        walked += length;
    }
    pieces
}
