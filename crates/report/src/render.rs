//! Documents to text in any format.

use crate::format::Format;
use crate::tables::{
    Exported, compare_csv, compare_table, curve_csv, curve_table, export_csv, matrix_csv,
    matrix_table, price_csv, price_table,
};
use farebox_core::LoadCurve;
use farebox_core::compare::Comparison;
use farebox_price::{MatrixSheet, PriceSheet};
use serde::Serialize;

/// Why a document cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// As JSON.
    #[error("cannot write json: {0}")]
    Json(#[from] serde_json::Error),
    /// As CSV.
    #[error("cannot write csv: {0}")]
    Csv(#[from] csv::Error),
    /// As HTML.
    #[error("cannot write html: {0}")]
    Html(#[from] minijinja::Error),
}

/// One curve; ends with a line feed.
pub fn render_curve(curve: &LoadCurve, format: Format) -> Result<String, RenderError> {
    render_curves(std::slice::from_ref(curve), format)
}

/// Several curves in one table, each row under the name of its curve. As JSON one curve is the
/// document and several are a list of documents.
pub fn render_curves(curves: &[LoadCurve], format: Format) -> Result<String, RenderError> {
    match (format, curves) {
        (Format::Json, [one]) => json(one),
        (Format::Json, many) => json(many),
        (Format::Csv, _) => Ok(curve_csv(curves).to_csv()?),
        (Format::Human, _) => Ok(curve_table(curves).to_human()),
        (Format::Markdown, _) => Ok(curve_table(curves).to_markdown()),
    }
}

/// A price document: as a table it is the pricing matrix.
pub fn render_sheet(sheet: &PriceSheet, format: Format) -> Result<String, RenderError> {
    match format {
        Format::Json => json(sheet),
        Format::Csv => Ok(price_csv(sheet).to_csv()?),
        Format::Human => Ok(price_table(sheet).to_human()),
        Format::Markdown => Ok(price_table(sheet).to_markdown()),
    }
}

/// Curves side by side.
pub fn render_comparison(comparison: &Comparison, format: Format) -> Result<String, RenderError> {
    match format {
        Format::Json => json(comparison),
        Format::Csv => Ok(compare_csv(comparison).to_csv()?),
        Format::Human => Ok(compare_table(comparison).to_human()),
        Format::Markdown => Ok(compare_table(comparison).to_markdown()),
    }
}

/// Runs as CSV for other programs; ends with a line feed.
pub fn render_export(runs: &[Exported<'_>]) -> Result<String, RenderError> {
    Ok(export_csv(runs).to_csv()?)
}

/// A matrix, whole or as far as it has come.
pub fn render_matrix(sheet: &MatrixSheet, format: Format) -> Result<String, RenderError> {
    match format {
        Format::Json => json(sheet),
        Format::Csv => Ok(matrix_csv(sheet).to_csv()?),
        Format::Human => Ok(matrix_table(sheet).to_human()),
        Format::Markdown => Ok(matrix_table(sheet).to_markdown()),
    }
}

fn json<T: Serialize + ?Sized>(document: &T) -> Result<String, RenderError> {
    Ok(serde_json::to_string_pretty(document)? + "\n")
}
