//! Colours that stay apart for colour-blind readers: Okabe and Ito, "Color Universal Design"
//! (2008), without its yellow, which fades on white.

use plotters::style::RGBColor;

const HUES: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(90, 90, 90),
];

/// Titles.
pub(super) const INK: RGBColor = RGBColor(34, 34, 34);
/// Captions, ticks and limits.
pub(super) const SOFT_INK: RGBColor = RGBColor(85, 85, 85);
/// Lines of limits and marks.
pub(super) const RULE: RGBColor = RGBColor(120, 120, 120);
/// The grid.
pub(super) const GRID: RGBColor = RGBColor(230, 230, 230);
/// Spans behind the lines.
pub(super) const SHADE: RGBColor = RGBColor(240, 243, 247);
/// The paper.
pub(super) const PAPER: RGBColor = RGBColor(255, 255, 255);

/// The colour of a hue's number.
pub(super) fn hue(number: usize) -> RGBColor {
    HUES[number % HUES.len()]
}

/// How often the colours were used up before this number: a further line looks different.
pub(super) fn round(number: usize) -> usize {
    number / HUES.len()
}
