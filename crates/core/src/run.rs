//! The manifest of a run: `run.json`, everything needed to run it again.

use crate::cache::CacheControl;
use crate::client::{ArrivalClock, Calibration, ClientHealth};
use crate::curve::Load;
use crate::deployment::{Deployment, Workload};
use crate::engine_kind::EngineKind;
use crate::quantity::{RunInstant, UsdPerHour};
use crate::recording::Span;
use serde::{Deserialize, Serialize};

/// The schema tag of a manifest.
pub const RUN_SCHEMA: &str = "farebox.run/1";

/// What was run, against what, and how far it got.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunManifest {
    /// Always [`RUN_SCHEMA`].
    pub schema: String,
    /// What people call the run.
    pub label: String,
    /// How far it got.
    pub state: RunState,
    /// Wall-clock nanoseconds since the Unix epoch at the run's zero.
    pub epoch_unix_ns: u64,
    /// The same as an RFC 3339 time in UTC.
    pub started_at: String,
    /// The command line, secrets redacted.
    pub command: Vec<String>,
    /// Version of Farebox.
    pub farebox_version: String,
    /// Same seed, same bytes sent.
    pub seed: u64,
    /// What answered.
    pub deployment: Deployment,
    /// What was asked.
    pub workload: Workload,
    /// Who the server said it was.
    pub server: ServerIdentity,
    /// Request fields that were dropped or renamed because the server refused them.
    pub negotiation: Vec<Negotiated>,
    /// What the machine costs, where it was said.
    pub price: Option<Rental>,
    /// The promises asked about, in the grammar of `--slo`.
    pub slos: Vec<String>,
    /// What the server's prefix cache was made to hold; none where nobody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<CacheControl>,
    /// The loads run so far, in order.
    pub points: Vec<PointMarks>,
    /// The client's own cost, once the run is over.
    pub client: Option<ClientCost>,
    /// Who took the times at which bytes came.
    #[serde(default)]
    pub arrival_clock: Option<ArrivalClock>,
    /// How the client stood each load, in the order of [`Self::points`].
    #[serde(default)]
    pub health: Vec<ClientHealth>,
    /// The client's own error bars, once the loads are over.
    #[serde(default)]
    pub calibration: Option<Calibration>,
    /// Who reported what the machine did meanwhile; none in runs that did not ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub telemetry: Option<TelemetryReport>,
    /// The times that the run was gone on with after it had been cut short, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resumed: Vec<Resumed>,
    /// Settings of the load generator, for running it again.
    pub settings: serde_json::Value,
}

/// A run that had been cut short is gone on with, on the same clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumed {
    /// When, as an RFC 3339 time in UTC.
    pub at: String,
    /// The same on the run's clock.
    pub at_ns: RunInstant,
    /// The command line, secrets redacted.
    pub command: Vec<String>,
    /// The number of the load that had been cut short, if one was: it is offered again under a
    /// number of its own, and what was sent at it the first time is kept and does not count.
    pub set_aside: Option<u32>,
}

impl RunManifest {
    /// Whether the load of this number was cut short and offered again under another.
    pub fn is_set_aside(&self, number: usize) -> bool {
        let aside = self.resumed.iter().filter_map(|resumed| resumed.set_aside);
        aside.map(|aside| aside as usize).any(|aside| aside == number)
    }

    /// The numbers of the loads that count, in order.
    pub fn counted(&self) -> impl Iterator<Item = usize> {
        (0..self.points.len()).filter(|number| !self.is_set_aside(*number))
    }

    /// What belongs to the loads that count, of a list in the order of [`Self::points`].
    pub fn of_counted<T: Clone>(&self, list: &[T]) -> Vec<T> {
        self.counted().filter_map(|number| list.get(number).cloned()).collect()
    }
}

/// Who reported what the machine did while a run was under way. A reporter that is not there says
/// so in words; its values are absent, never zero.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TelemetryReport {
    /// Where the engine's figures come from: `vllm: http://127.0.0.1:8000/metrics`, or
    /// `none: /metrics answers 404`.
    pub engine: String,
    /// Where the accelerators' figures come from: `nvml`, or `none: ...`.
    pub accelerators: String,
    /// Where memory and processor time of the engine's own processes come from: `process 4711 (vllm)
    /// and all below it`, or `none: ...`. Empty in runs that did not ask.
    #[serde(default)]
    pub processes: String,
    /// Who says how much of the KV cache is in use: `the engine`, `estimated ...`, or `none: ...`.
    #[serde(default)]
    pub kv_cache: String,
    /// Looks that brought nothing, and why the last of them did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gaps: Option<Gaps>,
    /// Between which snapshots of the counters each load lies, in the order of the points.
    #[serde(default)]
    pub edges: Vec<Span>,
}

/// Looks that brought nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gaps {
    /// How many.
    pub n: u64,
    /// Why the last one did not.
    pub last: String,
}

/// How far a run got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Under way, or killed: the manifest was never closed.
    Running,
    /// Every load was run.
    Complete,
    /// Stopped by Ctrl-C with everything kept.
    Interrupted,
}

/// Who the server said it was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerIdentity {
    /// Where it was reached, without credentials.
    pub base_url: String,
    /// The path that was asked.
    pub endpoint: String,
    /// Its `server` header.
    pub server_header: Option<String>,
    /// Models it lists.
    pub models: Vec<String>,
    /// Longest context it states, in tokens.
    pub max_model_len: Option<u64>,
    /// The engine it gave itself away as, whatever `--engine` said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<EngineKind>,
    /// That engine's version, where it says one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine_version: Option<String>,
    /// What gave it away, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine_clue: Option<String>,
}

/// A request field the server refuses, or was known to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Negotiated {
    /// The field we had sent.
    pub field: String,
    /// What we send in its place; none when it is simply left out.
    pub replaced_by: Option<String>,
    /// The status that refused it; none where it was known beforehand and never sent.
    pub http_status: Option<u16>,
    /// The server's words, or how it was known.
    pub message: String,
}

/// What the rented machine costs and how much of it serves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rental {
    /// Cost of everything billed, per hour.
    pub usd_per_hour_total: UsdPerHour,
    /// Accelerators billed.
    pub gpus_billed: u32,
    /// Accelerators that serve one replica.
    pub gpus_used: u32,
    /// Accelerators that are rented together: 1 where each has its price, an instance's where those
    /// are rented whole; none where the price is that of this very machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_gpus: Option<u32>,
    /// Where the price comes from.
    pub source: String,
}

impl Rental {
    /// The same rental of at least `gpus` accelerators, in whole units. None where the price is
    /// that of one machine and `gpus` are another: nobody said what it costs.
    #[must_use]
    pub fn resized(&self, gpus: u32) -> Option<Self> {
        let Some(unit) = self.unit_gpus.filter(|unit| *unit > 0) else {
            return (gpus == self.gpus_billed).then(|| self.clone());
        };
        let billed = gpus.max(1).div_ceil(unit).saturating_mul(unit);
        let times = f64::from(billed) / f64::from(self.gpus_billed.max(1));
        let usd_per_hour_total = self.usd_per_hour_total.times(times);
        Some(Self { usd_per_hour_total, gpus_billed: billed, ..self.clone() })
    }
}

/// One load of a run and when it was offered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PointMarks {
    /// The load.
    pub load: Load,
    /// When the client began to send it.
    pub started_ns: RunInstant,
    /// When the client stopped sending; none for a point that was never finished.
    pub stopped_ns: Option<RunInstant>,
}

/// What measuring cost the client.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClientCost {
    /// Processor seconds, user and system.
    pub cpu_s: f64,
    /// Wall seconds from the first to the last request.
    pub wall_s: f64,
    /// Largest resident memory, in bytes.
    pub peak_rss_bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rental(unit_gpus: Option<u32>) -> Rental {
        Rental {
            usd_per_hour_total: UsdPerHour::new(20.0),
            gpus_billed: 8,
            gpus_used: 1,
            unit_gpus,
            source: "a test".to_owned(),
        }
    }

    #[test]
    fn a_bill_grows_by_whole_units_and_a_machine_not_at_all() {
        for (unit, gpus, billed) in [
            (Some(1), 8, Some((8, 20.0))),
            (Some(1), 3, Some((3, 7.5))),
            (Some(8), 9, Some((16, 40.0))),
            (Some(8), 1, Some((8, 20.0))),
            (None, 8, Some((8, 20.0))),
            (None, 16, None),
            (None, 4, None),
        ] {
            let got = rental(unit).resized(gpus);
            let got = got.map(|rental| (rental.gpus_billed, rental.usd_per_hour_total.get()));
            assert_eq!(got, billed, "{gpus} by units of {unit:?}");
        }
    }

    #[test]
    fn an_old_run_says_nothing_of_units() {
        let old = r#"{"usd_per_hour_total":2.5,"gpus_billed":1,"gpus_used":1,"source":"typed"}"#;
        let rental: Rental = serde_json::from_str(old).unwrap();
        assert_eq!(rental.unit_gpus, None);
        assert_eq!(serde_json::to_string(&rental).unwrap(), old);
    }
}
