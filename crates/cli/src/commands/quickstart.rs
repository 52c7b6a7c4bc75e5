//! `farebox quickstart`: the whole product on a machine without a GPU or a network.
//!
//! The embedded engine is an ordinary server on a loopback port; it is measured by the same
//! `bench` and priced by the same `price` as any other.

use crate::args::span::Span;
use crate::cli::Global;
use crate::commands::{bench, plot, price, runtime};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use clap::Args;
use farebox_core::run::{Rental, RunState};
use farebox_core::{EngineKind, Pool, Slo, UsdPerHour};
use farebox_engine::{Engine, EngineConfig, preset};
use farebox_experiment::{BenchPlan, Course, Loaded, PointBound, SelfTest, Serving, TelemetryFrom};
use farebox_measure::{BaseUrl, Endpoint, EventDetail, Load, LoadSettings, Patience, Target};
use farebox_price::PriceSettings;
use farebox_report::{Format, render_sheet};
use farebox_wire::request::RequestOptions;
use farebox_workload::{Lengths, Workload};
use std::num::NonZeroU32;
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
    /// Time at each of the six loads: longer is steadier
    #[arg(long, default_value = "5s", value_name = "TIME", allow_negative_numbers = true)]
    duration: Span,
    /// Same seed, same prompts
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,
}

/// Whose lengths, and what they are divided by here.
const TRAFFIC: &str = "wildchat-2024-03";
const SCALE: NonZeroU32 = NonZeroU32::new(8).unwrap();
/// Loads of the sweep.
const LOADS: [u32; 6] = [1, 2, 4, 8, 16, 32];
/// Three promises: a patient reader, a fast one, and one who wants words as they are thought.
const TIERS: [&str; 3] = [
    "relaxed:ttft.p90=1s,tpot.p90=50ms",
    "fast:ttft.p90=500ms,tpot.p90=16.7ms",
    "instant:ttft.p90=250ms,tpot.p90=15ms",
];
/// What one A100-80GB costs to rent, near the middle of what providers asked in 2025.
const USD_PER_HOUR: f64 = 1.50;

/// Tells the whole story once.
pub(crate) fn run(args: &QuickstartArgs, global: Global) -> Result<Exit, CliError> {
    let lengths = bench::embedded_traffic(TRAFFIC)?;
    let (whole, scaled) = (lengths.means(), lengths.clone().scaled(SCALE));
    let (isl, osl) = scaled.means();
    output::note(format_args!(
        "quickstart: Llama-3.1-8B on one A100-80GB, simulated; lengths of {TRAFFIC}, scaled to an \
         eighth (mean {isl:.0} in, {osl:.0} out instead of {:.0} in, {:.0} out); the machine costs \
         ${USD_PER_HOUR:.2} an hour",
        whole.0, whole.1
    ));
    let server = runtime()?;
    let engine = server.block_on(start_engine())?;
    let plan = plan(args, scaled, &engine.url())?;
    let outcome = runtime()?.block_on(bench::measure(plan))?;
    server.block_on(engine.shutdown()).map_err(CliError::failed)?;

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

async fn start_engine() -> Result<farebox_engine::EngineHandle, CliError> {
    let model = preset::model("llama-3.1-8b").map_err(CliError::failed)?;
    let accelerator = preset::accelerator("a100-80gb").map_err(CliError::failed)?;
    Ok(Engine::start(EngineConfig::new(model, accelerator)).await?)
}

fn plan(args: &QuickstartArgs, lengths: Lengths, url: &str) -> Result<BenchPlan, CliError> {
    let label = "quickstart".to_owned();
    let (isl, osl) = lengths.means();
    let out = args.out.clone().unwrap_or_else(|| bench::new_run(&label));
    let endpoint =
        Endpoint::parse("chat").ok_or_else(|| CliError::failed("the chat endpoint has no name"))?;
    Ok(BenchPlan {
        target: Target::new(BaseUrl::parse(url).map_err(CliError::failed)?),
        settings: LoadSettings {
            endpoint,
            engine: Some(EngineKind::Farebox),
            model: None,
            workload: Workload::of_lengths(lengths),
            prompts: None,
            min_osl: None,
            options: RequestOptions { ignore_eos: Some(true), ..RequestOptions::default() },
            seed: args.seed,
            cache: None,
            events: EventDetail::Full,
            patience: Patience::default(),
        },
        asked: farebox_core::Workload {
            isl: Some(isl.round() as u32),
            osl: Some(osl.round() as u32),
            lengths: Some(format!("traffic {TRAFFIC}, an eighth")),
            ..farebox_core::Workload::default()
        },
        course: Course::Sweep { loads: LOADS.map(Load::Concurrency).to_vec(), repeat: 1 },
        target_interval: None,
        bound: PointBound::Duration(args.duration.0),
        warmup: Some(4),
        slos: tiers()?,
        price: Some(Rental {
            usd_per_hour_total: UsdPerHour::new(USD_PER_HOUR),
            gpus_billed: 1,
            gpus_used: 1,
            source: "typed into the quickstart preset".to_owned(),
        }),
        serving: Serving {
            engine: Some("farebox-engine, simulated".to_owned()),
            pool: Some(Pool {
                gpu: Some("a100-80gb".to_owned()),
                precision: Some("bf16".to_owned()),
                ..Pool::tensor_parallel(1)
            }),
        },
        label,
        out,
        telemetry: TelemetryFrom::Server,
        self_test: SelfTest::Skip,
        command: bench::command_line(),
    })
}

fn tiers() -> Result<Vec<Slo>, CliError> {
    TIERS.iter().map(|tier| tier.parse().map_err(CliError::failed)).collect()
}

fn settings(loaded: &Loaded) -> Result<PriceSettings, CliError> {
    let rental = loaded.price.clone().ok_or_else(|| CliError::failed("the run has no price"))?;
    Ok(PriceSettings { slos: loaded.slos.clone(), ..PriceSettings::new(rental) })
}
