//! `--gpu`: the accelerators under a server, named or as this machine has them.

use crate::args::server::is_here;
use crate::commands::runtime;
use crate::error::CliError;
use clap::Args;
use farebox_catalog::{Accelerator, Catalogue};
use farebox_core::Pool;
use farebox_measure::BaseUrl;
use farebox_telemetry::{GpuCard, GpuProbe};
use std::env;

/// The accelerators under a server.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Machine")]
pub(crate) struct GpuArgs {
    /// The accelerator under the server: an id or alias of the catalogue, cpu, or auto for what this
    /// machine has
    #[arg(long, value_name = "GPU")]
    gpu: Option<String>,
}

/// Accelerators of one kind in this machine.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Present {
    /// What they are.
    pub(crate) gpu: Accelerator,
    /// How many there are.
    pub(crate) count: u32,
}

/// The word for what this machine has.
pub(crate) const AUTO: &str = "auto";
/// The word for none at all.
const CPU: &str = "cpu";

impl GpuArgs {
    /// What was typed.
    pub(crate) fn typed(&self) -> Option<&str> {
        self.gpu.as_deref()
    }

    /// The accelerators under the server at `base`: as many as `used` says, else as this machine
    /// has, else one.
    pub(crate) fn pool(
        &self,
        catalogue: &Catalogue,
        (used, base): (Option<u32>, &BaseUrl),
    ) -> Result<Option<Pool>, CliError> {
        let Some(name) = self.typed() else { return Ok(used.map(Pool::tensor_parallel)) };
        let found = match name {
            AUTO if !is_here(base) => Err(not_here(base)),
            _ => id_and_count(name, catalogue),
        };
        let (id, count) = found.map_err(|error| error.of_flag("--gpu"))?;
        Ok(Some(Pool { gpu: Some(id), ..Pool::tensor_parallel(used.unwrap_or(count)) }))
    }
}

/// What this machine has says nothing of another.
pub(crate) fn not_here(base: &BaseUrl) -> CliError {
    CliError::usage(format_args!("auto is what this machine has, and {base} is elsewhere"))
        .hint(BY_HAND)
}

/// The id of the accelerator that `name` means, and how many there are; one unless it is `auto`.
pub(crate) fn id_and_count(name: &str, catalogue: &Catalogue) -> Result<(String, u32), CliError> {
    if name == CPU {
        return Ok((CPU.to_owned(), 1));
    }
    if name != AUTO {
        let table = catalogue.accelerators().map_err(CliError::usage)?;
        let gpu = table.find(name).map_err(CliError::usage)?;
        return Ok((gpu.id.clone(), 1));
    }
    match present(catalogue)?.as_slice() {
        [one] => Ok((one.gpu.id.clone(), one.count)),
        several => {
            let kinds: Vec<&str> = several.iter().map(|kind| kind.gpu.id.as_str()).collect();
            let message = format!("auto finds more than one kind here: {}", kinds.join(", "));
            Err(CliError::usage(message).hint("name the one that serves, and --gpus-used of it"))
        }
    }
}

/// What this machine has, a kind after the other.
pub(crate) fn present(catalogue: &Catalogue) -> Result<Vec<Present>, CliError> {
    let table = catalogue.accelerators().map_err(CliError::usage)?;
    let (who, cards) = cards()?;
    let mut found: Vec<Present> = Vec::new();
    for card in cards {
        let gpu = table.find(&card.name).map_err(|_| {
            let seen =
                format!("auto: {who} says `{}`, which the catalogue does not have", card.name);
            CliError::usage(seen).hint(BY_HAND)
        })?;
        match found.iter_mut().find(|known| known.gpu.id == gpu.id) {
            Some(known) => known.count += 1,
            None => found.push(Present { gpu: gpu.clone(), count: 1 }),
        }
    }
    Ok(found)
}

/// All cards, and who named them.
fn cards() -> Result<(String, Vec<GpuCard>), CliError> {
    let none =
        |why| CliError::usage(format_args!("auto finds no accelerator here: {why}")).hint(BY_HAND);
    let probe = GpuProbe::find(env::var_os("PATH").as_deref()).map_err(none)?;
    let cards = runtime()?.block_on(probe.cards()).map_err(none)?;
    Ok((probe.to_string(), cards))
}

/// What to do where nobody here knows.
const BY_HAND: &str = "name it: `farebox catalog gpus` lists those that are known, a file in \
                       ~/.config/farebox/catalog adds one; `cpu` for an engine without";
