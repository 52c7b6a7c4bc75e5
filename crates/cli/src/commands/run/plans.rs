//! Cells as measurements: what `farebox bench` would do with their flags.

use crate::args::catalogue::CatalogueArgs;
use crate::args::model::kv_bytes_per_token;
use crate::cli::Global;
use crate::commands::bench::{Template, command_line, wrong_value};
use crate::error::CliError;
use farebox_catalog::Catalogue;
use farebox_core::Pool;
use farebox_experiment::matrix::{Cell, Flags, Matrix};
use farebox_experiment::{BenchPlan, Serving};
use std::collections::BTreeMap;
use std::path::Path;

/// The measurements of a matrix, each checked before anything is started.
pub(crate) struct Plans<'a> {
    matrix: &'a Matrix,
    catalogue: Catalogue,
    /// By engine, traffic and load set.
    templates: BTreeMap<(usize, String, String), Template>,
}

impl<'a> Plans<'a> {
    /// Reads profiles, datasets and prompts, and refuses what `bench` would; `file` is what errors
    /// point into.
    pub(crate) fn of(
        matrix: &'a Matrix,
        cells: &[Cell],
        file: &str,
        global: Global,
    ) -> Result<Self, CliError> {
        let mut templates = BTreeMap::new();
        for cell in cells {
            let key = key(cell);
            if templates.contains_key(&key) {
                continue;
            }
            for flag in &cell.flags.0 {
                if let Some(message) = wrong_value(&flag.words) {
                    return Err(at(file, flag.line, &flag.key, &message));
                }
            }
            let template = Template::of(&words(matrix, cell), global);
            templates.insert(key, template.map_err(|error| placed(error, &cell.flags, file))?);
        }
        Ok(Self { matrix, catalogue: CatalogueArgs::default().open()?, templates })
    }

    /// The measurement of `cell` against the server at `url`, into `out`.
    pub(crate) fn plan(&self, cell: &Cell, url: &str, out: &Path) -> Result<BenchPlan, CliError> {
        let template = self.templates.get(&key(cell)).ok_or_else(|| {
            CliError::failed(format_args!("{} is no cell of this matrix", cell.name))
        })?;
        let engine = &self.matrix.engines[cell.server.engine];
        let mut plan = template.against(url, out)?;
        if plan.settings.model.is_none() {
            plan.settings.model.clone_from(&cell.model);
        }
        plan.settings.engine = plan.settings.engine.or(Some(engine.kind));
        plan.price = engine.price.as_ref().and_then(|price| price.rental(cell.server.tp));
        let tariff = plan.serving.tariff.take();
        // Nobody says what stands behind a hosted API.
        let pool = tariff.is_none().then(|| Pool {
            gpu: self.matrix.gpu.clone(),
            precision: Some(cell.server.precision.clone()),
            ..Pool::tensor_parallel(cell.server.tp)
        });
        plan.serving = Serving {
            engine: Some(engine.kind.name().to_owned()),
            pool,
            tariff,
            kv_bytes_per_token: self.kv_bytes_per_token(cell).or(plan.serving.kv_bytes_per_token),
            ..Serving::default()
        };
        plan.command = command_line();
        Ok(plan)
    }

    fn kv_bytes_per_token(&self, cell: &Cell) -> Option<u64> {
        kv_bytes_per_token(cell.model.as_deref(), &self.catalogue)
    }
}

/// What cells that are measured alike have in common.
fn key(cell: &Cell) -> (usize, String, String) {
    (cell.server.engine, cell.traffic.clone(), cell.loads.clone())
}

/// The words of `farebox bench` for a cell, without server, place and price.
fn words(matrix: &Matrix, cell: &Cell) -> Vec<String> {
    let promises = matrix.slos.iter().flat_map(|slo| ["--slo".to_owned(), slo.to_string()]);
    let seed = cell.seed.map(|seed| ["--seed".to_owned(), seed.to_string()]);
    cell.flags.words().cloned().chain(promises).chain(seed.into_iter().flatten()).collect()
}

/// An error at the line of the flag that it names.
fn placed(error: CliError, flags: &Flags, file: &str) -> CliError {
    let message = error.message().to_owned();
    let names = |name: &str| {
        let flag = format!("--{name}");
        let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-');
        message.match_indices(&flag).any(|(at, _)| ends(&message[at + flag.len()..]))
    };
    match flags.0.iter().rev().find(|flag| names(&flag.name)) {
        Some(flag) if flag.line > 0 => at(file, flag.line, &flag.key, &message),
        _ => error,
    }
}

fn at(file: &str, line: usize, key: &str, message: &str) -> CliError {
    if line == 0 {
        return CliError::usage(message);
    }
    CliError::usage(format_args!("{file}:{line}: {key}: {message}"))
}
