//! `farebox engine`: the simulated engine as a server.

use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use clap::Args;
use farebox_engine::{Engine, EngineConfig, TimeScale, preset};
use farebox_report::Format;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// Serve a simulated engine over the OpenAI API.
///
/// It answers chat and completions, streamed or not, as fast as a roofline with continuous
/// batching says that the real machine would. Every answer ends with finish reason "length"; one
/// word of a prompt counts as one token.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct EngineArgs {
    /// The model: llama-3.1-8b
    #[arg(long, default_value = "llama-3.1-8b", value_name = "MODEL")]
    model: String,
    /// The accelerator: a100-80gb
    #[arg(long, default_value = "a100-80gb", value_name = "GPU")]
    gpu: String,
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
}

const EXAMPLES: &str = "\
Examples:
  farebox engine --port 8000
  farebox engine --model llama-3.1-8b --gpu a100-80gb --port 0 --time-scale 4 \\
      --truth-log truth.jsonl";

impl EngineArgs {
    fn config(&self) -> Result<EngineConfig, CliError> {
        let model = preset::model(&self.model).map_err(CliError::usage)?;
        let accelerator = preset::accelerator(&self.gpu).map_err(CliError::usage)?;
        let mut config = EngineConfig::new(model, accelerator);
        config.addr = SocketAddr::new(self.host, self.port);
        config.time_scale = TimeScale::new(self.time_scale)?;
        config.served_model_name.clone_from(&self.served_model_name);
        config.truth_log.clone_from(&self.truth_log);
        Ok(config)
    }
}

/// Serves until Ctrl-C.
pub(crate) fn run(args: &EngineArgs, global: Global) -> Result<Exit, CliError> {
    global.prints("engine", &[Format::Human])?;
    let config = args.config()?;
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
