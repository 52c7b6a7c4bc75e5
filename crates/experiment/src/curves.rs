//! Any file or folder that holds load curves.

use crate::run_dir::{RunDirError, StoredRun, read_json, read_verdict};
use farebox_core::curve::CURVE_SCHEMA;
use farebox_core::run::Rental;
use farebox_core::{CurveFault, LoadCurve, Slo, Verdict};
use farebox_price::import::pricing_seed::{self, ImportError, SeedRun};
use farebox_price::import::vllm_bench::{self, SummaryError};
use std::io;
use std::path::{Path, PathBuf};

/// Curves, with what else their source says.
#[derive(Debug)]
pub struct Loaded {
    /// The curves: one for a run, as many as a result file has.
    pub curves: Vec<LoadCurve>,
    /// Promises stored with a run.
    pub slos: Vec<Slo>,
    /// Price stored with a run or a curve.
    pub price: Option<Rental>,
    /// What the run says of itself; none where it has not got so far, and of other files.
    pub verdict: Option<Verdict>,
}

/// Why a path gives no curves.
#[derive(Debug, thiserror::Error)]
pub enum CurveError {
    /// The system said no.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Neither a curve nor a result file that is known here.
    #[error("{}: not a run directory, a curve.json or a result file that Farebox reads", .0.display())]
    Unknown(PathBuf),
    /// A document of ours of another kind, or of another version.
    #[error("{}: schema {found}, and no {CURVE_SCHEMA}", path.display())]
    Schema {
        /// The file.
        path: PathBuf,
        /// What it says it is.
        found: String,
    },
    /// The run directory or document is damaged.
    #[error(transparent)]
    RunDir(#[from] RunDirError),
    /// A curve document with a figure that cannot be one.
    #[error("{}: {source}", path.display())]
    Impossible {
        /// The file.
        path: PathBuf,
        /// What is wrong and where.
        source: CurveFault,
    },
    /// The pricing seed's result file is damaged.
    #[error("{}, {source}", path.display())]
    Import {
        /// The file.
        path: PathBuf,
        /// What is wrong and where.
        source: ImportError,
    },
    /// A table of `vllm bench` is damaged.
    #[error("{}, {source}", path.display())]
    Summary {
        /// The file.
        path: PathBuf,
        /// What is wrong and where.
        source: SummaryError,
    },
}

/// Reads a run directory, a curve document, or another tool's result file.
pub fn load(path: &Path) -> Result<Loaded, CurveError> {
    if path.is_dir() {
        let run = StoredRun::open(path)?;
        return Ok(Loaded {
            curves: vec![run.curve],
            slos: run.slos,
            price: run.manifest.price,
            verdict: read_verdict(path)?,
        });
    }
    let text = std::fs::read_to_string(path)
        .map_err(|source| CurveError::Io { path: path.to_owned(), source })?;
    let curves = if pricing_seed::looks_like(&text) {
        pricing_seed::read(&text, &SeedRun::published())
            .map_err(|source| CurveError::Import { path: path.to_owned(), source })?
    } else if vllm_bench::looks_like(&text) {
        let runs = vllm_bench::read(&text)
            .map_err(|source| CurveError::Summary { path: path.to_owned(), source })?;
        vllm_bench::curves(&runs, &name_of(path))
    } else if text.contains(CURVE_SCHEMA) {
        vec![read_curve(path)?]
    } else {
        return Err(match schema_of(&text) {
            Some(found) => CurveError::Schema { path: path.to_owned(), found },
            None => CurveError::Unknown(path.to_owned()),
        });
    };
    let price = curves.first().and_then(|curve| curve.price.clone());
    Ok(Loaded {
        curves: curves.into_iter().map(by_rising_load).collect(),
        slos: Vec::new(),
        price,
        verdict: None,
    })
}

/// A curve document, which anybody may have written.
fn read_curve(path: &Path) -> Result<LoadCurve, CurveError> {
    let curve: LoadCurve = read_json(path)?;
    curve.check().map_err(|source| CurveError::Impossible { path: path.to_owned(), source })?;
    Ok(curve)
}

/// The schema that a document of ours names.
fn schema_of(text: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Tagged {
        schema: String,
    }
    let Tagged { schema } = serde_json::from_str(text).ok()?;
    schema.starts_with("farebox.").then_some(schema)
}

/// A file's name without what says its kind.
pub(crate) fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let kinds = [".summary.csv", ".telemetry.jsonl", ".curve.json", ".csv", ".jsonl", ".json"];
    let bare = kinds.iter().find_map(|kind| name.strip_suffix(kind)).map(str::to_owned);
    bare.unwrap_or(name)
}

/// Files come from anywhere; a load line is read from the lowest load upwards.
fn by_rising_load(mut curve: LoadCurve) -> LoadCurve {
    curve.points.sort_by(|a, b| a.offered.value.total_cmp(&b.offered.value));
    curve
}
