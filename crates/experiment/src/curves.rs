//! Any file or folder that holds load curves.

use crate::run_dir::{RunDirError, StoredRun, read_json};
use farebox_core::curve::CURVE_SCHEMA;
use farebox_core::run::Rental;
use farebox_core::{LoadCurve, Slo};
use farebox_price::import::pricing_seed::{self, ImportError, SeedRun};
use std::io;
use std::path::{Path, PathBuf};

/// Curves, with what else their source says.
#[derive(Debug)]
pub struct Loaded {
    /// The curves: one for a run, as many as a result file has.
    pub curves: Vec<LoadCurve>,
    /// Promises stored with a run.
    pub slos: Vec<Slo>,
    /// Price stored with a run.
    pub price: Option<Rental>,
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
    /// The run directory or document is damaged.
    #[error(transparent)]
    RunDir(#[from] RunDirError),
    /// The pricing seed's result file is damaged.
    #[error("{}, {source}", path.display())]
    Import {
        /// The file.
        path: PathBuf,
        /// What is wrong and where.
        source: ImportError,
    },
}

/// Reads a run directory, a curve document, or another tool's result file.
pub fn load(path: &Path) -> Result<Loaded, CurveError> {
    if path.is_dir() {
        let run = StoredRun::open(path)?;
        return Ok(Loaded { curves: vec![run.curve], slos: run.slos, price: run.manifest.price });
    }
    let text = std::fs::read_to_string(path)
        .map_err(|source| CurveError::Io { path: path.to_owned(), source })?;
    let curves = if pricing_seed::looks_like(&text) {
        pricing_seed::read(&text, &SeedRun::published())
            .map_err(|source| CurveError::Import { path: path.to_owned(), source })?
    } else if text.contains(CURVE_SCHEMA) {
        vec![read_json(path)?]
    } else {
        return Err(CurveError::Unknown(path.to_owned()));
    };
    Ok(Loaded {
        curves: curves.into_iter().map(by_rising_load).collect(),
        slos: Vec::new(),
        price: None,
    })
}

/// Files come from anywhere; a load line is read from the lowest load upwards.
fn by_rising_load(mut curve: LoadCurve) -> LoadCurve {
    curve.points.sort_by(|a, b| a.offered.value.total_cmp(&b.offered.value));
    curve
}
