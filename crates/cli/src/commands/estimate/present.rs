//! `--gpu auto`: the accelerators that this machine has, as their driver names them.

use crate::error::CliError;
use farebox_catalog::{Accelerator, Catalogue};
use std::process::Command;

/// The kinds of accelerator that `nvidia-smi` lists, each once.
pub(super) fn accelerators(catalogue: &Catalogue) -> Result<Vec<Accelerator>, CliError> {
    let listed =
        Command::new("nvidia-smi").args(["--query-gpu=name", "--format=csv,noheader"]).output();
    let names = match listed {
        Ok(answer) if answer.status.success() => answer.stdout,
        Ok(answer) => {
            let said = String::from_utf8_lossy(&answer.stdout);
            return Err(none(&format!("nvidia-smi says `{}`", said.lines().next().unwrap_or(""))));
        }
        Err(error) => return Err(none(&format!("nvidia-smi: {error}"))),
    };
    let table = catalogue.accelerators().map_err(CliError::usage)?;
    let mut found: Vec<Accelerator> = Vec::new();
    for name in String::from_utf8_lossy(&names).lines().map(str::trim).filter(|n| !n.is_empty()) {
        let gpu = table.find(name);
        let gpu = gpu.map_err(|error| CliError::usage(format_args!("--gpu auto: {error}")))?;
        if found.iter().all(|known| known.id != gpu.id) {
            found.push(gpu.clone());
        }
    }
    if found.is_empty() { Err(none("nvidia-smi lists none")) } else { Ok(found) }
}

fn none(why: &str) -> CliError {
    CliError::usage(format_args!("--gpu auto finds no accelerator here: {why}"))
        .hint("name one (`farebox catalog gpus` lists them), or --gpu cpu with its three figures")
}
