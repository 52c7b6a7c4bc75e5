//! The KV cache of an engine that publishes none, from what was in flight.

use super::{Observed, TELEMETRY, TelemetryError, loads, read_samples};
use crate::{records, run_dir};
use farebox_core::{RequestRecord, RunInstant};
use farebox_telemetry::kv_estimate::kv_used_bytes;
use std::path::Path;

/// Moments at which it is worked out.
const MOMENTS: u64 = 1_000;

/// The run at `path` with its KV cache as the tokens in flight must have filled it, at
/// `bytes_per_token`; beside whatever else was reported.
pub fn observe_with_estimate(
    path: &Path,
    bytes_per_token: f64,
) -> Result<Observed, TelemetryError> {
    let manifest = run_dir::read_manifest(path)?;
    let reported = path.join(TELEMETRY);
    let mut samples = if reported.exists() { read_samples(&reported)? } else { Vec::new() };
    let records = records::read(&path.join(run_dir::REQUESTS)).map_err(crate::RunDirError::from)?;
    let requests: Vec<RequestRecord> =
        records.tally.requests().map(|request| (**request).clone()).collect();
    samples.extend(kv_used_bytes(&requests, bytes_per_token, &moments(&requests)));
    let recording = samples.into_iter().collect();
    Ok(Observed { name: manifest.label.clone(), loads: loads(&manifest, &recording), recording })
}

/// Evenly from the first send to the last end.
fn moments(requests: &[RequestRecord]) -> Vec<RunInstant> {
    let first = requests.iter().map(|r| r.send_ns.nanos()).min().unwrap_or(0);
    let last = requests.iter().map(|r| r.end_ns.nanos()).max().unwrap_or(0);
    let step = (last.saturating_sub(first) / MOMENTS).max(1);
    (0..=MOMENTS).map(|n| RunInstant::from_nanos(first + n * step)).collect()
}
