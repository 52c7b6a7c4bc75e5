//! Error tables: all rows, and cut by what a reader cares about.

use super::metric::{ErrorSummary, Pair};
use super::{Judged, Judgement};
use crate::calibration::Calibration;
use crate::compiled::Compiled;
use farebox_core::Milliseconds;
use serde::Serialize;
use std::collections::BTreeMap;

/// Predictions for one row, in the units of the measurement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Predicted {
    /// Milliseconds to the first token.
    pub ttft_ms: f64,
    /// Milliseconds between tokens; none where an answer has one token.
    pub tpot_ms: Option<f64>,
    /// Output tokens per second.
    pub output_tok_per_s: f64,
    /// All tokens per second.
    pub total_tok_per_s: f64,
}

/// How rows are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Serving engine.
    Engine,
    /// Accelerator.
    Gpu,
    /// Model.
    Model,
    /// How load was offered.
    Mode,
}

/// Errors of the three quantities; absent where nothing was measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Metrics {
    /// Time to first token.
    pub ttft: Option<ErrorSummary>,
    /// Time between tokens.
    pub tpot: Option<ErrorSummary>,
    /// Throughput: output tokens where stated, else all.
    pub throughput: Option<ErrorSummary>,
}

/// The error table of a file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    schema: &'static str,
    /// Over all rows.
    pub metrics: Metrics,
    /// Rows predicted, in percent of rows that count.
    pub coverage_pct: f64,
    /// Rows that count.
    pub judged: u64,
    /// Rows that do not, by reason.
    pub skipped: BTreeMap<&'static str, u64>,
    /// Rows that count and were refused, by reason.
    pub refused: BTreeMap<&'static str, u64>,
    /// By engine.
    pub by_engine: BTreeMap<String, Metrics>,
    /// By accelerator.
    pub by_gpu: BTreeMap<String, Metrics>,
    /// By model.
    pub by_model: BTreeMap<String, Metrics>,
    /// By mode.
    pub by_mode: BTreeMap<String, Metrics>,
}

impl Predicted {
    /// The prediction of a row under `calibration`; none where the row is refused.
    pub fn of(judged: &Judged<'_>, calibration: &Calibration) -> Option<Self> {
        let question = judged.question.as_ref().ok()?;
        let compiled = Compiled::new(&question.setup, calibration).ok()?;
        let estimate = compiled.estimate(question.job);
        Some(Self {
            ttft_ms: estimate.ttft.get(),
            tpot_ms: estimate.tpot.map(Milliseconds::get),
            output_tok_per_s: estimate.output.get(),
            total_tok_per_s: estimate.total.get(),
        })
    }
}

impl Report {
    /// The table of `judgement` with a prediction for each judged row.
    pub fn new(judgement: &Judgement<'_>, predicted: &[Option<Predicted>]) -> Self {
        let rows: Vec<_> = judgement.judged.iter().zip(predicted.iter().copied()).collect();
        let count = rows.iter().filter(|(_, p)| p.is_some()).count();
        let skipped = judgement.skipped.iter().map(|row| row.reason.code());
        let refused = judgement.judged.iter().zip(predicted).filter(|(_, p)| p.is_none());
        let refused = refused.map(|(row, _)| match &row.question {
            Err(reason) => reason.code(),
            Ok(_) => "refused",
        });
        Self {
            schema: "farebox.validate/1",
            metrics: metrics(&rows),
            coverage_pct: 100.0 * count as f64 / rows.len().max(1) as f64,
            judged: rows.len() as u64,
            skipped: tally(skipped),
            refused: tally(refused),
            by_engine: cut(&rows, By::Engine),
            by_gpu: cut(&rows, By::Gpu),
            by_model: cut(&rows, By::Model),
            by_mode: cut(&rows, By::Mode),
        }
    }
}

type Row<'r, 'a> = (&'r Judged<'a>, Option<Predicted>);

fn tally(codes: impl Iterator<Item = &'static str>) -> BTreeMap<&'static str, u64> {
    let mut counts = BTreeMap::new();
    for code in codes {
        *counts.entry(code).or_default() += 1;
    }
    counts
}

fn cut(rows: &[Row<'_, '_>], by: By) -> BTreeMap<String, Metrics> {
    let mut parts: BTreeMap<String, Vec<Row<'_, '_>>> = BTreeMap::new();
    for row in rows {
        let config = &row.0.row.config;
        let key = match by {
            By::Engine => &config.engine,
            By::Gpu => &config.gpu_id,
            By::Model => &config.model_hf_id,
            By::Mode => &config.mode,
        };
        parts.entry(key.clone()).or_default().push(*row);
    }
    parts.into_iter().map(|(key, rows)| (key, metrics(&rows))).collect()
}

fn metrics(rows: &[Row<'_, '_>]) -> Metrics {
    let pairs = |of: fn(&Row<'_, '_>) -> Option<(f64, f64)>| -> Vec<Pair<'_>> {
        let pair = |row: &Row<'_, '_>| {
            let (predicted, measured) = of(row)?;
            Some((predicted, measured))
        };
        let with_group = |row| {
            let (judged, _): &Row<'_, '_> = row;
            let (predicted, measured) = pair(row)?;
            Some(Pair { predicted, measured, group: judged.row.group.as_str() })
        };
        rows.iter().filter_map(with_group).collect()
    };
    Metrics {
        ttft: ErrorSummary::of(&pairs(|(j, p)| Some(((*p)?.ttft_ms, j.row.measured.ttft_ms?)))),
        tpot: ErrorSummary::of(&pairs(|(j, p)| Some(((*p)?.tpot_ms?, j.row.measured.tpot_ms?)))),
        throughput: ErrorSummary::of(&pairs(|(j, p)| throughput(j, (*p)?))),
    }
}

fn throughput(judged: &Judged<'_>, predicted: Predicted) -> Option<(f64, f64)> {
    let measured = judged.row.measured;
    let output = measured.output_tok_per_s.map(|rate| (predicted.output_tok_per_s, rate));
    output.or_else(|| Some((predicted.total_tok_per_s, measured.total_tok_per_s?)))
}
