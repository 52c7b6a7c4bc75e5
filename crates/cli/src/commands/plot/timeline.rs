//! What machines reported over time, or must have held.

use super::{PlotArgs, write};
use crate::args::catalogue::CatalogueArgs;
use crate::args::model::ModelArgs;
use crate::cli::Global;
use crate::error::CliError;
use farebox_catalog::model::{KvFormat, ModelCatalog, ModelSpec};
use farebox_core::Signal;
use farebox_experiment::{Observed, TelemetryError, load, observe, observe_with_estimate};
use farebox_report::{Layout, Timeline, TimelineKind, timeline_chart, to_svg_as};
use std::path::{Path, PathBuf};

/// Draws what the machines at the paths reported.
pub(super) fn draw(
    args: &PlotArgs,
    kind: TimelineKind,
    global: Global,
) -> Result<PathBuf, CliError> {
    let each = args.paths.iter().map(|path| observed(path, kind, (args.model.as_deref(), global)));
    let observed: Vec<Observed> = each.collect::<Result<_, _>>()?;
    let runs: Vec<Timeline<'_>> = observed
        .iter()
        .map(|Observed { name, recording, loads }| Timeline { name, recording, loads })
        .collect();
    let chart = timeline_chart(kind, &runs).ok_or_else(|| nothing(&args.paths[0], kind))?;
    let file = args.out.clone().unwrap_or_else(|| args.beside());
    write(&file, &to_svg_as(&chart, Layout::Stack))?;
    Ok(file)
}

fn nothing(path: &Path, kind: TimelineKind) -> CliError {
    let what = match kind {
        TimelineKind::Kv => "how full its KV cache was",
        TimelineKind::Memory => "how much memory was in use",
    };
    let error = CliError::failed(format_args!("{}: nobody reported {what}", path.display()));
    match kind {
        TimelineKind::Kv if path.is_dir() => error.hint(ESTIMATE),
        _ => error,
    }
}

const ESTIMATE: &str = "--model MODEL estimates its KV cache from the tokens in flight";

/// What was reported; where a run's engine says nothing of its cache and the model is known, what it
/// must have held.
fn observed(
    path: &Path,
    kind: TimelineKind,
    asked: (Option<&str>, Global),
) -> Result<Observed, CliError> {
    let found = observe(path);
    let is_said = |observed: &Observed, signal| !observed.recording.engine(signal).is_empty();
    // The run's own estimate stands unless another model is named.
    let is_known = |observed: &Observed| {
        kind != TimelineKind::Kv
            || is_said(observed, Signal::KvUsedFraction)
            || (asked.0.is_none() && is_said(observed, Signal::KvUsedBytesEstimated))
    };
    let lacks = match &found {
        Ok(observed) => path.is_dir() && !is_known(observed),
        Err(error) => kind == TimelineKind::Kv && matches!(error, TelemetryError::None { .. }),
    };
    match lacks.then(|| model(path, asked)).transpose()?.flatten() {
        Some(spec) => {
            let per_token = spec.kv_bytes_per_token(KvFormat::Bf16);
            Ok(observe_with_estimate(path, per_token as f64)?)
        }
        None => found.map_err(|error| match error {
            TelemetryError::None { .. } if kind == TimelineKind::Kv => {
                CliError::from(error).hint(ESTIMATE)
            }
            error => error.into(),
        }),
    }
}

/// The model that is named, else the run's own if the catalogue knows it.
fn model(path: &Path, asked: (Option<&str>, Global)) -> Result<Option<ModelSpec>, CliError> {
    let catalogue = CatalogueArgs::default().open()?;
    let (Some(name), global) = asked else {
        let run = load(path)?.curves;
        let models = ModelCatalog::with_files(catalogue.files());
        return Ok(run.first().and_then(|curve| models.find(&curve.deployment.model).ok()));
    };
    ModelArgs::named(name).spec(&catalogue, global).map(Some)
}
