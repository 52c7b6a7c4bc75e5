//! Every accelerator of the catalogue for the same question, the cheapest token first.

use super::asked::PageAsked;
use crate::api::{OWN, OnGpu, Ranked};
use crate::app::App;
use crate::error::WebError;
use crate::models::Fetching;
use farebox_report::grid::align;
use farebox_report::numbers::{UNKNOWN, dollars, ms, rate, usd};
use serde::Serialize;

/// The table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Gpus {
    pub(super) rows: Vec<Row>,
    /// Accelerators on which it does not fit at any width.
    pub(super) without: Vec<String>,
    /// Why there is no table.
    pub(super) error: Option<String>,
}

/// One accelerator.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) tp: u32,
    pub(super) ttft_ms: String,
    pub(super) tpot_ms: String,
    pub(super) output_tok_per_s: String,
    pub(super) usd_per_hour: String,
    pub(super) usd_per_mtok: String,
    pub(super) source: String,
    pub(super) query: String,
    pub(super) here: bool,
}

/// The table for `asked`.
pub(super) async fn of(app: &App, asked: &PageAsked) -> Gpus {
    match rows(app, asked).await {
        Ok(gpus) => gpus,
        Err(error) => Gpus { rows: Vec::new(), without: Vec::new(), error: Some(error.message) },
    }
}

async fn rows(app: &App, page: &PageAsked) -> Result<Gpus, WebError> {
    let asked = page.asked()?;
    let model = app.models.find(&asked.model, Fetching::CachedOnly).await?;
    let Ranked { on, without } = Ranked::of(app, &model, &asked.question)?;
    let mut rows: Vec<Row> = on.iter().map(|on| row(page, on)).collect();
    let columns: [fn(&mut Row) -> &mut String; 5] = [
        |row| &mut row.usd_per_mtok,
        |row| &mut row.usd_per_hour,
        |row| &mut row.ttft_ms,
        |row| &mut row.tpot_ms,
        |row| &mut row.output_tok_per_s,
    ];
    for column in columns {
        align(rows.iter_mut().map(column));
    }
    Ok(Gpus { rows, without, error: None })
}

fn row(page: &PageAsked, OnGpu { gpu, tp, document }: &OnGpu<'_>) -> Row {
    let price = document.price.as_ref();
    let spelled =
        |value: Option<f64>, spell: fn(f64) -> String| value.map_or(UNKNOWN.to_owned(), spell);
    let changed = page.shown.clone().without(&OWN);
    let changed = changed.with("gpu", Some(&gpu.id)).with("tp", Some(&tp.to_string()));
    Row {
        id: gpu.id.clone(),
        name: gpu.name.clone(),
        tp: *tp,
        ttft_ms: spelled(document.prefill.map(|p| p.ttft_ms), ms),
        tpot_ms: spelled(document.decode.map(|d| d.tpot_ms), ms),
        output_tok_per_s: spelled(document.system.map(|s| s.output_tok_per_s), rate),
        usd_per_hour: spelled(price.map(|p| p.usd_per_hour_total), dollars),
        usd_per_mtok: spelled(price.map(|p| p.usd_per_mtok_blended), usd),
        source: price.map_or(String::new(), |p| p.source.clone()),
        query: changed.to_query(),
        here: page.shown.text("gpu") == Some(&gpu.id),
    }
}
