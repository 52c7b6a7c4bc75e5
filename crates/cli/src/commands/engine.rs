//! `farebox engine`: the simulated engine as a server.

use super::estimate::PrecisionArg;
use crate::args::catalogue::CatalogueArgs;
use crate::args::model::ModelArgs;
use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use clap::Args;
use farebox_calculator::{GpuChoice, Machine};
use farebox_engine::{Engine, EngineConfig, Machine as Served, SchedulerLimits, TimeScale, preset};
use farebox_estimate::{Calibration, Compiled, Parallelism};
use farebox_report::Format;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// Serve a simulated engine over the OpenAI API.
///
/// It answers chat and completions, streamed or not, as fast as a roofline with continuous
/// batching says that the real machine would: llama-3.1-8b on an a100-80gb as one measured sweep
/// has it, any other model and accelerator as `farebox estimate` does. Every answer ends with finish
/// reason "length"; one word of a prompt counts as one token.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct EngineArgs {
    /// The model: of the catalogue, of the Hub, or a config.json
    #[arg(long, default_value = "llama-3.1-8b", value_name = "MODEL")]
    model: String,
    /// The accelerator, of the catalogue
    #[arg(long, default_value = "a100-80gb", value_name = "GPU")]
    gpu: String,
    /// Tensor-parallel width
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096), allow_negative_numbers = true)]
    tp: Option<u32>,
    /// Precision of weights and products; without it, what the checkpoint says
    #[arg(long, value_name = "PRECISION")]
    precision: Option<PrecisionArg>,
    /// The port; 0 takes a free one
    #[arg(long, default_value_t = 8000, allow_negative_numbers = true)]
    port: u16,
    /// The address to bind; beyond this machine only when you say so
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    host: IpAddr,
    /// Run this many times faster than the real machine
    #[arg(long, default_value_t = 1.0, value_name = "X", allow_negative_numbers = true)]
    time_scale: f64,
    /// The name that requests ask for
    #[arg(long, value_name = "NAME")]
    served_model_name: Option<String>,
    /// Write what was really sent, and when, to this JSONL file
    #[arg(long, value_name = "FILE")]
    truth_log: Option<PathBuf>,
    #[command(flatten)]
    catalogue: CatalogueArgs,
}

const EXAMPLES: &str = "\
Examples:
  farebox engine --port 8000
  farebox engine --model Qwen/Qwen3-8B --gpu h100-sxm --port 0
  farebox engine --model llama-3.1-8b --gpu a100-80gb --port 0 --time-scale 4 \\
      --truth-log truth.jsonl";

impl EngineArgs {
    fn config(&self, global: Global) -> Result<EngineConfig, CliError> {
        let mut config = match self.built_in() {
            Some(config) => config,
            None => self.estimated(global)?,
        };
        config.addr = SocketAddr::new(self.host, self.port);
        config.time_scale = TimeScale::new(self.time_scale)?;
        config.served_model_name.clone_from(&self.served_model_name);
        config.truth_log.clone_from(&self.truth_log);
        Ok(config)
    }

    /// The model and the accelerator that the engine itself knows, replayed from one measured sweep.
    fn built_in(&self) -> Option<EngineConfig> {
        let (None, None) = (self.tp, self.precision) else { return None };
        let model = preset::model(&self.model).ok()?;
        Some(EngineConfig::new(model, preset::accelerator(&self.gpu).ok()?))
    }

    /// Any other machine, with the step times and the cache of its estimate.
    fn estimated(&self, global: Global) -> Result<EngineConfig, CliError> {
        let catalogue = self.catalogue.open()?;
        // The short names of the built-in model stand for it on any machine.
        let name = preset::model(&self.model).map_or(self.model.clone(), |built_in| built_in.name);
        let model = ModelArgs::named(&name).spec(&catalogue, global)?;
        let machine = Machine {
            gpu: GpuChoice::Named(self.gpu.clone()).find(&catalogue)?,
            parallel: Parallelism::tensor(self.tp.unwrap_or(1)),
            precision: self.precision.and_then(|precision| precision.0),
            kv: model.kv.unwrap_or_default(),
            engine: farebox_estimate::Engine::Vllm,
        };
        let setup = machine.setup(&model);
        setup.check_units().map_err(CliError::usage)?;
        let deployment = Compiled::new(&setup, Calibration::embedded()).map_err(CliError::usage)?;
        let served = Served::estimated(&setup, deployment).map_err(CliError::usage)?;
        let limits = SchedulerLimits::OF_ESTIMATES;
        Ok(EngineConfig { limits, ..EngineConfig::of(served) })
    }
}

/// Serves until Ctrl-C.
pub(crate) fn run(args: &EngineArgs, global: Global) -> Result<Exit, CliError> {
    global.prints("engine", &[Format::Human])?;
    let config = args.config(global)?;
    super::runtime()?.block_on(async {
        let engine = Engine::start(config).await?;
        output::data(&format!("{}\n", engine.url()))?;
        if !args.host.is_loopback() {
            output::note("warning: anybody who can reach this address can use the engine");
        }
        super::interrupted().await;
        let flushed = engine.shutdown().await;
        flushed.map_err(|error| CliError::failed(format_args!("truth log: {error}")))?;
        Ok(Exit::Done)
    })
}
