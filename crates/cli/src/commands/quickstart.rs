//! `farebox quickstart`: the whole product on a machine without a GPU or a network.
//!
//! A matrix of one cell that comes with the product. The embedded engine is an ordinary server on
//! a loopback port; it is measured by the same `bench` and priced by the same `price` as any other.
//! With only one cell, the matrix and its run share a directory: it is a run directory, as people
//! know it, that has a `matrix.json` too.

use crate::args::span::Span;
use crate::cli::Global;
use crate::commands::run::{Plans, launcher};
use crate::commands::{bench, plot, price, runtime};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use clap::Args;
use farebox_core::run::RunState;
use farebox_experiment::matrix::rows::{measured, rows, sheet};
use farebox_experiment::matrix::{Cell, Flag, Matrix, Server, cells, write_sheet};
use farebox_experiment::{BenchOutcome, BenchPlan, Loaded};
use farebox_price::PriceSettings;
use farebox_price::matrix::{CellRow, MatrixState};
use farebox_report::{Format, render_sheet};
use std::path::PathBuf;

/// Price a simulated engine from end to end, offline, in under a minute.
///
/// Starts the embedded engine (Llama-3.1-8B on one A100-80GB), sweeps concurrency against it over
/// HTTP, and prints what a token must cost in three latency tiers. Requests are as long as those of
/// `wildchat-2024-03`, real conversations, scaled to an eighth so that it is quick.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  farebox quickstart\n  farebox quickstart --out runs/hello --format json"
)]
pub(crate) struct QuickstartArgs {
    /// Where to write the run and its matrix.json [default: runs/<utc>-quickstart]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Time at each of the five loads: longer is steadier
    #[arg(long, default_value = "6s", value_name = "TIME", allow_hyphen_values = true)]
    duration: Span,
    /// Same seed, same prompts
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,
}

/// The matrix, and what errors call it.
const MATRIX: &str = include_str!("quickstart.toml");
const FILE: &str = "quickstart.toml";

/// What the matrix divides lengths by.
const SCALE: f64 = 8.0;

/// Where the run of the only cell is, seen from the directory of the matrix.
const HERE: &str = ".";

/// Tells the whole story once.
pub(crate) fn run(args: &QuickstartArgs, global: Global) -> Result<Exit, CliError> {
    let matrix = Matrix::read(FILE, MATRIX)?;
    let cell = cell(&matrix, args)?;
    let outcome = measure((&matrix, &cell), args, global)?;
    let loaded = farebox_experiment::load(&outcome.dir)?;
    let settings = settings(&loaded)?;
    let priced = price::priced(&loaded, &settings)?;
    output::data(&render_sheet(&priced, global.format).map_err(CliError::failed)?)?;
    let picture = outcome.dir.join("curve.svg");
    plot::draw(&picture, &loaded.curves, &loaded.slos, Some(&settings))?;
    write_matrix((&matrix, &cell), &outcome)?;
    if global.format == Format::Human {
        let dir = outcome.dir.display();
        output::data(&format!(
            "\nrun:    {dir}\nmatrix: {dir}/matrix.json\nplot:   {}\n",
            picture.display()
        ))?;
        output::note(format_args!("next: farebox price {dir} --allocation blended"));
    }
    match outcome.state {
        RunState::Interrupted => {
            Err(CliError::failed("interrupted: the loads that follow are missing"))
        }
        RunState::Running | RunState::Complete => Ok(Exit::Done),
    }
}

/// The one cell of the matrix, with what these flags say.
fn cell(matrix: &Matrix, args: &QuickstartArgs) -> Result<Cell, CliError> {
    let cell = cells(matrix).into_iter().next();
    let mut cell = cell.ok_or_else(|| CliError::failed("the matrix has no cell"))?;
    cell.seed = Some(args.seed);
    let span = format!("{}s", args.duration.0.as_secs_f64());
    cell.flags.0.push(Flag {
        key: "--duration".to_owned(),
        line: 0,
        name: "duration".to_owned(),
        words: vec!["--duration".to_owned(), span],
    });
    Ok(cell)
}

/// Starts the engine, measures the cell, and ends the engine.
fn measure(
    (matrix, cell): (&Matrix, &Cell),
    args: &QuickstartArgs,
    global: Global,
) -> Result<BenchOutcome, CliError> {
    let plans = Plans::of(matrix, std::slice::from_ref(cell), FILE, global)?;
    let out = args.out.clone().unwrap_or_else(|| bench::new_run(&matrix.name));
    runtime()?.block_on(async {
        // Nothing is launched that could have a log.
        let server = Server::start(matrix, cell, &launcher()?, &out).await;
        let server = server.map_err(|downfall| CliError::failed(downfall.reason))?;
        let mut plan = plans.plan(cell, &server.base_url(), &out)?;
        plan.label.clone_from(&matrix.name);
        introduce(&plan);
        let outcome = Box::pin(bench::measure(plan)).await;
        server.stop().await;
        outcome
    })
}

/// Writes what `farebox run` would of this matrix, its run being in the same place.
fn write_matrix((matrix, cell): (&Matrix, &Cell), outcome: &BenchOutcome) -> Result<(), CliError> {
    let mut cells: Vec<CellRow> = rows(matrix, std::slice::from_ref(cell));
    let is_whole = outcome.state == RunState::Complete;
    for row in &mut cells {
        HERE.clone_into(&mut row.dir);
        if is_whole {
            measured(row, (matrix, cell), &outcome.curve, Some(outcome.verdict.verdict));
        }
    }
    let mut sheet = sheet(matrix, cells);
    sheet.state = if is_whole { MatrixState::Complete } else { MatrixState::Partial };
    sheet.servers_started = 1;
    sheet.rank();
    Ok(write_sheet(&outcome.dir, &sheet)?)
}

/// What is about to be seen, and what was scaled.
fn introduce(plan: &BenchPlan) {
    let (isl, osl) = plan.settings.workload.mean_lengths();
    let price = plan.price.as_ref().map_or(f64::NAN, |rental| rental.usd_per_hour_total.get());
    output::note(format_args!(
        "quickstart: Llama-3.1-8B on one A100-80GB, simulated; lengths of wildchat-2024-03, scaled \
         to an eighth (mean {isl:.0} in, {osl:.0} out instead of {:.0} in, {:.0} out); the machine \
         costs ${price:.2} an hour",
        isl * SCALE,
        osl * SCALE
    ));
}

fn settings(loaded: &Loaded) -> Result<PriceSettings, CliError> {
    let rental = loaded.price.clone().ok_or_else(|| CliError::failed("the run has no price"))?;
    Ok(PriceSettings { slos: loaded.slos.clone(), ..PriceSettings::new(rental) })
}
