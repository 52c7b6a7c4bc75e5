//! `farebox profile`: real requests, summed up.
//!
//! [`args`] (what can be typed), [`source`] (what INPUT stands for), [`document`] (what is handed
//! out), [`view`] (how a person reads it), [`compat`] (published rules and their figures).

mod args;
mod compat;
mod document;
mod list;
mod shards;
mod source;
mod view;
mod waiting;

pub(crate) use args::ProfileArgs;

use crate::args::tokenizer;
use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use document::Document;
use farebox_dataset::{
    Basis, DatasetError, Estimate, FieldMap, Kept, Profiled, ReadRequest, TokenCounter, Window,
    all_cores, read,
};
use farebox_experiment::run_dir::replace_file;
use farebox_report::{Format, plots::traffic_chart, to_svg};
use farebox_workload::{About, ObservedTraffic, Traffic};
use source::Source;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use waiting::Waiting;

/// Sums up what was asked for.
pub(crate) fn run(args: &ProfileArgs, global: Global) -> Result<Exit, CliError> {
    if args.list {
        return list::run(global.format);
    }
    let name = args.input.as_deref().ok_or_else(|| {
        CliError::usage("what is to be profiled?")
            .hint("a file, - for standard input, a Hub dataset, or a name of `profile --list`")
    })?;
    let document = match Source::named(name, args, global)? {
        Source::Profile(traffic) => Document::of_profile(*traffic),
        Source::Rows(rows) => {
            let profiled = profiled(args.counting(), global, &rows)?;
            let traffic = Traffic::of(&profiled.traffic, about(args.counting(), &rows, &profiled));
            Document::new(traffic.map_err(CliError::usage)?, &profiled, args.compat)?
        }
    };
    if let Some(file) = &args.out {
        write(file, "--out", document.json()?.as_bytes())?;
    }
    if let Some(file) = &args.plot {
        write(file, "--plot", to_svg(&traffic_chart(&document.traffic)).as_bytes())?;
    }
    output::data(&match global.format {
        Format::Json => document.json()?,
        Format::Csv => view::figures(&document).to_csv().map_err(CliError::failed)?,
        Format::Markdown => view::table(&document).to_markdown(),
        Format::Human => view::human(&document),
    })?;
    Ok(Exit::Done)
}

/// The rows that a name stands for, for other commands; a finished profile has none.
pub(crate) fn rows(
    name: &str,
    field_map: Option<&FieldMap>,
    global: Global,
) -> Result<source::RowSource, CliError> {
    match Source::of(name, field_map.cloned(), None, global)? {
        Source::Rows(rows) => Ok(rows),
        Source::Profile(_) => {
            Err(CliError::usage(format_args!("`{name}` holds lengths and no text"))
                .hint(format_args!("--traffic {name} takes lengths alone")))
        }
    }
}

/// The profile of a dataset or a recipe, counted on first use, for other commands.
pub(crate) fn traffic(
    name: &str,
    counting: Counting<'_>,
    global: Global,
) -> Result<Traffic, CliError> {
    let named = |error: CliError| error.of_flag("--traffic");
    let rows = rows(name, counting.field_map, global).map_err(named)?;
    let profiled = profiled(counting, global, &rows).map_err(named)?;
    told(name, "--traffic", &profiled);
    Traffic::of(&profiled.traffic, about(counting, &rows, &profiled)).map_err(CliError::usage)
}

/// The requests of a trace, for other commands.
pub(crate) fn observed(
    name: &str,
    flag: &str,
    counting: Counting<'_>,
    global: Global,
) -> Result<ObservedTraffic, CliError> {
    let profiled =
        rows(name, counting.field_map, global).and_then(|rows| profiled(counting, global, &rows));
    let profiled = profiled.map_err(|error| error.of_flag(flag))?;
    told(name, flag, &profiled);
    Ok(profiled.traffic)
}

/// What one should know of lengths that another command uses.
fn told(name: &str, flag: &str, profiled: &Profiled) {
    if profiled.skipped.total() > 0 {
        output::note(format_args!("warning: {flag}: {name}: skipped {}", profiled.skipped));
    }
    if profiled.bases.iter().any(|(basis, _)| *basis == Basis::Estimate) {
        output::note(format_args!(
            "warning: {flag}: {name}: lengths are estimated from letters; --tokenizer counts them"
        ));
    }
}

/// How text is counted.
#[derive(Clone, Copy)]
pub(crate) struct Counting<'a> {
    /// By what; none for an estimate.
    pub(crate) tokenizer: Option<&'a str>,
    /// Where prompt and answer are, for other commands.
    pub(crate) field_map: Option<&'a FieldMap>,
    /// Only what was sent within it.
    pub(crate) window: Option<Window>,
    /// Whether counts of an earlier run will do.
    pub(crate) cached: bool,
    /// On how many threads.
    pub(crate) threads: NonZeroUsize,
}

impl ProfileArgs {
    fn counting(&self) -> Counting<'_> {
        Counting {
            tokenizer: self.tokenizer.as_deref(),
            field_map: self.field_map.as_ref(),
            window: self.window,
            cached: !self.no_cache,
            threads: self.threads.unwrap_or_else(all_cores),
        }
    }
}

/// Lengths of all rows, from an earlier run where nothing has changed since.
fn profiled(
    args: Counting<'_>,
    global: Global,
    rows: &source::RowSource,
) -> Result<Profiled, CliError> {
    let counter: Box<dyn TokenCounter> = match args.tokenizer {
        Some(name) => Box::new(tokenizer::counter(name, global)?),
        None => Box::new(Estimate),
    };
    let request = ReadRequest {
        inputs: &rows.inputs,
        field_map: rows.field_map.as_ref(),
        window: args.window,
        counter: counter.as_ref(),
        threads: args.threads,
    };
    // Without a tokenizer reading is as fast as looking up.
    let kept = kept_folder().filter(|_| args.tokenizer.is_some() && args.cached).map(Kept::at);
    let key =
        kept.as_ref().map(|_| Kept::key(&request)).transpose().map_err(|e| wrong(&e))?.flatten();
    if let (Some(kept), Some(key)) = (&kept, &key)
        && let Some(profiled) = kept.load(key)
    {
        output::note("counted before: nothing has changed since (--no-cache counts again)");
        return Ok(profiled);
    }
    let mut waiting = Waiting::new();
    let profiled = read(&request, &mut |event| waiting.hear(event));
    waiting.end();
    let profiled = profiled.map_err(|error| wrong(&error))?;
    if let (Some(kept), Some(key)) = (&kept, &key)
        && let Err(error) = kept.store(key, &profiled)
    {
        output::note(format_args!("warning: the counts are not kept for next time: {error}"));
    }
    Ok(profiled)
}

fn about(args: Counting<'_>, rows: &source::RowSource, profiled: &Profiled) -> About {
    let bases: Vec<String> = profiled
        .bases
        .iter()
        .map(|(basis, requests)| match profiled.bases.len() {
            1 => basis.to_string(),
            _ => format!("{basis} ({requests} requests)"),
        })
        .collect();
    About {
        source: Some(rows.name.clone()),
        tokenizer: args.tokenizer.map(str::to_owned),
        counting: Some(format!("{}: {}", profiled.shape, bases.join("; "))),
        window: args.window.map(|window| window.to_string()),
        window_ns: args.window.map(|Window { from_ns, to_ns, .. }| from_ns..to_ns),
        ..About::default()
    }
}

/// Where counted lengths are kept, if anything says where.
fn kept_folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let caches = set("XDG_CACHE_HOME").map(PathBuf::from);
    let caches = caches.or_else(|| Some(Path::new(&set("HOME")?).join(".cache")))?;
    Some(caches.join("farebox").join("lengths"))
}

fn write(file: &Path, flag: &str, bytes: &[u8]) -> Result<(), CliError> {
    replace_file(file, bytes)
        .map_err(|error| CliError::usage(format_args!("{flag}: {}: {error}", file.display())))
}

/// A dataset error with its own advice.
pub(crate) fn wrong(error: &DatasetError) -> CliError {
    match error.hint() {
        Some(hint) => CliError::usage(error).hint(hint),
        None => CliError::usage(error),
    }
}
