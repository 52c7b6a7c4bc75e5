//! A chart as SVG, in equal bytes for equal charts.
//!
//! Reading order: [`to_svg`] (the page), then `panel` (one coordinate system), `labels` (where
//! words go so that none covers another), `span` (values to distances), `canvas` (shapes).

mod canvas;
mod labels;
mod page;
mod palette;
mod panel;
mod span;

pub use page::{Layout, to_svg, to_svg_as};
