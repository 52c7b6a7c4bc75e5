//! Every machine that the flags describe: GPU x widths x precision x cache format.

use super::args::{EstimateArgs, MachineArgs};
use crate::args::gpu;
use crate::args::range::Widths;
use crate::error::CliError;
use farebox_calculator::{GpuChoice, Machine, Nodes, QuestionError, TypedFigures};
use farebox_catalog::model::{KvFormat, ModelSpec, Precision};
use farebox_catalog::{Accelerator, Catalogue};
use farebox_estimate::{Engine, Parallelism};

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
    let nodes = nodes(flags);
    let mut machines = Vec::new();
    for gpu in accelerators(flags, catalogue)? {
        for parallel in widths(flags) {
            nodes.check(parallel)?;
            let gpu = nodes.place(&gpu, parallel)?;
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

/// Most combinations of one table.
const MOST: usize = 10_000;

fn figures(flags: &MachineArgs) -> TypedFigures {
    let MachineArgs { mem_gb, mem_bw_gb_per_s, tflops, .. } = *flags;
    TypedFigures { mem_gb, mem_bw_gb_per_s, tflops }
}

fn nodes(flags: &MachineArgs) -> Nodes {
    let MachineArgs { gpus, nodes, gpus_per_node, .. } = *flags;
    Nodes { gpus, nodes, gpus_per_node }
}

/// Figures typed for a machine that nobody named would be silently left out.
fn check_typed(flags: &MachineArgs) -> Result<(), CliError> {
    let typed = flags.gpu.iter().any(|name| matches!(name.as_str(), "cpu" | "custom"));
    match figures(flags).given().filter(|_| !typed) {
        Some(flag) => Err(QuestionError::Stray { flag }.into()),
        None => Ok(()),
    }
}

/// Every accelerator named, in the order in which they were typed.
fn accelerators(flags: &MachineArgs, catalogue: &Catalogue) -> Result<Vec<Accelerator>, CliError> {
    let mut found = Vec::new();
    for name in &flags.gpu {
        let choice = match name.as_str() {
            gpu::AUTO => {
                let present = gpu::present(catalogue).map_err(|error| error.of_flag("--gpu"))?;
                found.extend(present.into_iter().map(|kind| kind.gpu));
                continue;
            }
            "cpu" | "custom" => GpuChoice::Typed(name.clone(), figures(flags)),
            _ => GpuChoice::Named(name.clone()),
        };
        found.push(choice.find(catalogue)?);
    }
    Ok(found)
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
