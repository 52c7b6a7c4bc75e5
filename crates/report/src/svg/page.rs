//! The picture: title, legend, panels two abreast, captions. Or a single panel, for pages that lay
//! out their own.

use super::canvas::{Canvas, Ink};
use super::labels::wrap;
use super::panel;
use super::style::{self, CHART_CSS, Paint};
use crate::chart::{Chart, Named, Panel, Stroke};

const WIDTH: f64 = 1200.0;
const MARGIN: f64 = 32.0;
const PANEL_HEIGHT: f64 = 330.0;
const GUTTER: f64 = 28.0;
const LEGEND_ROW: f64 = 22.0;
const CAPTION_ROW: f64 = 20.0;
/// Characters that fit in a line of a caption.
const CAPTION_WIDTH: usize = 165;

/// How panels stand on the page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Layout {
    /// Two abreast.
    #[default]
    Pairs,
    /// One below the other, as wide as the page: for lines over time.
    Stack,
}

impl Layout {
    fn columns(self, panels: usize) -> usize {
        match self {
            // A picture of one thing has it all to itself.
            Self::Pairs => panels.clamp(1, 2),
            Self::Stack => 1,
        }
    }
}

/// How large a picture is, in pixels before it is scaled to its place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    /// From left to right.
    pub width: f64,
    /// From top to bottom.
    pub height: f64,
}

/// `chart` as an SVG file, which follows the viewer's light or dark; panels two abreast. Equal
/// charts give equal bytes; every text is escaped.
pub fn to_svg(chart: &Chart) -> String {
    to_svg_as(chart, Layout::Pairs)
}

/// [`to_svg`] in the layout that is asked for.
pub fn to_svg_as(chart: &Chart, layout: Layout) -> String {
    let (elements, size) = picture(chart, layout);
    let style = format!("<style>{CHART_CSS}</style>\n");
    let Size { width, height } = size;
    let place = format!(r#" width="{width}" height="{height}""#);
    document(&place, size, &style, &elements)
}

/// `chart` as an element of a page that includes [`CHART_CSS`]; as wide as its place.
pub fn to_page_svg(chart: &Chart, layout: Layout) -> String {
    let (elements, size) = picture(chart, layout);
    document("", size, "", &elements)
}

/// One panel as an element of a page that includes [`CHART_CSS`]; as wide as its place. Its title
/// is spoken only: the page says it in its own letters.
pub fn panel_svg(panel: &Panel, size: Size) -> String {
    let mut canvas = Canvas::default();
    canvas.spoken("title", &panel.title);
    canvas.spoken("desc", &panel::described(panel));
    panel::draw(&mut canvas, panel, (0.0, 4.0), (size.width, size.height));
    document("", size, "", &canvas.into_elements())
}

fn document(place: &str, Size { width, height }: Size, style: &str, elements: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"fb\"{place} viewBox=\"0 0 {width} \
         {height}\" role=\"img\">\n{style}{elements}</svg>\n"
    )
}

fn picture(chart: &Chart, layout: Layout) -> (String, Size) {
    let legend = legend_rows(&chart.legend);
    let captions: Vec<String> =
        chart.captions.iter().flat_map(|caption| wrap(caption, CAPTION_WIDTH)).collect();
    let panels_top = 78.0 + legend.len() as f64 * LEGEND_ROW;
    let columns = layout.columns(chart.panels.len());
    let panel_rows = chart.panels.len().div_ceil(columns) as f64;
    let captions_top = panels_top + panel_rows * (PANEL_HEIGHT + 10.0) + 6.0;
    let height = captions_top + captions.len() as f64 * CAPTION_ROW + MARGIN / 2.0;

    let mut canvas = Canvas::default();
    canvas.spoken("title", &chart.title);
    canvas.spoken("desc", &described(chart));
    canvas.rectangle((0.0, 0.0), (WIDTH, height), "fb-paper");
    canvas.text(&chart.title, (MARGIN, 30.0), Ink::new(21.0, Paint::Ink).bold());
    canvas.text(&chart.subtitle, (MARGIN, 55.0), Ink::new(13.0, Paint::Soft));
    for (index, row) in legend.iter().enumerate() {
        draw_legend(&mut canvas, row, 80.0 + index as f64 * LEGEND_ROW);
    }
    let gutters = (columns - 1) as f64 * GUTTER;
    let width = (WIDTH - 2.0 * MARGIN - gutters) / columns as f64;
    for (index, panel) in chart.panels.iter().enumerate() {
        let x = MARGIN + (index % columns) as f64 * (width + GUTTER);
        let y = panels_top + (index / columns) as f64 * (PANEL_HEIGHT + 10.0);
        canvas.text(&panel.title, (x, y + 10.0), Ink::new(14.5, Paint::Ink).bold());
        panel::draw(&mut canvas, panel, (x, y + TITLE), (x + width, y + PANEL_HEIGHT));
    }
    for (index, line) in captions.iter().enumerate() {
        let y = captions_top + index as f64 * CAPTION_ROW;
        canvas.text(line, (MARGIN, y), Ink::new(13.0, Paint::Ink));
    }
    (canvas.into_elements(), Size { width: WIDTH, height })
}

/// Room above a panel for its title.
const TITLE: f64 = 26.0;

fn described(chart: &Chart) -> String {
    let panels =
        chart.panels.iter().map(|panel| format!("{}: {}", panel.title, panel::described(panel)));
    let parts = [chart.subtitle.clone()].into_iter().chain(panels);
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(". ")
}

/// Names with their places, in rows that fit the page.
fn legend_rows(legend: &[Named]) -> Vec<Vec<(&Named, f64)>> {
    let ink = Ink::new(13.0, Paint::Ink);
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

fn draw_legend(canvas: &mut Canvas, row: &[(&Named, f64)], y: f64) {
    for (named, x) in row {
        let line = [(*x, y), (x + 26.0, y)];
        canvas.path(&line, &style::line(named.hue, Stroke::Solid));
        canvas.dot((x + 13.0, y), &style::dot(named.hue), &named.label);
        canvas.text(&named.label, (x + 34.0, y), Ink::new(13.0, Paint::Ink));
    }
}
