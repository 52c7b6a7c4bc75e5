//! Measured load curves as rows, for constants fitted to one's own runs.

use super::{Measured, MeasuredRow, RowConfig};
use farebox_core::curve::LoadKind;
use farebox_core::deployment::Pool;
use farebox_core::{Distribution, LoadCurve, LoadPoint, Source};

/// A row for every load of `curve`; `unnamed` is the machine of a run that does not name its own.
pub fn rows_of_curve(curve: &LoadCurve, unnamed: Option<&Pool>) -> Vec<MeasuredRow> {
    curve.points.iter().map(|point| row(curve, point, unnamed)).collect()
}

fn row(curve: &LoadCurve, point: &LoadPoint, unnamed: Option<&Pool>) -> MeasuredRow {
    let config = config(curve, point, unnamed);
    let mean_ms = |of: &Option<Distribution>| of.as_ref().map(|d| d.mean().get());
    MeasuredRow {
        measured: Measured {
            ttft_ms: mean_ms(&point.ttft_ms),
            tpot_ms: mean_ms(&point.tpot_ms),
            output_tok_per_s: Some(point.output_tok_per_s.get()).filter(|rate| *rate > 0.0),
            total_tok_per_s: None,
        },
        group: format!("{}|{}|{}", curve.name, config.model_hf_id, config.gpu_id),
        quality: quality(curve, point).to_owned(),
        config,
    }
}

fn config(curve: &LoadCurve, point: &LoadPoint, unnamed: Option<&Pool>) -> RowConfig {
    let deployment = &curve.deployment;
    let named = deployment.pools.first().filter(|pool| pool.gpu.is_some());
    let load = point.offered.value.to_string();
    let of = |kind| if point.offered.kind == kind { load.clone() } else { String::new() };
    let lengths = &curve.workload;
    let tokens = |observed: Option<f64>, asked: Option<u32>| {
        observed.or(asked.map(f64::from)).map_or(String::new(), |mean| mean.to_string())
    };
    let config = RowConfig {
        row_id: format!("{} {load}", curve.name),
        engine: deployment.engine.clone().unwrap_or_default(),
        model_hf_id: deployment.model.clone(),
        mode: if point.offered.kind == LoadKind::Batch { "offline_batch" } else { "" }.to_owned(),
        isl: tokens(lengths.isl_observed, lengths.isl),
        osl: tokens(lengths.osl_observed, lengths.osl),
        concurrency: of(LoadKind::Concurrency) + &of(LoadKind::Batch),
        request_rate: of(LoadKind::Rate),
        ..RowConfig::default()
    };
    let Some(pool) = named.or(unnamed) else { return config };
    RowConfig {
        gpu_id: pool.gpu.clone().unwrap_or_default(),
        num_gpus: u64::from(pool.gpus).saturating_mul(u64::from(pool.replicas)).to_string(),
        tp: pool.tp.to_string(),
        pp: pool.pp.to_string(),
        ep: pool.ep.to_string(),
        dp: pool.dp.to_string(),
        precision_weights: pool.precision.clone().unwrap_or_default(),
        precision_kv: pool.kv_dtype.clone().unwrap_or_default(),
        ..config
    }
}

/// `ok`, or why a load says nothing about the machine.
fn quality(curve: &LoadCurve, point: &LoadPoint) -> &'static str {
    match curve.source {
        Source::Measured | Source::Imported => {}
        Source::Estimated => return "estimated",
        Source::Simulated => return "simulated",
    }
    match point.offered.kind {
        LoadKind::Trace => "trace",
        _ if point.requests.in_window == 0 => "nothing ended",
        LoadKind::Concurrency if !point.offered.steady => "not steady",
        _ => "ok",
    }
}
