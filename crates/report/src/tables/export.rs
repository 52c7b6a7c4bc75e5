//! A run as rows for other programs: one per load point, and one for the run as a whole.

use super::csv_rows::{grid, number, point_fields, text};
use crate::grid::{Cell, Grid};
use farebox_core::curve::MeanMax;
use farebox_core::recording::{Reading, Recording, Span, mean_max, whole};
use farebox_core::{LoadCurve, LoadPoint, Signal};

/// A run and what its machine reported, where somebody asked it.
#[derive(Debug, Clone, Copy)]
pub struct Exported<'a> {
    /// Its curve.
    pub curve: &'a LoadCurve,
    /// What was reported; empty where nothing was.
    pub recording: &'a Recording,
}

/// A column's name and its cell.
type Field = (String, Cell);

/// The load points of each run under `row=point`, then the run itself under `row=run`, with how full
/// its KV cache was and how much memory it took, of accelerators or of processes. What a run as a whole does not
/// have, such as a throughput, is empty there.
pub fn export_csv(runs: &[Exported<'_>]) -> Grid {
    grid(runs.iter().flat_map(rows).collect())
}

fn rows(run: &Exported<'_>) -> Vec<Vec<Field>> {
    let memory = run.recording.total(Signal::MemoryUsedBytes);
    let row = |kind: &str, fields: Vec<Field>, peak: Option<f64>| {
        let peak = number("gpu_memory_peak_bytes", peak);
        [text("row", Some(kind))].into_iter().chain(fields).chain([peak]).collect()
    };
    let points = run.curve.points.iter().map(|point| {
        let peak = window(point).and_then(|span| peak(&memory, span));
        row("point", point_fields(&run.curve.name, point), peak)
    });
    let whole_run = over_all(&memory).map(|seen| seen.max);
    points.chain(run.summary().map(|fields| row("run", fields, whole_run))).collect()
}

fn window(point: &LoadPoint) -> Option<Span> {
    Some(Span { from_ns: point.window_start_ns?, to_ns: point.window_end_ns? })
}

fn peak(readings: &[Reading], span: Span) -> Option<f64> {
    mean_max(readings, &[span]).map(|seen| seen.max)
}

/// Mean and maximum from the first reading to the last.
fn over_all(readings: &[Reading]) -> Option<MeanMax> {
    mean_max(readings, &[whole(readings)?])
}

impl Exported<'_> {
    /// The columns of a point, filled in where they make sense for all points together.
    fn summary(&self) -> Option<Vec<Field>> {
        let points = &self.curve.points;
        let sum = |of: fn(&LoadPoint) -> u64| Some(points.iter().map(of).sum::<u64>() as f64);
        let kv = over_all(self.recording.engine(Signal::KvUsedFraction));
        let estimated = over_all(self.recording.engine(Signal::KvUsedBytesEstimated));
        let power = over_all(&self.recording.total(Signal::PowerW));
        let resident = over_all(&self.recording.total(Signal::ResidentBytes));
        let cores = over_all(&self.recording.rate(Signal::CpuSecondsTotal));
        let known: [(&str, Option<f64>); 11] = [
            ("requests_ok", sum(|p| p.requests.ok)),
            ("requests_failed", sum(|p| p.requests.failures())),
            ("requests_in_window", sum(|p| p.requests.in_window)),
            ("requests_early_stop", sum(|p| p.requests.early_stop)),
            ("kv_used_fraction_mean", kv.map(|kv| kv.mean)),
            ("kv_used_fraction_max", kv.map(|kv| kv.max)),
            ("power_w", power.map(|power| power.mean)),
            ("engine_resident_bytes_mean", resident.map(|used| used.mean)),
            ("engine_resident_bytes_max", resident.map(|used| used.max)),
            ("engine_cpu_cores_mean", cores.map(|cores| cores.mean)),
            ("kv_used_bytes_estimated_max", estimated.map(|kv| kv.max)),
        ];
        let fields = point_fields(&self.curve.name, points.first()?).into_iter();
        let filled = fields.map(|(name, cell)| {
            let of_run = known.iter().find(|(known, _)| *known == name);
            let cell = match of_run {
                Some((_, value)) => Cell::number(*value),
                None if name == "curve" => cell,
                None => Cell::Unknown,
            };
            (name, cell)
        });
        Some(filled.collect())
    }
}
