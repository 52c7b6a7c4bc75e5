//! Curves and prices in, text out: tables, CSV, Markdown, JSON, pictures and whole reports.
//!
//! Pure: nothing is printed and no file is written here.
//!
//! Reading order: [`render`] (the entry for text), [`tables`] (which columns), [`grid`] (how
//! columns become text); then [`plots`] (what the picture shows), [`chart`] (its description) and
//! [`svg`] (how it is drawn); then [`report`], which holds all of it. [`numbers`] spells every figure that a person reads.

pub mod chart;
pub mod format;
pub mod grid;
pub mod numbers;
pub mod plots;
pub mod render;
pub mod report;
pub mod svg;
pub mod tables;
mod words;

pub use chart::Chart;
pub use format::{Format, FormatError};
pub use plots::{
    PlotRequest, Timeline, TimelineKind, cost_chart, distribution_chart, frontier_chart, plot,
    timeline_chart,
};
pub use render::{
    RenderError, render_comparison, render_curve, render_curves, render_export, render_matrix,
    render_sheet,
};
pub use report::{ReportRequest, ReportedRun, report_html, report_markdown, report_terminal};
pub use svg::{CHART_CSS, Layout, Size, panel_svg, to_page_svg, to_svg, to_svg_as};
pub use tables::Exported;
pub use words::tariff as tariff_in_words;
