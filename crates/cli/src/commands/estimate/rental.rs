//! What a machine costs.

use super::args::EstimateArgs;
use super::machines::Machine;
use crate::error::CliError;
use farebox_catalog::Catalogue;
use farebox_core::run::Rental;

/// What the machine costs: what was typed, else the offer named, else the default one; none where
/// nobody asks a price for such an accelerator.
pub(super) fn rental(
    args: &EstimateArgs,
    machine: &Machine,
    catalogue: &Catalogue,
) -> Result<Option<Rental>, CliError> {
    let gpus = u32::try_from(machine.parallel.gpus()).unwrap_or(u32::MAX);
    if let Some(typed) = args.money.rental(None, Some(gpus))? {
        return Ok(Some(typed));
    }
    let offers = catalogue.offers().map_err(CliError::usage)?;
    let offer = match &args.offer {
        Some(name) => {
            let accelerators = catalogue.accelerators().map_err(CliError::usage)?;
            let found = offers.find(name, accelerators);
            let found = found.map_err(|error| CliError::usage(format_args!("--offer: {error}")))?;
            if found.gpu != machine.gpu.id {
                let (rents, wanted) = (&found.gpu, &machine.gpu.id);
                return Err(CliError::usage(format_args!(
                    "--offer {name} rents {rents}, not {wanted}"
                )));
            }
            Some(found)
        }
        None => offers.default_for(&machine.gpu.id).ok(),
    };
    Ok(offer.map(|offer| Rental {
        usd_per_hour_total: offer.usd_per_gpu_hour().times(f64::from(gpus)),
        gpus_billed: gpus,
        gpus_used: gpus / machine.parallel.replicas.max(1),
        source: offer.to_string(),
    }))
}
