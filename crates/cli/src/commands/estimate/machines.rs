//! Every machine that the flags describe: GPU x widths x precision x cache format.

use super::args::{EstimateArgs, MachineArgs};
use super::present;
use crate::args::range::Widths;
use crate::error::CliError;
use farebox_catalog::accelerator::{LEAST, TypedAccelerator, TypedError};
use farebox_catalog::model::{KvFormat, ModelSpec, Precision};
use farebox_catalog::{Accelerator, Catalogue, LookupError};
use farebox_estimate::setup::Setup;
use farebox_estimate::{Engine, Parallelism};

/// One machine.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Machine {
    /// Its accelerator.
    pub(super) gpu: Accelerator,
    /// How the model is spread.
    pub(super) parallel: Parallelism,
    /// Precision of weights; none for what the checkpoint says.
    pub(super) precision: Option<Precision>,
    /// Precision of the cache.
    pub(super) kv: KvFormat,
    /// The engine that serves.
    pub(super) engine: Engine,
}

impl Machine {
    /// The machine with `model` on it.
    pub(super) fn setup<'a>(&'a self, model: &'a ModelSpec) -> Setup<'a> {
        Setup {
            engine: self.engine.clone(),
            parallel: self.parallel,
            precision: self.precision,
            kv: self.kv,
            ..Setup::new(model, &self.gpu)
        }
    }
}

/// All combinations, in the order in which they were typed.
pub(super) fn machines(
    args: &EstimateArgs,
    model: &ModelSpec,
    catalogue: &Catalogue,
) -> Result<Vec<Machine>, CliError> {
    let flags = &args.machine;
    if flags.gpu.is_empty() {
        return Err(CliError::usage("which machine? --gpu is missing").hint(
            "--gpu h100-sxm, a list, auto, or custom with --mem-gb --mem-bw-gb-per-s --tflops",
        ));
    }
    check_typed(flags)?;
    let mut machines = Vec::new();
    for gpu in accelerators(flags, catalogue)? {
        for parallel in widths(flags) {
            check_count(flags, parallel)?;
            let gpu = in_nodes(&gpu, flags, parallel)?;
            for (precision, kv) in formats(flags, model.kv.unwrap_or_default()) {
                let (gpu, engine) = (gpu.clone(), Engine::named(&flags.engine));
                machines.push(Machine { gpu, parallel, precision, kv, engine });
            }
            if machines.len() > MOST {
                return Err(CliError::usage(format_args!("more than {MOST} combinations")));
            }
        }
    }
    Ok(machines)
}

/// Figures typed for a machine that nobody named would be silently left out.
fn check_typed(flags: &MachineArgs) -> Result<(), CliError> {
    let typed = flags.gpu.iter().any(|name| matches!(name.as_str(), "cpu" | "custom"));
    let figures = [
        ("--mem-gb", flags.mem_gb),
        ("--mem-bw-gb-per-s", flags.mem_bw_gb_per_s),
        ("--tflops", flags.tflops),
    ];
    match figures.into_iter().find(|(_, figure)| figure.is_some() && !typed) {
        Some((flag, _)) => {
            Err(CliError::usage(format_args!("{flag} goes with --gpu custom or --gpu cpu")))
        }
        None => Ok(()),
    }
}

/// Most combinations of one table.
const MOST: usize = 10_000;

/// Every accelerator named, in the order in which they were typed.
fn accelerators(flags: &MachineArgs, catalogue: &Catalogue) -> Result<Vec<Accelerator>, CliError> {
    let mut found = Vec::new();
    for name in &flags.gpu {
        match name.as_str() {
            "auto" => found.extend(present::accelerators(catalogue)?),
            "cpu" | "custom" => found.push(typed(name, flags)?),
            _ => {
                let accelerators = catalogue.accelerators().map_err(CliError::usage)?;
                let gpu = accelerators.find(name);
                found.push(gpu.cloned().map_err(|error| unknown_gpu(&error))?);
            }
        }
    }
    Ok(found)
}

fn unknown_gpu(error: &LookupError) -> CliError {
    CliError::usage(format_args!("--gpu: {error}")).hint("`farebox catalog gpus` lists all")
}

fn typed(name: &str, flags: &MachineArgs) -> Result<Accelerator, CliError> {
    let (Some(memory_gb), Some(bandwidth_gb_per_s), Some(tflops)) =
        (flags.mem_gb, flags.mem_bw_gb_per_s, flags.tflops)
    else {
        return Err(CliError::usage(format_args!(
            "--gpu {name} needs --mem-gb, --mem-bw-gb-per-s and --tflops"
        )));
    };
    let typed = TypedAccelerator { memory_gb, bandwidth_gb_per_s, tflops };
    typed.build(name).map_err(|TypedError { field, value, high }| {
        let flag = field.replace('_', "-");
        // Hundreds of zeros are no help.
        let value = if value.abs() < 1e9 { value.to_string() } else { format!("{value:e}") };
        CliError::usage(format_args!("--{flag} must be from {LEAST} to {high}, not {value}"))
    })
}

fn widths(flags: &MachineArgs) -> Vec<Parallelism> {
    let mut all = vec![Parallelism::SINGLE];
    let mut vary = |widths: &Widths, set: fn(&mut Parallelism, u32)| {
        let each = |base: &Parallelism| {
            let with = |width: &u32| {
                let mut wider = *base;
                set(&mut wider, *width);
                wider
            };
            widths.0.iter().map(with).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(each).collect();
    };
    vary(&flags.tp, |p, n| p.tp = n);
    vary(&flags.pp, |p, n| p.pp = n);
    vary(&flags.ep, |p, n| p.ep = n);
    vary(&flags.dp, |p, n| p.dp = n);
    vary(&flags.replicas, |p, n| p.replicas = n);
    all
}

/// `own` is what the checkpoint says about its cache.
fn formats(flags: &MachineArgs, own: KvFormat) -> Vec<(Option<Precision>, KvFormat)> {
    let mut precisions: Vec<Option<Precision>> = flags.precision.iter().map(|p| p.0).collect();
    if precisions.is_empty() {
        precisions.push(None);
    }
    let caches = if flags.kv_dtype.is_empty() { vec![own] } else { flags.kv_dtype.clone() };
    let pair =
        |precision: Option<Precision>| caches.iter().map(|kv| (precision, *kv)).collect::<Vec<_>>();
    precisions.into_iter().flat_map(pair).collect()
}

/// `--gpus`, and nodes times accelerators of each, are the total.
fn check_count(flags: &MachineArgs, parallel: Parallelism) -> Result<(), CliError> {
    let taken = parallel.gpus();
    let disagree = |what: String| {
        Err(CliError::usage(format_args!("{what}, but the widths take {taken}"))
            .hint("--tp x --pp x --dp x --replicas is how many there are"))
    };
    let Parallelism { tp, dp, ep, .. } = parallel;
    if u64::from(ep) > u64::from(tp) * u64::from(dp) {
        let spread = u64::from(tp) * u64::from(dp);
        return Err(CliError::usage(format_args!("--ep {ep} exceeds --tp x --dp, {spread}"))
            .hint("experts are spread over the accelerators that --tp and --dp name"));
    }
    if taken > MOST_GPUS {
        return Err(CliError::usage(format_args!(
            "the widths take {taken} accelerators: {MOST_GPUS} at most"
        )));
    }
    match (flags.gpus, flags.nodes, flags.gpus_per_node) {
        (Some(gpus), ..) if u64::from(gpus) != taken => disagree(format!("--gpus says {gpus}")),
        (_, Some(nodes), Some(each)) if u64::from(nodes) * u64::from(each) != taken => {
            let all = u64::from(nodes) * u64::from(each);
            disagree(format!("--nodes {nodes} of --gpus-per-node {each} are {all}"))
        }
        (_, Some(nodes), None) if !taken.is_multiple_of(u64::from(nodes)) => {
            disagree(format!("--nodes {nodes} should hold equally many"))
        }
        _ => Ok(()),
    }
}

/// More than any one deployment has.
const MOST_GPUS: u64 = 65_536;

/// The accelerator as it stands in nodes of the size asked for: a replica wider than its node, or
/// than the fabric where that spans nodes, talks over the network.
fn in_nodes(
    gpu: &Accelerator,
    flags: &MachineArgs,
    parallel: Parallelism,
) -> Result<Accelerator, CliError> {
    let spread = flags.nodes.map(|nodes| (parallel.gpus() / u64::from(nodes)) as u32);
    let Some(each) = flags.gpus_per_node.or(spread) else { return Ok(gpu.clone()) };
    let most = gpu.link.gpus_per_node.map_or(DENSEST, |(_, most)| most).max(gpu.link.domain);
    if each > most {
        let id = &gpu.id;
        return Err(CliError::usage(format_args!("no node holds {each} {id}: {most} at most")));
    }
    let mut gpu = gpu.clone();
    let rack = gpu.link.gpus_per_node.is_some_and(|(_, most)| gpu.link.domain > most);
    if !rack {
        gpu.link.domain = gpu.link.domain.min(each);
    }
    gpu.link.gpus_per_node = Some((each, each));
    Ok(gpu)
}

/// Accelerators of the fullest node that is built from parts.
const DENSEST: u32 = 16;
