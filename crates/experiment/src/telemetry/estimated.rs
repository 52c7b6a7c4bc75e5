//! The KV cache of an engine that publishes none, from what was in flight.

use super::told::ToldSettings;
use super::{Observed, TELEMETRY, TelemetryError, loads, read_samples};
use crate::bench::{BenchPlan, TelemetryFrom};
use crate::{records, run_dir};
use farebox_core::{RequestRecord, RunInstant, Signal, Tally, TelemetrySample};
use farebox_telemetry::EngineReading;
use farebox_telemetry::kv_estimate::kv_used_bytes;
use std::fmt;
use std::path::Path;

/// Who says how much of the KV cache is in use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum CacheFrom {
    /// The engine publishes it.
    Engine,
    /// The tokens in flight, so many bytes each.
    Tokens(f64),
    /// Nobody, since the model is not known.
    Nobody,
    /// Nobody, since nobody was asked.
    Unasked,
}

/// Bytes of a value of 16 bit.
const VALUE_BYTES: f64 = 2.0;
/// Longest time between two moments of an estimate, in nanoseconds: as often as an engine is asked.
const STEP_NS: u64 = 250_000_000;
/// Moments in which the cache of a load is worked out at least.
const PER_LOAD: u64 = 100;
/// Moments in which that of a whole run is.
const PER_RUN: u64 = 1_000;

impl CacheFrom {
    /// Of an engine that was asked once, if it answered.
    pub(super) fn of(plan: &BenchPlan, reading: Option<&EngineReading>) -> Self {
        let publishes = |reading: &EngineReading| reading.value(Signal::KvUsedFraction).is_ok();
        match plan.serving.kv_bytes_per_token {
            _ if plan.telemetry == TelemetryFrom::Off => Self::Unasked,
            _ if reading.is_some_and(publishes) => Self::Engine,
            Some(bytes) => Self::Tokens(bytes as f64 * widening(&plan.serving.told)),
            None => Self::Nobody,
        }
    }

    /// What the requests of a load held over time, where it has to be estimated.
    pub(super) fn samples(self, tally: &Tally) -> Vec<TelemetrySample> {
        let Self::Tokens(bytes) = self else { return Vec::new() };
        let requests: Vec<&RequestRecord> = tally.requests().map(|request| &**request).collect();
        let Some((first, last)) = ends(&requests) else { return Vec::new() };
        let step = ((last - first) / PER_LOAD).clamp(1, STEP_NS);
        kv_used_bytes(requests, bytes, &moments(first, last, step))
    }
}

impl fmt::Display for CacheFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Engine => f.write_str("the engine"),
            Self::Tokens(bytes) => {
                write!(f, "estimated from the tokens in flight, {bytes} bytes each")
            }
            Self::Nobody => f.write_str(
                "none: the engine publishes nothing of it, and the model is not known here",
            ),
            Self::Unasked => f.write_str("none: it was not asked (--telemetry off)"),
        }
    }
}

/// How many times wider than 16 bit the cache is: engines that publish nothing keep it in the type
/// of their weights.
fn widening(told: &ToldSettings) -> f64 {
    told.weight_bytes().map_or(1.0, |bytes| bytes / VALUE_BYTES)
}

/// The run at `path` with its KV cache as the tokens in flight must have filled it, at
/// `bytes_per_token`; beside whatever else was reported.
pub fn observe_with_estimate(
    path: &Path,
    bytes_per_token: f64,
) -> Result<Observed, TelemetryError> {
    let manifest = run_dir::read_manifest(path)?;
    let reported = path.join(TELEMETRY);
    let mut samples = if reported.exists() { read_samples(&reported)? } else { Vec::new() };
    // The run's own estimate gives way to this one.
    samples.retain(|sample| sample.metric != Signal::KvUsedBytesEstimated);
    let written = records::read(&path.join(run_dir::REQUESTS)).map_err(crate::RunDirError::from)?;
    let requests: Vec<&RequestRecord> =
        written.tally.requests().map(|request| &**request).collect();
    let (first, last) = ends(&requests).unwrap_or_default();
    let step = ((last - first) / PER_RUN).max(1);
    samples.extend(kv_used_bytes(requests, bytes_per_token, &moments(first, last, step)));
    let recording = samples.into_iter().collect();
    Ok(Observed { name: manifest.label.clone(), loads: loads(&manifest, &recording), recording })
}

/// The first send and the last end, in nanoseconds; none without requests.
fn ends(requests: &[&RequestRecord]) -> Option<(u64, u64)> {
    let first = requests.iter().map(|request| request.send_ns.nanos()).min()?;
    let last = requests.iter().map(|request| request.end_ns.nanos()).max()?;
    Some((first, last.max(first)))
}

/// From `first` on in equal steps, and `last` itself.
fn moments(first: u64, last: u64, step: u64) -> Vec<RunInstant> {
    let steps = (last - first).div_ceil(step);
    (0..=steps).map(|n| RunInstant::from_nanos((first + n * step).min(last))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_from_end_to_end() {
        let nanos = |moments: Vec<RunInstant>| {
            moments.into_iter().map(RunInstant::nanos).collect::<Vec<_>>()
        };
        assert_eq!(nanos(moments(10, 35, 10)), [10, 20, 30, 35]);
        assert_eq!(nanos(moments(10, 30, 10)), [10, 20, 30]);
        assert_eq!(nanos(moments(10, 10, 1)), [10]);
    }

    #[test]
    fn it_is_said_where_the_figure_comes_from() {
        let said = CacheFrom::Tokens(4096.0).to_string();
        assert_eq!(said, "estimated from the tokens in flight, 4096 bytes each");
        assert!(CacheFrom::Nobody.to_string().starts_with("none: "));
    }
}
