//! Shapes and words as SVG elements.

use super::style::Paint;
use std::fmt::Write;

/// A place in pixels, from the upper left.
pub(super) type Place = (f64, f64);

/// Elements in drawing order.
#[derive(Debug, Default)]
pub(super) struct Canvas {
    elements: String,
}

/// How words look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ink {
    size: f64,
    paint: Paint,
    weight: Weight,
    anchor: Anchor,
    /// Paper around the letters, so that they can be read on lines.
    has_halo: bool,
}

/// How heavy letters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weight {
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

impl Ink {
    /// Plain words that start at their place.
    pub(super) fn new(size: f64, paint: Paint) -> Self {
        Self { size, paint, weight: Weight::Plain, anchor: Anchor::Start, has_halo: false }
    }

    pub(super) fn bold(self) -> Self {
        Self { weight: Weight::Bold, ..self }
    }

    pub(super) fn anchored(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }

    pub(super) fn haloed(self) -> Self {
        Self { has_halo: true, ..self }
    }

    /// Roughly how wide `text` becomes: on the wide side, since the reader's font is unknown.
    pub(super) fn width(&self, text: &str) -> f64 {
        let factor = if self.weight == Weight::Bold { 0.64 } else { 0.57 };
        text.chars().count() as f64 * self.size * factor
    }
}

impl Canvas {
    pub(super) fn rectangle(&mut self, from: Place, to: Place, class: &str) {
        let (x, y, width, height) = (px(from.0), px(from.1), px(to.0 - from.0), px(to.1 - from.1));
        self.push(format_args!(
            r#"<rect class="{class}" x="{x}" y="{y}" width="{width}" height="{height}"/>"#
        ));
    }

    pub(super) fn line(&mut self, from: Place, to: Place, class: &str) {
        let (x1, y1, x2, y2) = (px(from.0), px(from.1), px(to.0), px(to.1));
        self.push(format_args!(
            r#"<line class="{class}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>"#
        ));
    }

    /// A line through places; nothing where there are fewer than two.
    pub(super) fn path(&mut self, places: &[Place], class: &str) {
        if places.len() < 2 {
            return;
        }
        let points: Vec<String> =
            places.iter().map(|(x, y)| format!("{},{}", px(*x), px(*y))).collect();
        let points = points.join(" ");
        self.push(format_args!(r#"<polyline class="{class}" points="{points}"/>"#));
    }

    /// A point; what it says is shown where a pointer rests on it.
    pub(super) fn dot(&mut self, (x, y): Place, class: &str, says: &str) {
        let (x, y, says) = (px(x), px(y), escaped(says));
        self.push(format_args!(
            r#"<circle class="{class}" cx="{x}" cy="{y}" r="3.2"><title>{says}</title></circle>"#
        ));
    }

    /// `text` with its middle height at `at`.
    pub(super) fn text(&mut self, text: &str, (x, y): Place, ink: Ink) {
        let anchor = match ink.anchor {
            Anchor::Start => "",
            Anchor::Middle => r#" text-anchor="middle""#,
            Anchor::End => r#" text-anchor="end""#,
        };
        let weight = match ink.weight {
            Weight::Plain => "",
            Weight::Bold => r#" font-weight="bold""#,
        };
        // Not every viewer knows `dominant-baseline`; digits are 0.7 of the size high.
        let (x, y, size) = (px(x), px(y + 0.35 * ink.size), px(ink.size));
        let halo = if ink.has_halo { " fb-halo" } else { "" };
        let (class, text) = (ink.paint.class() + halo, escaped(text));
        self.push(format_args!(
            r#"<text class="{class}" x="{x}" y="{y}" font-size="{size}"{anchor}{weight}>{text}</text>"#
        ));
    }

    /// An element for those who listen rather than look.
    pub(super) fn spoken(&mut self, element: &str, text: &str) {
        let text = escaped(text);
        self.push(format_args!("<{element}>{text}</{element}>"));
    }

    /// The elements.
    pub(super) fn into_elements(self) -> String {
        self.elements
    }

    fn push(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing into a string cannot fail.
        let _ = writeln!(self.elements, "{element}");
    }
}

/// Tenths of a pixel.
fn px(value: f64) -> f64 {
    // No negative zero.
    (value * 10.0).round() / 10.0 + 0.0
}

/// Safe between tags and in attributes. XML has no place for control characters, not even escaped.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}
