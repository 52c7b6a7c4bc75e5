//! `farebox report`: runs as something to read and to hand on.

use crate::args::catalogue::CatalogueArgs;
use crate::args::money::MoneyArgs;
use crate::args::promise::{PromiseArgs, unique_names};
use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use clap::Args;
use console::Term;
use farebox_calculator::Fleet;
use farebox_catalog::Catalogue;
use farebox_core::Slo;
use farebox_experiment::WholeRun;
use farebox_experiment::run_dir::replace_file;
use farebox_price::PriceSettings;
use farebox_report::report::Screen;
use farebox_report::{Format, ReportRequest, ReportedRun};
use farebox_report::{report_html, report_markdown, report_terminal};
use std::path::{Path, PathBuf};

/// Report runs: what a token must cost, whether to believe it, and everything behind it.
///
/// With -o report.html one self-contained file to mail around: no network, no script, light and
/// dark, printable. With -o report.md or --format markdown a short text for a pull request. Without
/// either a screenful. Several runs are held against the first. Promises and prices are those
/// stored with the runs, unless given here.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ReportArgs {
    /// Run directories, curve.json files, or result files of the pricing seed
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Where to write it: a name in .html or .md
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    promises: PromiseArgs,
    #[command(flatten)]
    money: MoneyArgs,
    #[command(flatten)]
    catalogue: CatalogueArgs,
}

const EXAMPLES: &str = "\
Examples:
  farebox report runs/first
  farebox report runs/first -o report.html
  farebox report runs/before runs/after --format markdown > comment.md
  farebox report runs/first --price-per-gpu-hour 1.80 --slo chat:ttft.p90=1s \\
      -o report.html";

/// A report's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Html,
    Markdown,
    Screen,
}

/// Writes the report, or prints it.
pub(crate) fn run(args: &ReportArgs, global: Global) -> Result<Exit, CliError> {
    let form = form(args.out.as_deref(), global.format)?;
    let (runs, slos) = read(args)?;
    let request = ReportRequest { runs: &runs, slos: &slos };
    let text = match form {
        Form::Html => report_html(&request).map_err(CliError::failed)?,
        Form::Markdown => report_markdown(&request),
        Form::Screen => report_terminal(&request, screen()),
    };
    let Some(file) = &args.out else {
        output::data(&text)?;
        return Ok(Exit::Done);
    };
    replace_file(file, text.as_bytes())
        .map_err(|error| CliError::usage(format_args!("--out: {}: {error}", file.display())))?;
    output::files(&[file], global.format)?;
    Ok(Exit::Done)
}

/// A file's name says its form; on stdout `--format` does.
fn form(out: Option<&Path>, format: Format) -> Result<Form, CliError> {
    let Some(file) = out else {
        return match format {
            Format::Human => Ok(Form::Screen),
            Format::Markdown => Ok(Form::Markdown),
            Format::Json | Format::Csv => {
                let message = format!("--format {format}: report prints human or markdown");
                let hint = "farebox price and farebox compare print figures in this format";
                Err(CliError::usage(message).hint(hint))
            }
        };
    };
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html" | "htm") => Ok(Form::Html),
        Some("md" | "markdown") => Ok(Form::Markdown),
        _ => {
            let error = format_args!("--out: {}: reports end in .html or .md", file.display());
            Err(CliError::usage(error))
        }
    }
}

/// The runs at the paths, each under a name of its own, and the promises to judge them by.
fn read(args: &ReportArgs) -> Result<(Vec<ReportedRun>, Vec<Slo>), CliError> {
    let mut runs: Vec<ReportedRun> = Vec::new();
    let mut slos = args.promises.promises()?;
    let stored = slos.is_empty();
    let catalogue = args.catalogue.open()?;
    for path in &args.paths {
        for run in WholeRun::read(path).map_err(CliError::usage)? {
            let new = run.slos.iter().filter(|_| stored);
            let new: Vec<Slo> = new.filter(|slo| !slos.contains(slo)).cloned().collect();
            slos.extend(new);
            let mut run = reported(run, &args.money, &catalogue)?;
            // Two runs of one name could not be told apart.
            if runs.iter().any(|known| known.curve.name == run.curve.name) {
                run.curve.name = path.display().to_string();
            }
            runs.push(run);
        }
    }
    unique_names(&slos)?;
    if runs.iter().all(|run| run.curve.points.is_empty()) {
        return Err(CliError::failed("there is no load point to report"));
    }
    Ok((runs, slos))
}

fn reported(
    run: WholeRun,
    money: &MoneyArgs,
    catalogue: &Catalogue,
) -> Result<ReportedRun, CliError> {
    let fleet = Fleet::of_deployment(&run.curve.deployment);
    let rental = money.rental(run.price.as_ref(), fleet, catalogue)?;
    let price = rental
        .map(|rental| PriceSettings { gpus_used: money.gpus_used, ..PriceSettings::new(rental) });
    let WholeRun { curve, manifest, verdict, observed, .. } = run;
    let recording = observed.map(|observed| (observed.recording, observed.loads));
    Ok(ReportedRun { curve, manifest, price, verdict, recording })
}

/// A terminal's width and colours; elsewhere a hundred plain characters.
fn screen() -> Screen {
    let terminal = Term::stdout();
    let colour = terminal.features().colors_supported() && std::env::var_os("NO_COLOR").is_none();
    if terminal.is_term() {
        Screen { width: terminal.size().1.into(), colour }
    } else {
        Screen { width: 100, colour: false }
    }
}
