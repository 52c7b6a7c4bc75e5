//! A chart as SVG, in equal bytes for equal charts.
//!
//! Reading order: `page` (the picture), then `panel` (one coordinate system), `frame` (where its
//! values stand), `words` (names of lines, limits and marks), `labels` (where words go so that none
//! covers another), `span` (values to distances), `canvas` (elements), `style` (classes).

mod canvas;
mod frame;
mod labels;
mod page;
mod panel;
mod span;
mod style;
mod words;

pub(crate) use labels::wrap;
pub use page::{Layout, Size, panel_svg, to_page_svg, to_svg, to_svg_as};
pub use style::CHART_CSS;
