//! The page: title, legend, panels two abreast, captions.

use super::canvas::{Canvas, Dash, Ink};
use super::labels::wrap;
use super::palette::{INK, SOFT_INK, hue, round};
use super::panel;
use crate::chart::{Chart, Named};

const WIDTH: f64 = 1200.0;
const MARGIN: f64 = 32.0;
const PANEL_HEIGHT: f64 = 330.0;
const GUTTER: f64 = 28.0;
const LEGEND_ROW: f64 = 22.0;
const CAPTION_ROW: f64 = 20.0;
/// Characters that fit in a line of a caption.
const CAPTION_WIDTH: usize = 165;

/// How panels stand on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Two abreast.
    Pairs,
    /// One below the other, as wide as the page: for lines over time.
    Stack,
}

impl Layout {
    fn columns(self) -> usize {
        match self {
            Self::Pairs => 2,
            Self::Stack => 1,
        }
    }
}

/// `chart` as an SVG document, panels two abreast. Equal charts give equal bytes; every text is
/// escaped.
pub fn to_svg(chart: &Chart) -> String {
    to_svg_as(chart, Layout::Pairs)
}

/// [`to_svg`] in the layout that is asked for.
pub fn to_svg_as(chart: &Chart, layout: Layout) -> String {
    let columns = layout.columns();
    let legend = legend_rows(&chart.legend);
    let captions: Vec<String> =
        chart.captions.iter().flat_map(|caption| wrap(caption, CAPTION_WIDTH)).collect();
    let panels_top = 78.0 + legend.len() as f64 * LEGEND_ROW;
    let panel_rows = chart.panels.len().div_ceil(columns) as f64;
    let captions_top = panels_top + panel_rows * (PANEL_HEIGHT + 10.0) + 6.0;
    let height = captions_top + captions.len() as f64 * CAPTION_ROW + MARGIN / 2.0;

    let mut text = String::new();
    let mut canvas = Canvas::new(&mut text, WIDTH, height);
    canvas.text(&chart.title, (MARGIN, 30.0), Ink::new(21.0, INK).bold());
    canvas.text(&chart.subtitle, (MARGIN, 55.0), Ink::new(13.0, SOFT_INK));
    for (index, row) in legend.iter().enumerate() {
        draw_legend(&mut canvas, row, 80.0 + index as f64 * LEGEND_ROW);
    }
    for (index, panel) in chart.panels.iter().enumerate() {
        let gutters = (columns - 1) as f64 * GUTTER;
        let width = (WIDTH - 2.0 * MARGIN - gutters) / columns as f64;
        let x = MARGIN + (index % columns) as f64 * (width + GUTTER);
        let y = panels_top + (index / columns) as f64 * (PANEL_HEIGHT + 10.0);
        panel::draw(&mut canvas, panel, (x, y), (x + width, y + PANEL_HEIGHT));
    }
    for (index, line) in captions.iter().enumerate() {
        let y = captions_top + index as f64 * CAPTION_ROW;
        canvas.text(line, (MARGIN, y), Ink::new(13.0, INK));
    }
    drop(canvas);
    text
}

/// Names with their places, in rows that fit the page.
fn legend_rows(legend: &[Named]) -> Vec<Vec<(&Named, f64)>> {
    let ink = Ink::new(13.0, INK);
    let mut rows: Vec<Vec<(&Named, f64)>> = Vec::new();
    let mut x = WIDTH;
    for named in legend {
        let width = 34.0 + ink.width(&named.label) + 14.0;
        if x + width > WIDTH - MARGIN {
            rows.push(Vec::new());
            x = MARGIN;
        }
        if let Some(row) = rows.last_mut() {
            row.push((named, x));
        }
        x += width;
    }
    rows
}

fn draw_legend(canvas: &mut Canvas<'_>, row: &[(&Named, f64)], y: f64) {
    for (named, x) in row {
        let (line, color) = ([(*x, y), (x + 26.0, y)], hue(named.hue));
        if round(named.hue) == 0 {
            canvas.path(&line, color);
        } else {
            canvas.dashes(&line, Dash { on: 10.0, off: 3.0 }, (color, 2));
        }
        canvas.dot((x + 13.0, y), color);
        canvas.text(&named.label, (x + 34.0, y), Ink::new(13.0, INK));
    }
}
