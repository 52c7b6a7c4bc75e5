//! `farebox price`: load curves to dollars per million tokens.

use super::tariff;
use crate::args::catalogue::CatalogueArgs;
use crate::args::money::MoneyArgs;
use crate::args::promise::PromiseArgs;
use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use clap::Args;
use farebox_calculator::Fleet;
use farebox_core::phase_fit::attach_fitted_phases;
use farebox_core::run::Rental;
use farebox_core::{Load, LoadCurve, Tariff};
use farebox_experiment::{Loaded, load};
use farebox_price::{
    Allocation, LoadLineRule, Note, Packing, PriceSettings, PriceSheet, Shortfall, Utilisation,
};
use farebox_report::render_sheet;
use std::path::PathBuf;

/// Turn a run, a curve or a result file into prices per million tokens.
///
/// Among the loads that keep a promise, with every lower one keeping it too, the cheapest per
/// token is priced. The price pays for the machine, no more and no less: tokens times price is
/// machine cost, and `recovery` shows it. Without a promise given here, those stored with the run
/// are priced; without any, the highest throughput. A hosted API that was measured with --tariff is
/// billed by its published prices, as they were then.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PriceArgs {
    /// A run directory, a curve.json, or a result file of the pricing seed
    #[arg(value_name = "PATH")]
    path: PathBuf,
    #[command(flatten)]
    promises: PromiseArgs,
    #[command(flatten)]
    money: MoneyArgs,
    /// How cost is shared between input and output: time, blended, ratio:R or double-count
    #[arg(long, default_value = "time", value_name = "RULE")]
    allocation: Allocation,
    /// Runs of the same deployment with other lengths: input and output are told apart by what
    /// explains them all, load by load
    #[arg(long, value_name = "PATH", num_args = 1..)]
    phases_from: Vec<PathBuf>,
    /// How the load line is read: measured, or interpolated between two loads
    #[arg(long, default_value = "measured", value_name = "RULE")]
    load_line: LoadLineRule,
    /// Share of what the load line serves that is sold, above 0 and at most 1: what is idle is paid
    /// for too
    #[arg(
        long,
        visible_alias = "utilization",
        default_value = "1",
        value_name = "U",
        allow_negative_numbers = true
    )]
    utilisation: Utilisation,
    /// Fill the billed machine with replicas, assuming that they do not slow each other down
    #[arg(long)]
    fill_box: bool,
    /// Bill the tokens at a hosted model's published price instead of the machine's cost:
    /// api:provider/model
    #[arg(long, value_name = "API", conflicts_with_all = ["require", "fill_box", "utilisation"])]
    tariff: Option<String>,
    #[command(flatten)]
    catalogue: CatalogueArgs,
    /// Exit with 4 unless this tier is met
    #[arg(long, value_name = "TIER")]
    require: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  farebox price runs/first
  farebox price runs/first --price-per-gpu-hour 1.80 \\
      --slo chat:ttft.p90=1s,tpot.p90=40ms
  farebox price runs/first --allocation ratio:4 --format csv
  farebox price runs/chat --phases-from runs/summaries runs/code
  farebox price runs/hosted --tariff api:openai/gpt-4.1-mini
  farebox price results.jsonl --price-per-hour 5 --gpus-per-box 4 --fill-box \\
      --slo fast:ttft.mean=0.5s

A percentile cannot be decided where only the mean is known: such a tier is never passed.

Exit codes: 0 done, 1 nothing to price, 2 bad usage or input, 4 no tier is met, or not the one
that --require names.";

/// Prices what is at the path.
pub(crate) fn run(args: &PriceArgs, global: Global) -> Result<Exit, CliError> {
    let mut loaded = load(&args.path)?;
    let reported = tell_phases_apart(&mut loaded, &args.phases_from)?;
    if let Some(tariff) = args.tariff(&loaded)? {
        let machine = args.rental(&loaded)?.map(|rental| rental.usd_per_hour_total.get());
        tariff::run(tariff, &loaded, machine, global.format)?;
        return Ok(Exit::Done);
    }
    let settings = args.settings(&loaded)?;
    let mut sheet = priced(&loaded, &settings)?;
    let notes = reported.into_iter().chain(Note::of_verdict(loaded.verdict.as_ref()));
    sheet.notes.extend(notes.map(|note| note.to_string()));
    check_names(&sheet, args.require.as_deref())?;
    let text = render_sheet(&sheet, global.format).map_err(CliError::failed)?;
    output::data(&text)?;
    match sheet.shortfall(args.require.as_deref()) {
        None => Ok(Exit::Done),
        Some(shortfall) => Err(CliError::no(shortfall)),
    }
}

/// Fits the cost of input and output to the curves and to those at `helpers`, and says where that
/// changed nothing.
fn tell_phases_apart(loaded: &mut Loaded, helpers: &[PathBuf]) -> Result<Option<Note>, CliError> {
    let mut others: Vec<LoadCurve> = Vec::new();
    for path in helpers {
        others.extend(load(path)?.curves);
    }
    let mut reported: Vec<Load> = Vec::new();
    for curve in loaded.curves.iter_mut().filter(|_| !others.is_empty()) {
        let at = attach_fitted_phases(curve, &others)
            .map_err(|error| CliError::usage(error).of_flag("--phases-from"))?;
        reported.extend(at);
    }
    Ok((!reported.is_empty()).then_some(Note::PhasesReported(reported)))
}

impl PriceArgs {
    /// What the machine costs, as far as these flags or the run say.
    fn rental(&self, loaded: &Loaded) -> Result<Option<Rental>, CliError> {
        let fleet = Fleet::widest(loaded.curves.iter().map(|curve| &curve.deployment));
        self.money.rental(loaded.price.as_ref(), fleet, &self.catalogue.open()?)
    }

    /// The tariff that is named here, else that of the hosted API which was measured.
    fn tariff(&self, loaded: &Loaded) -> Result<Option<Tariff>, CliError> {
        if let Some(name) = &self.tariff {
            return Ok(Some(self.catalogue.tariff(name)?));
        }
        let own = loaded.curves.iter().find_map(|curve| curve.deployment.tariff.as_deref());
        match (own, &self.require) {
            (Some(tariff), Some(_)) => Err(CliError::usage(format_args!(
                "--require: {} is billed by the token, whatever the load: it has no tiers",
                tariff.id
            ))),
            (own, _) => Ok(own.cloned()),
        }
    }

    fn settings(&self, loaded: &Loaded) -> Result<PriceSettings, CliError> {
        let rental = self.rental(loaded)?.ok_or_else(|| {
            CliError::usage("nobody said what the machine costs").hint(
                "--price-per-hour 2.50 for the whole machine, --price-per-gpu-hour, --offer, or --tariff",
            )
        })?;
        let mut settings = PriceSettings::new(rental);
        settings.slos = match self.promises.promises()? {
            none if none.is_empty() => loaded.slos.clone(),
            slos => slos,
        };
        settings.allocation = self.allocation;
        settings.load_line = self.load_line;
        settings.utilisation = self.utilisation;
        settings.gpus_used = self.money.gpus_used;
        settings.packing = if self.fill_box { Packing::FillBox } else { Packing::OneReplica };
        Ok(settings)
    }
}

/// Prices curves, or says that there is nothing to price.
pub(crate) fn priced(loaded: &Loaded, settings: &PriceSettings) -> Result<PriceSheet, CliError> {
    let answered = |curve: &LoadCurve| curve.points.iter().any(|p| p.requests.ok > 0);
    if !loaded.curves.iter().any(answered) {
        return Err(CliError::failed("no request of this run was answered: there is no price"));
    }
    farebox_price::price(&loaded.curves, settings).map_err(CliError::usage)
}

fn check_names(sheet: &PriceSheet, require: Option<&str>) -> Result<(), CliError> {
    match sheet.shortfall(require) {
        Some(unknown @ Shortfall::Unknown { .. }) => {
            Err(CliError::usage(format_args!("--require: {unknown}")))
        }
        _ => Ok(()),
    }
}
