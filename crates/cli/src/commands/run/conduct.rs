//! Runs a matrix with progress on stderr. Ctrl-C ends the cell under way and every server.

use super::args::RunArgs;
use super::plans::Plans;
use crate::commands::{abandon, interrupted, runtime};
use crate::error::CliError;
use crate::output;
use crate::progress;
use farebox_experiment::matrix::{self, Cell, Front, Matrix, MatrixEvent, Way};
use farebox_experiment::{BenchPlan, Listener};
use farebox_launch::Launcher;
use farebox_price::matrix::{CellRow, CellState, MatrixSheet};
use std::path::Path;
use tokio::sync::watch;

/// A matrix as far as it came.
pub(super) struct Conducted {
    /// Its cells.
    pub(super) sheet: MatrixSheet,
    /// Whether the user ended it.
    pub(super) interrupted: bool,
}

/// Runs what is left of a matrix.
pub(super) fn conduct(
    (matrix, cells): (&Matrix, &[Cell]),
    root: &Path,
    args: &RunArgs,
    plans: &Plans<'_>,
) -> Result<Conducted, CliError> {
    let way = Way { launcher: launcher()?, only: args.only.clone(), force: args.force };
    let (stop, stopped) = watch::channel(false);
    let sheet = runtime()?.block_on(async {
        let watcher = tokio::spawn(async move {
            interrupted().await;
            output::note("stopping: what was measured is kept; Ctrl-C again ends at once");
            // Nobody to hear it means that the work is over.
            let _ = stop.send(true);
            interrupted().await;
            abandon();
        });
        let told = Told { plans };
        let sheet = matrix::run((matrix, cells), root, &way, &told, stopped.clone()).await;
        watcher.abort();
        sheet
    })?;
    let interrupted = *stopped.borrow();
    Ok(Conducted { sheet, interrupted })
}

/// Engines are guarded by this program.
pub(crate) fn launcher() -> Result<Launcher, CliError> {
    let program = std::env::current_exe();
    let program = program.map_err(|error| {
        CliError::failed(format_args!("this program cannot find itself: {error}"))
    })?;
    Ok(Launcher::guarded_by(program))
}

/// Tells a person how it goes.
struct Told<'a> {
    plans: &'a Plans<'a>,
}

impl Front for Told<'_> {
    fn plan(&self, cell: &Cell, base_url: &str, out: &Path) -> Result<BenchPlan, String> {
        self.plans.plan(cell, base_url, out).map_err(|error| error.message().to_owned())
    }

    fn listener(&self, plan: &BenchPlan) -> Listener {
        progress::listener(plan)
    }

    fn hear(&self, event: MatrixEvent<'_>) {
        match event {
            MatrixEvent::Kept(row) => output::note(format_args!("{}: done already", row.name)),
            MatrixEvent::SetAside(row, to) => output::note(format_args!(
                "{}: what an earlier run left is in {}",
                row.name,
                to.display()
            )),
            MatrixEvent::NoLongerAsked(rows) => no_longer_asked(rows),
            MatrixEvent::Starting(row) => {
                output::note(format_args!("starting {}", row.server));
            }
            MatrixEvent::Ready(url) => output::note(format_args!("serving at {url}")),
            MatrixEvent::Cell(row, number, of) => {
                output::note(format_args!("cell {number} of {of}: {}", row.name));
            }
            MatrixEvent::Ended(row) => ended(row),
        }
    }
}

fn no_longer_asked(rows: &[CellRow]) {
    let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    output::note(format_args!("no longer asked for, kept as they were: {}", names.join(", ")));
}

fn ended(row: &CellRow) {
    if row.state == CellState::Failed {
        let reason = row.reason.as_deref().unwrap_or("for no known reason");
        output::note(format_args!("{} FAILED: {reason}", row.name));
    }
}
