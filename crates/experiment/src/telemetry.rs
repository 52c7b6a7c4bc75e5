//! `telemetry.jsonl`: appended to while a run is under way, read back whatever happened to its last
//! line; and the time series that other tools leave.

mod ask;
mod estimated;
mod foreign;
mod live;
mod told;

use farebox_core::curve::Load;
use farebox_core::recording::{Recording, Span};
use farebox_core::{RunManifest, TelemetrySample};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub use estimated::observe_with_estimate;
pub use foreign::SeriesError;
pub(crate) use live::{Asked, Before, Reporter};
pub use told::ToldSettings;

/// The file in a run directory.
pub const TELEMETRY: &str = "telemetry.jsonl";

/// Why telemetry cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The system said no.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The run has none.
    #[error("{}: the run has no {TELEMETRY}: {why}", path.display())]
    None {
        /// The run directory.
        path: PathBuf,
        /// What its manifest says about it.
        why: String,
    },
    /// Neither samples nor a series that is known here.
    #[error("{}: not a run directory, a telemetry.jsonl or a series that Farebox reads", .0.display())]
    Unknown(PathBuf),
    /// A line that is not the last is no sample.
    #[error("{}, line {line}: {source}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The run's manifest cannot be read.
    #[error(transparent)]
    RunDir(#[from] crate::RunDirError),
    /// Another tool's series is damaged.
    #[error("{}: {source}", path.display())]
    Series {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: SeriesError,
    },
}

/// What was reported, with the loads that were offered meanwhile.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// The run's label, or the file's name.
    pub name: String,
    /// What was reported.
    pub recording: Recording,
    /// The loads in their order and when they were offered; none for a bare series.
    pub loads: Vec<(Load, Span)>,
}

/// Reads all samples. A last line without its newline was torn by a kill and is left out.
pub fn read_samples(path: &Path) -> Result<Vec<TelemetrySample>, TelemetryError> {
    let text = fs::read(path).map_err(|source| io_error(path, source))?;
    let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let lines = text[..whole].split(|byte| *byte == b'\n').enumerate();
    lines
        .filter(|(_, line)| !line.is_empty())
        .map(|(index, line)| {
            serde_json::from_slice(line).map_err(|source| TelemetryError::Line {
                path: path.to_owned(),
                line: index + 1,
                source,
            })
        })
        .collect()
}

/// Samples as lines of the file.
pub fn write_samples(out: &mut impl Write, samples: &[TelemetrySample]) -> io::Result<()> {
    let mut lines = Vec::with_capacity(samples.len() * 96);
    for sample in samples {
        serde_json::to_writer(&mut lines, sample)?;
        lines.push(b'\n');
    }
    out.write_all(&lines)
}

/// What is at `path`: a run directory, a `telemetry.jsonl`, or the series of another tool.
pub fn observe(path: &Path) -> Result<Observed, TelemetryError> {
    if path.is_dir() {
        return observe_run(path);
    }
    let ForeignSeries { name, samples } = match observe_series(path)? {
        Some(series) => series,
        None => ForeignSeries { name: crate::curves::name_of(path), samples: samples_of(path)? },
    };
    Ok(Observed { name, recording: samples.into_iter().collect(), loads: Vec::new() })
}

/// The samples of a file that may be something else altogether.
fn samples_of(path: &Path) -> Result<Vec<TelemetrySample>, TelemetryError> {
    match read_samples(path) {
        Err(TelemetryError::Line { line: 1, .. }) => Err(TelemetryError::Unknown(path.to_owned())),
        Ok(none) if none.is_empty() => Err(TelemetryError::Unknown(path.to_owned())),
        samples => samples,
    }
}

/// Another tool's series as samples.
#[derive(Debug, Clone, PartialEq)]
pub struct ForeignSeries {
    /// The file's name.
    pub name: String,
    /// What it holds.
    pub samples: Vec<TelemetrySample>,
}

/// The series in the file at `path`; none where it holds something else.
pub fn observe_series(path: &Path) -> Result<Option<ForeignSeries>, TelemetryError> {
    if path.is_dir() {
        return Ok(None);
    }
    let text = fs::read_to_string(path).map_err(|source| io_error(path, source))?;
    if !foreign::looks_like(&text) {
        return Ok(None);
    }
    let samples = foreign::read(&text)
        .map_err(|source| TelemetryError::Series { path: path.to_owned(), source })?;
    Ok(Some(ForeignSeries { name: crate::curves::name_of(path), samples }))
}

fn observe_run(path: &Path) -> Result<Observed, TelemetryError> {
    let manifest = crate::run_dir::read_manifest(path)?;
    let file = path.join(TELEMETRY);
    if !file.exists() {
        return Err(TelemetryError::None { path: path.to_owned(), why: why_none(&manifest) });
    }
    let recording: Recording = read_samples(&file)?.into_iter().collect();
    Ok(Observed { name: manifest.label.clone(), loads: loads(&manifest, &recording), recording })
}

/// The loads of a run and when they were offered. One that was never finished lasted to the end.
fn loads(manifest: &RunManifest, recording: &Recording) -> Vec<(Load, Span)> {
    let end = recording.end().unwrap_or_default();
    let of = manifest.points.iter().map(|marks| {
        let to_ns = marks.stopped_ns.unwrap_or(end.max(marks.started_ns));
        (marks.load, Span { from_ns: marks.started_ns, to_ns })
    });
    of.collect()
}

fn why_none(manifest: &RunManifest) -> String {
    let said = manifest.telemetry.as_ref().map(|telemetry| telemetry.engine.clone());
    said.unwrap_or_else(|| "it was measured without".to_owned())
}

fn io_error(path: &Path, source: io::Error) -> TelemetryError {
    TelemetryError::Io { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use farebox_core::{RunInstant, Scope, Signal};

    #[test]
    fn samples_are_read_back_and_a_torn_line_is_left_out() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(TELEMETRY);
        let sample = |t: u64, value| TelemetrySample {
            t_ns: RunInstant::from_nanos(t),
            scope: Scope::Engine,
            metric: Signal::KvUsedFraction,
            value,
        };
        let samples = [sample(1, 0.25), sample(2, 0.5)];
        let mut bytes = Vec::new();
        write_samples(&mut bytes, &samples).unwrap();
        for cut in 0..=bytes.len() {
            fs::write(&path, &bytes[..cut]).unwrap();
            let whole = bytes[..cut].split(|byte| *byte == b'\n').count() - 1;
            assert_eq!(read_samples(&path).unwrap(), samples[..whole], "cut at {cut}");
        }
        fs::write(&path, "{\"t_ns\":1}\n").unwrap();
        let error = read_samples(&path).unwrap_err().to_string();
        assert!(error.contains("telemetry.jsonl, line 1: missing field"), "{error}");
    }
}
