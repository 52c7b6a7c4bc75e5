//! What was typed after `farebox bench`, and what the environment adds, as a plan.

use super::args::{BenchArgs, RequestArgs, WayArgs};
use super::asked::Asked;
use super::course::{bound, course};
use super::prompts;
use super::serving::serving;
use crate::args::server::{is_here, stays_here};
use crate::cli::Global;
use crate::error::CliError;
use farebox_calculator::Fleet;
use farebox_experiment::{BenchPlan, RunDir, SelfTest, TelemetryFrom};
use farebox_measure::{BaseUrl, CacheWish, Endpoint, LoadSettings, Patience};
use farebox_wire::request::{RequestOptions, StreamMode};
use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The plan that these flags amount to, with a place of its own.
pub(super) fn plan(args: &BenchArgs, global: Global) -> Result<BenchPlan, CliError> {
    let (_, out) = place(args);
    if RunDir::is_taken(&out) {
        let taken = format!("--out: {} exists already", out.display());
        return Err(CliError::usage(taken).hint("choose another directory; runs are never mixed"));
    }
    anywhere(args, global)
}

/// The run's label and its directory.
fn place(args: &BenchArgs) -> (String, PathBuf) {
    let model = model(args);
    let label =
        args.label.clone().unwrap_or_else(|| label_of(args.out.as_deref(), model.as_deref()));
    let out = args.out.clone().unwrap_or_else(|| new_run(&label));
    (label, out)
}

/// The name to ask for.
fn model(args: &BenchArgs) -> Option<String> {
    args.api.served_model_name.clone().or(args.model.clone()).or(args.model_flag.clone())
}

/// The plan that these flags amount to, whatever is in its place.
pub(super) fn anywhere(args: &BenchArgs, global: Global) -> Result<BenchPlan, CliError> {
    let target = args.way.server.target(args.base_url.as_deref())?;
    stays_here(&target.base, global)?;
    let slos = args.promises.promises()?;
    let (label, out) = place(args);
    let serving = serving(args, &target.base)?;
    let fleet = Fleet::of_pool(serving.pool.as_ref());
    let price = args.money.rental(None, fleet, &args.catalogue.open()?)?;
    let endpoint = Endpoint::parse(&args.api.endpoint).ok_or_else(|| {
        CliError::usage(format_args!(
            "--endpoint: `{}` is no API: use chat, completions, tgi, sglang, ollama or a path such as /v1/chat/completions",
            args.api.endpoint
        ))
    })?;
    let dataset = prompts::dataset(&args.request, &args.sharing, global)?;
    let asked = match &dataset {
        Some(exchanges) => Asked::of_dataset(exchanges, args)?,
        None => Asked::of(args, global)?,
    };
    let seed = args.request.seed.unwrap_or_else(fresh_seed);
    let prompts =
        prompts::source(&args.request, (dataset, &asked.workload), (endpoint.api, seed), global)?;
    Ok(BenchPlan {
        course: course(&args.load, !slos.is_empty())?,
        target_interval: args.load.target_interval,
        bound: bound(&args.load, asked.trace_len),
        asked: asked.words,
        settings: LoadSettings {
            endpoint,
            engine: args.engine,
            model: model(args),
            workload: asked.workload,
            prompts,
            min_osl: args.request.min_osl,
            options: options(&args.request)?,
            seed,
            cache: args.request.cache.map(|state| CacheWish { state, salt: fresh_seed() }),
            events: args.request.events.into(),
            patience: patience(&args.way),
        },
        warmup: args.load.warmup,
        slos,
        price,
        serving,
        label,
        out,
        command: command_line(),
        telemetry: telemetry(args.telemetry.as_deref(), global)?,
        self_test: if args.skip_self_test { SelfTest::Skip } else { SelfTest::Short },
        target,
    })
}

/// Who is asked what the machine does: the server, unless somebody says otherwise.
fn telemetry(from: Option<&str>, global: Global) -> Result<TelemetryFrom, CliError> {
    let url = match from {
        None => return Ok(TelemetryFrom::Server),
        Some("off") => return Ok(TelemetryFrom::Off),
        Some(url) => url,
    };
    let refused = |error| CliError::usage(format_args!("--telemetry: {error}"));
    let base = BaseUrl::parse(url).map_err(refused)?;
    if global.offline && !is_here(&base) {
        let message = format!("--telemetry: --offline touches no network, and {base} is elsewhere");
        return Err(CliError::usage(message));
    }
    Ok(TelemetryFrom::At(base))
}

fn patience(args: &WayArgs) -> Patience {
    Patience {
        ready: args.ready_timeout.0,
        connect: args.connect_timeout.0,
        request: args.timeout.0,
        stall: args.stall_timeout.0,
    }
}

fn options(args: &RequestArgs) -> Result<RequestOptions, CliError> {
    let extra = match &args.extra_body {
        None => serde_json::Map::new(),
        Some(text) => serde_json::from_str(text).map_err(|error| {
            CliError::usage(format_args!("--extra-body is no JSON object: {error}"))
        })?,
    };
    Ok(RequestOptions {
        stream: StreamMode::FinalUsage,
        temperature: Some(args.temperature),
        ignore_eos: args.ignore_eos.then_some(true),
        extra,
        ..RequestOptions::default()
    })
}

/// What people will know the run by: the folder they named, else the model.
fn label_of(out: Option<&Path>, model: Option<&str>) -> String {
    let folder = out.and_then(Path::file_name).and_then(OsStr::to_str);
    let model = model.and_then(|model| model.rsplit('/').next());
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    folder.or(model).unwrap_or("bench").chars().map(plain).collect()
}

/// The command as one would type it again.
pub(crate) fn command_line() -> Vec<String> {
    std::iter::once("farebox".to_owned()).chain(env::args().skip(1)).collect()
}

/// A seed that no earlier run had: the time in microseconds.
fn fresh_seed() -> u64 {
    jiff::Timestamp::now().as_microsecond().unsigned_abs()
}

/// `runs/<utc>-<label>`.
pub(crate) fn new_run(label: &str) -> PathBuf {
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
    PathBuf::from("runs").join(format!("{now}-{label}"))
}
