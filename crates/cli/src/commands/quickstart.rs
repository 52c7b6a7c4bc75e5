//! `farebox quickstart`: the whole product on a machine without a GPU or a network.
//!
//! A matrix of one cell that comes with the product. The embedded engine is an ordinary server on
//! a loopback port; it is measured by the same `bench` and priced by the same `price` as any other.

use crate::args::span::Span;
use crate::cli::Global;
use crate::commands::run::{Plans, launcher};
use crate::commands::{bench, plot, price, runtime};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use clap::Args;
use farebox_core::run::RunState;
use farebox_experiment::matrix::{Matrix, Server, cells};
use farebox_experiment::{BenchOutcome, BenchPlan, Loaded, PointBound, SelfTest};
use farebox_price::PriceSettings;
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
    /// Where to write the run [default: runs/<utc>-quickstart]
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

/// Tells the whole story once.
pub(crate) fn run(args: &QuickstartArgs, global: Global) -> Result<Exit, CliError> {
    let outcome = measured(args, global)?;
    let loaded = farebox_experiment::load(&outcome.dir)?;
    let settings = settings(&loaded)?;
    let sheet = price::priced(&loaded, &settings)?;
    output::data(&render_sheet(&sheet, global.format).map_err(CliError::failed)?)?;
    let picture = outcome.dir.join("curve.svg");
    plot::draw(&picture, &loaded.curves, &loaded.slos, Some(&settings))?;
    if global.format == Format::Human {
        let dir = outcome.dir.display();
        output::data(&format!("\nrun:  {dir}\nplot: {}\n", picture.display()))?;
        output::note(format_args!("next: farebox price {dir} --allocation blended"));
    }
    match outcome.state {
        RunState::Interrupted => {
            Err(CliError::failed("interrupted: the loads that follow are missing"))
        }
        RunState::Running | RunState::Complete => Ok(Exit::Done),
    }
}

/// Runs the one cell of the matrix.
fn measured(args: &QuickstartArgs, global: Global) -> Result<BenchOutcome, CliError> {
    let matrix = Matrix::read(FILE, MATRIX)?;
    let cells = cells(&matrix);
    let plans = Plans::of(&matrix, &cells, FILE, global)?;
    let cell = cells.first().ok_or_else(|| CliError::failed("the matrix has no cell"))?;
    let out = args.out.clone().unwrap_or_else(|| bench::new_run(&matrix.name));
    runtime()?.block_on(async {
        // Nothing is launched that could have a log.
        let server = Server::start(&matrix, cell, &launcher()?, &out).await;
        let server = server.map_err(|downfall| CliError::failed(downfall.reason))?;
        let mut plan = plans.plan(cell, &server.base_url(), &out)?;
        plan.bound = PointBound::Duration(args.duration.0);
        plan.settings.seed = args.seed;
        plan.label.clone_from(&matrix.name);
        plan.self_test = SelfTest::Skip;
        introduce(&plan);
        let outcome = Box::pin(bench::measure(plan)).await;
        server.stop().await;
        outcome
    })
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
