//! Everything that can be typed.

use crate::commands::{
    bench, calibrate, catalog, compare, engine, estimate, export, import, plot, price, profile,
    quickstart, report, run, scenarios, serve, validate, watch,
};
use crate::error::CliError;
use crate::exit::Exit;
use clap::{Args, Parser, Subcommand};
use farebox_report::Format;

/// What must a token cost, on this machine, for this traffic, within this latency promise?
#[derive(Debug, Parser)]
#[command(name = "farebox", version, max_term_width = 100, after_help = EXAMPLES)]
#[command(
    disable_help_subcommand = false,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(crate) struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  farebox quickstart                                   the whole story in under a minute, offline
  farebox bench --base-url http://127.0.0.1:8000 --concurrency 1,2,4,8,16 --isl 512 --osl 128 \\
      --slo fast:ttft.p90=500ms,tpot.p90=16.7ms --price-per-hour 2.50 --out runs/first
  farebox bench ... --search                           the load line of each promise, by few loads
  farebox run --init > matrix.toml ; farebox run matrix.toml      engines against each other
  farebox compare runs/before runs/after               load by load, with a test
  farebox price runs/first                             what a token must cost
  farebox plot runs/first                              one picture
  farebox report runs/first -o report.html             all of it in one file

Exit codes: 0 done, 1 the work failed, 2 bad usage or input, 3 the measurement is INVALID,
4 the answer is no (no tier met).";

/// Flags of every command.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Global {
    /// How data is printed on stdout: human, json, csv or markdown
    #[arg(long, global = true, default_value = "human", value_name = "FORMAT")]
    pub(crate) format: Format,
    /// Never touch a network beyond this machine
    #[arg(long, global = true)]
    pub(crate) offline: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Price a simulated engine from end to end, offline, in under a minute
    Quickstart(quickstart::QuickstartArgs),
    /// Estimate latency, throughput, memory and price without a GPU
    Estimate(Box<estimate::EstimateArgs>),
    /// Estimate what people ask first
    Scenarios(scenarios::ScenariosArgs),
    /// Measure an OpenAI-compatible server at rising loads
    Bench(Box<bench::BenchArgs>),
    /// Measure engines, precisions and widths against each other: launched, swept, priced
    Run(Box<run::RunArgs>),
    /// Watch a server: requests, KV cache, tokens per second, GPUs
    Watch(watch::WatchArgs),
    /// Sum up real requests: lengths, arrivals, turns and shared prefixes
    Profile(Box<profile::ProfileArgs>),
    /// Turn a run, a curve or a result file into prices per million tokens
    Price(price::PriceArgs),
    /// Hold runs against each other, with intervals and a test
    Compare(compare::CompareArgs),
    /// Draw throughput, latency and cost against load, or KV cache and memory over time
    Plot(plot::PlotArgs),
    /// Write runs in a form that other programs read
    Export(export::ExportArgs),
    /// Turn result files of other tools into curves and telemetry
    Import(import::ImportArgs),
    /// Report runs: an HTML file, Markdown, or a screenful
    Report(report::ReportArgs),
    /// Serve a simulated engine over the OpenAI API
    Engine(engine::EngineArgs),
    /// Serve the calculator's pages and the JSON API
    Serve(serve::ServeArgs),
    /// Compare estimates with a table of measurements
    Validate(validate::ValidateArgs),
    /// Fit the estimator's constants to measurements
    Calibrate(calibrate::CalibrateArgs),
    /// Show the facts that estimates and prices rest on
    Catalog(Box<catalog::CatalogArgs>),
}

impl Cli {
    /// Does what was asked.
    pub(crate) fn run(self) -> Result<Exit, CliError> {
        match self.command {
            Command::Quickstart(args) => quickstart::run(&args, self.global),
            Command::Estimate(args) => estimate::run(&args, self.global),
            Command::Scenarios(args) => scenarios::run(&args, self.global),
            Command::Bench(args) => bench::run(&args, self.global),
            Command::Run(args) => run::run(&args, self.global),
            Command::Watch(args) => watch::run(&args, self.global),
            Command::Profile(args) => profile::run(&args, self.global),
            Command::Price(args) => price::run(&args, self.global),
            Command::Compare(args) => compare::run(&args, self.global),
            Command::Plot(args) => plot::run(&args, self.global),
            Command::Export(args) => export::run(&args),
            Command::Import(args) => import::run(&args),
            Command::Report(args) => report::run(&args, self.global),
            Command::Engine(args) => engine::run(&args, self.global),
            Command::Serve(args) => serve::run(&args, self.global),
            Command::Validate(args) => validate::run(&args, self.global),
            Command::Calibrate(args) => calibrate::run(&args, self.global),
            Command::Catalog(args) => catalog::run(&args, self.global),
        }
    }
}
