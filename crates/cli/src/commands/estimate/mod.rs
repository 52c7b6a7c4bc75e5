//! `farebox estimate`: latency, throughput, memory and price without a GPU.
//!
//! [`args`] is what can be typed, [`machines`] what serves, [`hosted`] the bill of an API,
//! [`tables`] what a person sees; here questions are put and answers handed out.

mod args;
mod card;
mod documents;
mod hosted;
mod machines;
mod tables;

pub(crate) use args::{EstimateArgs, PrecisionArg};

use crate::args::load::{InFlight, Rates};
use crate::args::range::Counts;
use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use args::{Asked, WorkloadArgs};
use farebox_calculator::{
    Deployed, EstimateDocument, Estimator, Lengths, Machine, QuestionError, closed,
};
use farebox_catalog::Catalogue;
use farebox_catalog::model::{ModelCatalog, ModelSpec};
use farebox_core::curve::LoadKind;
use farebox_core::run::Rental;
use farebox_core::{Load, LoadCurve, Slo};
use farebox_estimate::rows::{Resolver, estimate_rows};
use farebox_estimate::{Calibration, EstimateError};
use farebox_experiment::run_dir::replace_file;
use farebox_report::Format;
use hosted::Alternative;
use serde::Serialize;
use std::borrow::Cow;
use std::path::Path;

/// Estimates what was asked for.
pub(crate) fn run(args: &EstimateArgs, global: Global) -> Result<Exit, CliError> {
    let catalogue = args.catalogue.open()?;
    let calibration = calibration(args.calibration.as_deref())?;
    if let Some(file) = &args.rows {
        global.prints("estimate --rows", &[Format::Human, Format::Csv])?;
        if args.model.name().is_some() || args.model.is_described() {
            return Err(CliError::usage("--rows names the model of each row: leave out MODEL"));
        }
        return rows(file, &catalogue, &calibration);
    }
    if let Some(api) = args.model.name().and_then(|name| name.strip_prefix("api:")) {
        return hosted::run(api, args, &catalogue, global);
    }
    let model = args.model.spec(&catalogue, global)?;
    let machines = machines::machines(args, &model, &catalogue)?;
    let (asked, slos) = (args.workload.asked()?, args.promises.promises()?);
    if !slos.is_empty() && args.workload.names_a_load() {
        return Err(CliError::usage("--slo finds the load itself: name no other"));
    }
    if let Some(file) = &args.out {
        let what = ((machines.as_slice(), &model), (&catalogue, calibration.as_ref()));
        write_curve(file, args, (&asked, &slos), what)?;
    }
    let mut answered = Vec::new();
    for machine in &machines {
        let billing = args.money.billing();
        let rental = billing.of_machine(machine, &catalogue)?;
        let workload = (asked.as_slice(), slos.as_slice());
        answered.extend(answers(args, workload, (machine, rental), &model, &calibration));
    }
    let against = hosted::alternatives(&args.against, args, &catalogue)?;
    hand_out(&answered, &model, &against, global.format)
}

/// One combination and what came of it.
pub(crate) struct Answer {
    machine: Machine,
    outcome: Result<EstimateDocument, QuestionError>,
}

fn answers(
    args: &EstimateArgs,
    (asked, slos): (&[Asked], &[Slo]),
    (machine, rental): (&Machine, Option<Rental>),
    model: &ModelSpec,
    calibration: &Calibration,
) -> Vec<Answer> {
    let answer = |outcome| Answer { machine: machine.clone(), outcome };
    let deployed = match Deployed::new(machine, model, calibration, rental) {
        Ok(deployed) => deployed,
        Err(error) => return vec![answer(Err(error.into()))],
    };
    let users = args.workload.users.asked();
    let mut answers = Vec::new();
    for Asked { lengths, note } in asked {
        let one = |load| {
            let mut document = deployed.answer(*lengths, load, users)?;
            document.notes.extend(note.clone());
            Ok(document)
        };
        match loads(args, slos, deployed.estimator(), *lengths) {
            Ok(loads) => {
                answers.extend(loads.into_iter().map(|load| answer(load.and_then(one))));
            }
            Err(error) => answers.push(answer(Err(error.into()))),
        }
    }
    answers
}

/// The loads asked for; `max` is what the KV cache holds, at least 1, and a promise stands for the
/// most requests in flight that keep it.
fn loads(
    args: &EstimateArgs,
    slos: &[Slo],
    estimator: &Estimator<'_>,
    lengths: Lengths,
) -> Result<Vec<Result<Load, QuestionError>>, EstimateError> {
    let WorkloadArgs { concurrency, batch, request_rate, .. } = &args.workload;
    let of = |kind, value| Load { kind, value };
    let fixed = match (batch, request_rate) {
        _ if !slos.is_empty() => {
            // What does not fit is answered with what is missing, whatever it would promise.
            let fits = estimator.memory(&lengths.job(closed(1))?).fits;
            let line = |slo| match estimator.load_line(lengths, slo)? {
                Ok(n) => Ok(Ok(closed(n))),
                Err(_) if !fits => Ok(Ok(closed(1))),
                Err(why) => Ok(Err(QuestionError::Promise(why))),
            };
            return slos.iter().map(line).collect();
        }
        (Some(Counts(sizes)), _) => {
            sizes.iter().map(|n| of(LoadKind::Batch, f64::from(*n))).collect::<Vec<_>>()
        }
        (None, Some(Rates(rates))) => rates.iter().map(|r| of(LoadKind::Rate, *r)).collect(),
        (None, None) => {
            let held = estimator.most_in_flight(lengths)?;
            let asked = concurrency.clone().unwrap_or_else(InFlight::usual);
            asked.loads(held).into_iter().map(closed).collect()
        }
    };
    Ok(fixed.into_iter().map(Ok).collect())
}

fn hand_out(
    answers: &[Answer],
    model: &ModelSpec,
    against: &[Alternative],
    format: Format,
) -> Result<Exit, CliError> {
    if let [Answer { outcome: Err(error), machine }] = answers {
        if format == Format::Json {
            output::data(&pretty(&Deployed::refusal(machine, model, error))?)?;
        }
        return Err(error.clone().into());
    }
    let documents: Vec<&EstimateDocument> =
        answers.iter().filter_map(|answer| answer.outcome.as_ref().ok()).collect();
    let text = match (format, documents.as_slice()) {
        (Format::Json, [one]) if answers.len() == 1 && against.is_empty() => {
            one.to_json().map_err(CliError::failed)?
        }
        (Format::Json, [one]) if answers.len() == 1 => {
            pretty(&documents::Beside { document: one, against })?
        }
        (Format::Json, _) => documents::all(answers, model)?,
        (Format::Human, [one]) if answers.len() == 1 => card::card(one, against).to_human(),
        (Format::Markdown, [one]) if answers.len() == 1 => card::card(one, against).to_markdown(),
        (Format::Csv, _) => documents::csv(answers)?,
        (Format::Markdown, _) => tables::table(answers).to_markdown(),
        (Format::Human, _) => tables::table(answers).to_human(),
    };
    output::data(&text)?;
    if documents.iter().any(|document| document.memory.fits) {
        return Ok(Exit::Done);
    }
    match documents.as_slice() {
        [] => Err(CliError::usage("no combination can be estimated: see the last column")),
        [one] if !one.would_fit.is_empty() => {
            let ways = one.would_fit.join(", or ");
            Err(CliError::no(tables::misfit(one)).hint(format_args!("it would with {ways}")))
        }
        [one] => Err(CliError::no(tables::misfit(one)).hint(FITTING)),
        many => Err(CliError::no(format_args!("none of {} fits", many.len())).hint(FITTING)),
    }
}

const FITTING: &str =
    "more accelerators (--tp), a narrower --precision, or a shorter --isl and --osl";

/// `--out`: the curve of one machine over its loads.
fn write_curve(
    file: &Path,
    args: &EstimateArgs,
    (asked, slos): (&[Asked], &[Slo]),
    (what, (catalogue, calibration)): ((&[Machine], &ModelSpec), (&Catalogue, &Calibration)),
) -> Result<(), CliError> {
    let ([machine], model) = what else {
        return Err(CliError::usage("--out writes the curve of one machine: name one combination"));
    };
    let [Asked { lengths, .. }] = *asked else {
        return Err(CliError::usage("--out writes one curve: name one --isl and one --osl"));
    };
    let estimator = Estimator::new(machine.setup(model), calibration).map_err(CliError::usage)?;
    let loads = loads(args, slos, &estimator, lengths).map_err(CliError::usage)?;
    let loads = loads.into_iter().collect::<Result<Vec<_>, _>>()?;
    let curve = estimator.curve(lengths, &loads).map_err(CliError::usage)?;
    let price = args.money.billing().of_machine(machine, catalogue)?;
    let curve = LoadCurve { price, ..curve };
    replace_file(file, pretty(&curve)?.as_bytes())
        .map_err(|error| CliError::usage(format_args!("--out: {}: {error}", file.display())))
}

/// Every row of a table, one line each.
fn rows(file: &Path, catalogue: &Catalogue, calibration: &Calibration) -> Result<Exit, CliError> {
    let text = read(file)?;
    let accelerators = catalogue.accelerators().map_err(CliError::usage)?;
    let mut resolver = Resolver::new(accelerators, ModelCatalog::with_files(catalogue.files()));
    let (answers, answered) = estimate_rows(&text, &mut resolver, calibration)
        .map_err(|error| CliError::usage(format_args!("{}: {error}", file.display())))?;
    output::data(&answers)?;
    if answered == 0 {
        return Err(CliError::failed("no row has an answer: see the column `status`"));
    }
    Ok(Exit::Done)
}

/// The embedded calibration, or the one in a file.
pub(crate) fn calibration(file: Option<&Path>) -> Result<Cow<'static, Calibration>, CliError> {
    let Some(file) = file else { return Ok(Cow::Borrowed(Calibration::embedded())) };
    let calibration = Calibration::from_json(&read(file)?)
        .map_err(|error| CliError::usage(format_args!("{}: {error}", file.display())))?;
    Ok(Cow::Owned(calibration))
}

pub(crate) fn read(file: &Path) -> Result<String, CliError> {
    std::fs::read_to_string(file)
        .map_err(|error| CliError::usage(format_args!("{}: {error}", file.display())))
}

fn pretty<T: Serialize + ?Sized>(document: &T) -> Result<String, CliError> {
    Ok(serde_json::to_string_pretty(document).map_err(CliError::failed)? + "\n")
}
