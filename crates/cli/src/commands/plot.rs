//! `farebox plot`: curves, or what machines reported over time, to one picture.

mod timeline;

use crate::args::catalogue::CatalogueArgs;
use crate::args::money::MoneyArgs;
use crate::args::promise::{PromiseArgs, unique_names};
use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::{output, png};
use clap::{Args, ValueEnum};
use farebox_calculator::Fleet;
use farebox_core::run::Rental;
use farebox_core::{LoadCurve, Slo};
use farebox_experiment::run_dir::replace_file;
use farebox_experiment::{Loaded, load};
use farebox_price::PriceSettings;
use farebox_report::{
    Chart, PlotRequest, TimelineKind, cost_chart, distribution_chart, frontier_chart, plot, to_svg,
};
use std::path::{Path, PathBuf};

/// Draw throughput, latency and cost against load, or what the machine reported over time.
///
/// One SVG image, which follows the viewer's light or dark; a PNG where --out ends in .png. As
/// `curve`: throughput, TTFT, TPOT and cost per million tokens, with the promises as dashed lines and
/// the load line of each marked. As `frontier`: throughput against the speed of each request and
/// against its first token. As `latency`: how latencies are spread. As `kv` or `gpu-memory`: what the
/// machine reported, with the loads shaded behind. Without a promise given here, those stored with the
/// runs are drawn.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PlotArgs {
    /// Run directories, curve.json files, result files of other tools; telemetry.jsonl files
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Where to write the picture [default: <kind>.svg in the run directory, else <name>.svg here]
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// What to draw
    #[arg(long, value_enum, default_value_t = PlotKind::Curve)]
    kind: PlotKind,
    /// With --kind kv: the model, for an engine that publishes nothing of its cache; what it held is
    /// then estimated from the tokens in flight, at 16 bit
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    #[command(flatten)]
    promises: PromiseArgs,
    #[command(flatten)]
    money: MoneyArgs,
    #[command(flatten)]
    catalogue: CatalogueArgs,
}

/// What a picture shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PlotKind {
    /// Throughput, TTFT, TPOT and cost against load
    Curve,
    /// Throughput against the speed of a request, with the Pareto line
    Frontier,
    /// Cost per million tokens against load
    Cost,
    /// How TTFT, TPOT and end-to-end times are spread
    Latency,
    /// KV cache and requests over time
    Kv,
    /// Accelerator memory and power over time; of an engine on the CPU its processes' memory and
    /// cores
    #[value(alias = "memory")]
    GpuMemory,
}

impl PlotKind {
    /// The file that it is drawn into, beside a run.
    const fn file(self) -> &'static str {
        match self {
            Self::Curve => "curve.svg",
            Self::Frontier => "frontier.svg",
            Self::Cost => "cost.svg",
            Self::Latency => "latency.svg",
            Self::Kv => "kv.svg",
            Self::GpuMemory => "gpu-memory.svg",
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  farebox plot runs/first
  farebox plot runs/first --kind frontier -o frontier.svg
  farebox plot runs/first --kind kv
  farebox plot runs/vllm runs/transformers --price-per-hour 2.50 -o compare.svg
  farebox plot results.jsonl --price-per-hour 5 \\
      --slo instant:ttft.mean=0.25s,tpot.mean=10ms";

/// Draws and names the file.
pub(crate) fn run(args: &PlotArgs, global: Global) -> Result<Exit, CliError> {
    args.out.as_deref().map_or(Ok(()), is_picture)?;
    let file = match args.kind {
        PlotKind::Curve | PlotKind::Frontier | PlotKind::Cost | PlotKind::Latency => {
            draw_curves(args)?
        }
        PlotKind::Kv => timeline::draw(args, TimelineKind::Kv, global)?,
        PlotKind::GpuMemory => timeline::draw(args, TimelineKind::Memory, global)?,
    };
    output::files(&[&file], global.format)?;
    Ok(Exit::Done)
}

/// The curves at the paths, with promises and prices.
fn draw_curves(args: &PlotArgs) -> Result<PathBuf, CliError> {
    let loaded: Vec<Loaded> = args.paths.iter().map(|path| load(path)).collect::<Result<_, _>>()?;
    let slos = match args.promises.promises()? {
        none if none.is_empty() => stored_promises(&loaded)?,
        slos => slos,
    };
    let curves: Vec<LoadCurve> = loaded.iter().flat_map(|loaded| loaded.curves.clone()).collect();
    let fleet = Fleet::widest(curves.iter().map(|curve| &curve.deployment));
    let price = shared_price(&loaded);
    let rental = args.money.rental(price, fleet, &args.catalogue.open()?)?;
    let file = args.out.clone().unwrap_or_else(|| args.beside());
    let price = rental.map(PriceSettings::new);
    let request = PlotRequest { curves: &curves, slos: &slos, price: price.as_ref() };
    write(&file, &to_svg(&picture(args.kind, &request)?))?;
    Ok(file)
}

/// The price stored with the runs, where all have the same: one machine's price says nothing about
/// another machine.
fn shared_price(loaded: &[Loaded]) -> Option<&Rental> {
    let mut prices = loaded.iter().map(|loaded| loaded.price.as_ref());
    let first = prices.next()??;
    if prices.all(|price| price == Some(first)) {
        return Some(first);
    }
    output::note(
        "note: the runs do not share one price, so no cost is drawn: --price-per-hour sets one",
    );
    None
}

/// The picture of curves that is asked for.
fn picture(kind: PlotKind, request: &PlotRequest<'_>) -> Result<Chart, CliError> {
    if request.curves.iter().all(|curve| curve.points.is_empty()) {
        return Err(CliError::failed("there is no load point to draw"));
    }
    match kind {
        PlotKind::Frontier => Ok(frontier_chart(request)),
        PlotKind::Latency => Ok(distribution_chart(request)),
        PlotKind::Cost => cost_chart(request).ok_or_else(|| {
            CliError::usage("nobody said what the machine costs")
                .hint("--price-per-hour 2.50 for the whole machine, or --price-per-gpu-hour")
        }),
        PlotKind::Curve | PlotKind::Kv | PlotKind::GpuMemory => Ok(plot(request)),
    }
}

/// The promises stored with the runs, each once.
fn stored_promises(loaded: &[Loaded]) -> Result<Vec<Slo>, CliError> {
    let mut slos: Vec<Slo> = Vec::new();
    for slo in loaded.iter().flat_map(|loaded| &loaded.slos) {
        if !slos.contains(slo) {
            slos.push(slo.clone());
        }
    }
    unique_names(&slos)?;
    Ok(slos)
}

/// Draws curves into a file.
pub(crate) fn draw(
    file: &Path,
    curves: &[LoadCurve],
    slos: &[Slo],
    price: Option<&PriceSettings>,
) -> Result<(), CliError> {
    let chart = picture(PlotKind::Curve, &PlotRequest { curves, slos, price })?;
    write(file, &to_svg(&chart))
}

/// As PNG where the name says so, else as SVG.
fn write(file: &Path, svg: &str) -> Result<(), CliError> {
    let bytes = if is_png(file) { png::to_png(svg)? } else { svg.as_bytes().to_vec() };
    replace_file(file, &bytes)
        .map_err(|error| CliError::usage(format_args!("--out: {}: {error}", file.display())))
}

/// Refuses a name that promises another kind of file.
fn is_picture(file: &Path) -> Result<(), CliError> {
    if is_png(file) || has_extension(file, "svg") {
        return Ok(());
    }
    let message = format!("--out: {}: pictures end in .svg or .png", file.display());
    Err(CliError::usage(message))
}

fn is_png(file: &Path) -> bool {
    has_extension(file, "png")
}

fn has_extension(file: &Path, name: &str) -> bool {
    file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(name))
}

impl PlotArgs {
    /// Where the picture goes when nobody says: into the run, else here.
    fn beside(&self) -> PathBuf {
        let path = &self.paths[0];
        if path.is_dir() {
            return path.join(self.kind.file());
        }
        PathBuf::from(path.file_name().unwrap_or_default()).with_extension("svg")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use farebox_core::UsdPerHour;

    #[test]
    fn runs_of_different_prices_share_none() {
        let run = |usd: Option<f64>| Loaded {
            curves: Vec::new(),
            slos: Vec::new(),
            verdict: None,
            price: usd.map(|usd| Rental {
                usd_per_hour_total: UsdPerHour::new(usd),
                gpus_billed: 1,
                gpus_used: 1,
                unit_gpus: None,
                source: "typed".to_owned(),
            }),
        };
        let shared = |usd: &[Option<f64>]| {
            let runs: Vec<Loaded> = usd.iter().copied().map(run).collect();
            shared_price(&runs).map(|price| price.usd_per_hour_total.get())
        };
        assert_eq!(shared(&[Some(2.0), Some(2.0)]), Some(2.0));
        assert_eq!(shared(&[Some(2.0), Some(3.0)]), None);
        assert_eq!(shared(&[Some(2.0), None]), None);
        assert_eq!(shared(&[None, Some(2.0)]), None);
    }
}
