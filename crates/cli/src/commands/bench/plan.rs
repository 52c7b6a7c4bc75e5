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
use farebox_core::{RunManifest, RunState};
use farebox_experiment::resume::check;
use farebox_experiment::run_dir::read_manifest;
use farebox_experiment::{
    BenchError, BenchPlan, Place, RunDir, RunDirError, SelfTest, TelemetryFrom,
};
use farebox_measure::{BaseUrl, CacheWish, Endpoint, LoadSettings, Patience, redact};
use farebox_wire::request::{RequestOptions, StreamMode};
use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// What there is to do.
pub(super) enum ToDo {
    /// This.
    Measure(Box<BenchPlan>),
    /// Nothing: the run to go on with is complete.
    Nothing(PathBuf),
}

/// The plan that these flags amount to, with a place of its own or one to go on in.
pub(super) fn plan(args: &BenchArgs, global: Global) -> Result<ToDo, CliError> {
    let (_, out) = place(args);
    if args.place.resume && RunDir::is_taken(&out) {
        return going_on(args, &out, global);
    }
    if RunDir::is_taken(&out) {
        return Err(RunDirError::Exists(out).into());
    }
    RunDir::try_out(&out)?;
    let place = if args.place.out.is_some() { Place::Named } else { Place::Beside };
    let plan = BenchPlan { place, ..anywhere(args, None, global)? };
    Ok(ToDo::Measure(Box::new(plan)))
}

/// What is left of the run at `out`.
fn going_on(args: &BenchArgs, out: &Path, global: Global) -> Result<ToDo, CliError> {
    let manifest =
        read_manifest(out).map_err(|error| CliError::usage(error).of_flag("--resume"))?;
    let plan = anywhere(args, Some(&manifest), global)?;
    let plan = BenchPlan { place: Place::There, ..plan };
    check(&plan, &manifest).map_err(BenchError::from)?;
    Ok(match manifest.state {
        RunState::Complete => ToDo::Nothing(out.to_owned()),
        RunState::Running | RunState::Interrupted => ToDo::Measure(Box::new(plan)),
    })
}

/// The run's label and its directory.
fn place(args: &BenchArgs) -> (String, PathBuf) {
    let model = model(args);
    let label = args
        .place
        .label
        .clone()
        .unwrap_or_else(|| label_of(args.place.out.as_deref(), model.as_deref()));
    let out = args.place.out.clone().unwrap_or_else(|| new_run(&label));
    (label, out)
}

/// The name to ask for.
fn model(args: &BenchArgs) -> Option<String> {
    args.api.served_model_name.clone().or(args.model.clone()).or(args.model_flag.clone())
}

/// The plan that these flags amount to, whatever is in its place. What is drawn for each run is
/// that of `before`, where a run is gone on with.
pub(super) fn anywhere(
    args: &BenchArgs,
    before: Option<&RunManifest>,
    global: Global,
) -> Result<BenchPlan, CliError> {
    let mut target = args.way.server.target(args.base_url.as_deref())?;
    stays_here(&target.base, global)?;
    let options = options(&args.request)?;
    target.secrets.add_fields(&options.extra);
    let slos = args.promises.promises()?;
    let (label, out) = place(args);
    let serving = serving(args, &target.base)?;
    let fleet = Fleet::of_pool(serving.pool.as_ref());
    let price = args.money.rental(None, fleet, &args.catalogue.open()?)?;
    let endpoint = Endpoint::parse(&args.api.endpoint).ok_or_else(|| {
        CliError::usage(format_args!(
            "--endpoint: `{}` is no API: use chat, completions, tgi, sglang, ollama or a path such as /v1/chat/completions",
            redact::query(&args.api.endpoint)
        ))
    })?;
    if args.users.users.is_some() && price.is_none() {
        return Err(CliError::usage("--users: what does the machine cost that they share?")
            .hint("--price-per-hour 2.50 for the whole machine, or --price-per-gpu-hour"));
    }
    let dataset = prompts::dataset(&args.request, &args.sharing, global)?;
    let asked = match &dataset {
        Some(exchanges) => Asked::of_dataset(exchanges, args)?,
        None => Asked::of(args, global)?,
    };
    let seed = args.request.seed.or(before.map(|run| run.seed)).unwrap_or_else(fresh_seed);
    let salt = before.and_then(|run| run.cache.as_ref()?.salt).unwrap_or_else(fresh_seed);
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
            options,
            seed,
            cache: args.request.cache.map(|state| CacheWish { state, salt }),
            events: args.request.events.into(),
            patience: patience(&args.way),
        },
        warmup: args.load.warmup,
        slos,
        price,
        serving,
        label,
        out,
        place: Place::Named,
        texts: texts(&args.request),
        command: command_line(),
        telemetry: telemetry(args.telemetry.as_deref(), global)?,
        self_test: if args.skip_self_test { SelfTest::Skip } else { SelfTest::Short },
        target,
    })
}

/// Who writes the prompts, where it is not us.
fn texts(request: &RequestArgs) -> Option<String> {
    let of = |flag: &str, name: String| format!("{flag} {name}");
    let tokenizer = request.tokenizer.as_ref().map(|name| of("--tokenizer", name.clone()));
    let file = request.prompts.as_ref().map(|file| of("--prompts", file.display().to_string()));
    let all: Vec<String> = file.into_iter().chain(tokenizer).collect();
    (!all.is_empty()).then(|| all.join(", "))
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
