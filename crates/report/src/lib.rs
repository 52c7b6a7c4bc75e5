//! Curves and prices in, text out: tables, CSV, Markdown, JSON and one picture.
//!
//! Pure: nothing is printed and no file is written here.
//!
//! Reading order: [`render`] (the entry for text), [`tables`] (which columns), [`grid`] (how
//! columns become text); then [`plots`] (what the picture shows), [`chart`] (its description) and
//! [`svg`] (how it is drawn). [`numbers`] spells every figure that a person reads.

pub mod chart;
pub mod format;
pub mod grid;
pub mod numbers;
pub mod plots;
pub mod render;
pub mod svg;
pub mod tables;
mod words;

pub use chart::Chart;
pub use format::{Format, FormatError};
pub use plots::{PlotRequest, Timeline, TimelineKind, plot, timeline_chart};
pub use render::{
    RenderError, render_comparison, render_curve, render_curves, render_export, render_matrix,
    render_sheet,
};
pub use svg::{Layout, to_svg, to_svg_as};
pub use tables::Exported;
