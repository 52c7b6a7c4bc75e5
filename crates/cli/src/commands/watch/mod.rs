//! `farebox watch`: what a server and its accelerators say of themselves, as they say it.

mod draw;
mod figures;
mod look;

use crate::args::server::{ServerArgs, is_here, stays_here};
use crate::args::span::Span;
use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use clap::Args;
use console::Term;
use draw::Screen;
use farebox_core::EngineKind;
use farebox_measure::{BaseUrl, Target};
use farebox_report::Format;
use farebox_telemetry::{EngineProbe, GpuProbe, ScrapeError};
use figures::Figures;
use look::{Look, Watched};
use std::env;
use std::time::Duration;

/// Watch a server: requests, KV cache, tokens per second, GPUs.
///
/// What the server publishes at /metrics, again and again: a screen on a terminal, a line per look
/// elsewhere, samples with --format json. The GPUs are this machine's, where the server is on it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct WatchArgs {
    /// The server, such as http://127.0.0.1:8000 [env: OPENAI_BASE_URL]
    #[arg(long, visible_alias = "url", value_name = "URL")]
    base_url: Option<String>,
    /// The engine behind it, where its metrics do not tell: vllm, sglang, tgi, trtllm, llama.cpp,
    /// dynamo or farebox
    #[arg(long, value_name = "NAME")]
    engine: Option<EngineKind>,
    /// Time between two looks
    #[arg(long, default_value = "1s", value_name = "TIME", allow_hyphen_values = true)]
    interval: Span,
    /// Look once, print what is there, and end
    #[arg(long)]
    once: bool,
    /// Ask this DCGM exporter about the GPUs, such as http://gpu-node:9400
    #[arg(long, value_name = "URL")]
    dcgm: Option<String>,
    #[command(flatten)]
    server: ServerArgs,
}

const EXAMPLES: &str = "\
Examples:
  farebox watch --base-url http://127.0.0.1:8000
  farebox watch --base-url http://127.0.0.1:8000 --once
  farebox watch --base-url http://127.0.0.1:8000 --interval 250ms \\
      --format json > samples.jsonl
  farebox watch --base-url http://gpu-node:8000 --dcgm http://gpu-node:9400

Exit codes: 0 done, 1 neither the server nor a GPU says anything, 2 bad usage.";

/// Shortest time between two looks: a server has better things to do.
const SHORTEST: Duration = Duration::from_millis(50);

/// Looks until Ctrl-C, or once.
pub(crate) fn run(args: &WatchArgs, global: Global) -> Result<Exit, CliError> {
    global.prints("watch", &[Format::Human, Format::Json])?;
    if args.interval.0 < SHORTEST {
        return Err(CliError::usage("--interval: from 50ms up"));
    }
    let target = args.server.target(args.base_url.as_deref())?;
    stays_here(&target.base, global)?;
    super::runtime()?.block_on(async {
        let base = target.base.clone();
        let (watched, first) = begin(args, target, global).await?;
        let watching = watch(&watched, &base, (args, global), first);
        tokio::select! {
            ended = watching => ended,
            () = super::interrupted() => Ok(Exit::Done),
        }
    })
}

/// Finds out who can be asked, and asks them a first time.
async fn begin(
    args: &WatchArgs,
    target: Target,
    global: Global,
) -> Result<(Watched, Look), CliError> {
    let base = target.base.clone();
    let gpu = gpus(args, &target, global)?;
    let watched =
        Watched::new(EngineProbe::new(target, args.engine).map_err(CliError::usage)?, gpu);
    let first = watched.look().await;
    match (&first.engine, &first.gpus) {
        (Err(error), None | Some(Err(_))) => {
            let failed = CliError::failed(format_args!("{base}: {error}"));
            Err(match hint(error, args.engine) {
                Some(hint) => failed.hint(hint),
                None => failed,
            })
        }
        (Err(error), Some(Ok(_))) => {
            output::note(format_args!("note: {base}: {error}; only the GPUs are watched"));
            Ok((watched, first))
        }
        (Ok(_), _) => Ok((watched, first)),
    }
}

/// Who is asked about the GPUs: an exporter that was named, else this machine, if the server is on
/// it.
fn gpus(args: &WatchArgs, target: &Target, global: Global) -> Result<Option<GpuProbe>, CliError> {
    let Some(url) = &args.dcgm else {
        // A machine without a GPU has none to be watched, which is no error.
        let here = is_here(&target.base).then(|| GpuProbe::find(env::var_os("PATH").as_deref()));
        return Ok(here.and_then(Result::ok));
    };
    let base = BaseUrl::parse(url).map_err(|error| CliError::usage(error).of_flag("--dcgm"))?;
    stays_here(&base, global)?;
    GpuProbe::dcgm(Target::new(base)).map(Some).map_err(CliError::usage)
}

/// The one thing to try where a server publishes nothing.
fn hint(error: &ScrapeError, engine: Option<EngineKind>) -> Option<&'static str> {
    match (error, engine) {
        (ScrapeError::Fetch { .. }, _) => Some("is it started, and does it listen on this port?"),
        (ScrapeError::Never(_), _) => None,
        (_, Some(EngineKind::Sglang)) => Some("start it with --enable-metrics"),
        (_, Some(EngineKind::LlamaCpp)) => Some("start it with --metrics"),
        (_, Some(EngineKind::Trtllm)) => Some("set `return_perf_metrics: true` in its options"),
        _ => Some(
            "vLLM and TGI always publish metrics, SGLang with --enable-metrics, llama.cpp with \
             --metrics; transformers serve and Ollama never",
        ),
    }
}

async fn watch(
    watched: &Watched,
    base: &BaseUrl,
    (args, global): (&WatchArgs, Global),
    first: Look,
) -> Result<Exit, CliError> {
    let mut ticks = tokio::time::interval(args.interval.0);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    ticks.tick().await;
    let (mut last, mut latest) = (None, first);
    let mut screen = Screen::of(base, Term::stdout());
    loop {
        match (global.format, args.once) {
            (Format::Json, _) => output::data(&latest.json_lines())?,
            (_, true) => output::data(&screen.draw(&Figures::of(&latest, last.as_ref())))?,
            _ => screen.show(&Figures::of(&latest, last.as_ref()))?,
        }
        if args.once {
            return Ok(Exit::Done);
        }
        ticks.tick().await;
        // A look that failed is nothing to take a rate from.
        last = if latest.engine.is_ok() { Some(latest) } else { last };
        latest = watched.look().await;
    }
}
