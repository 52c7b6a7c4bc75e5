//! Every machine that the flags describe: GPU x tensor-parallel width x precision.

use super::args::{EstimateArgs, MachineArgs};
use crate::error::CliError;
use farebox_catalog::accelerator::TypedAccelerator;
use farebox_catalog::model::{KvFormat, ModelSpec, Precision};
use farebox_catalog::{Accelerator, Catalogue};
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
    kv: KvFormat,
    engine: Engine,
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
    catalogue: &Catalogue,
) -> Result<Vec<Machine>, CliError> {
    let flags = &args.machine;
    if flags.gpu.is_empty() {
        return Err(CliError::usage("which machine? --gpu is missing")
            .hint("--gpu h100-sxm, a list, or custom with --mem-gb --mem-bw-gb-per-s --tflops"));
    }
    let mut precisions: Vec<Option<Precision>> = flags.precision.iter().map(|p| p.0).collect();
    if precisions.is_empty() {
        precisions.push(None);
    }
    let mut machines = Vec::new();
    for name in &flags.gpu {
        let gpu = accelerator(name, flags, catalogue)?;
        for tp in &flags.tp.0 {
            for precision in &precisions {
                machines.push(Machine {
                    gpu: gpu.clone(),
                    parallel: parallel(flags, *tp)?,
                    precision: *precision,
                    kv: flags.kv_dtype,
                    engine: Engine::named(&flags.engine),
                });
            }
        }
    }
    Ok(machines)
}

fn accelerator(
    name: &str,
    flags: &MachineArgs,
    catalogue: &Catalogue,
) -> Result<Accelerator, CliError> {
    if !matches!(name, "cpu" | "custom") {
        let accelerators = catalogue.accelerators().map_err(CliError::usage)?;
        return accelerators.find(name).cloned().map_err(CliError::usage);
    }
    let (Some(memory_gb), Some(bandwidth_gb_per_s), Some(tflops)) =
        (flags.mem_gb, flags.mem_bw_gb_per_s, flags.tflops)
    else {
        return Err(CliError::usage(format_args!(
            "--gpu {name} needs --mem-gb, --mem-bw-gb-per-s and --tflops"
        )));
    };
    let typed = TypedAccelerator { memory_gb, bandwidth_gb_per_s, tflops };
    typed.build(name).map_err(CliError::usage)
}

fn parallel(flags: &MachineArgs, tp: u32) -> Result<Parallelism, CliError> {
    let parallel =
        Parallelism { tp, pp: flags.pp, ep: flags.ep, dp: flags.dp, replicas: flags.replicas };
    match flags.gpus {
        Some(gpus) if u64::from(gpus) != parallel.gpus() => Err(CliError::usage(format_args!(
            "--gpus {gpus} does not agree with the widths: they take {} accelerators",
            parallel.gpus()
        ))),
        _ => Ok(parallel),
    }
}
