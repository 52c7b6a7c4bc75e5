//! `--setup`: an environment for the naive baseline.

use crate::cli::Global;
use crate::commands::runtime;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use farebox_launch::setup::{setup_baseline, versions};
use std::path::Path;

/// The interpreter that makes it.
const PYTHON: &str = "python3";
/// The packages that people ask about.
const TOLD: [&str; 3] = ["transformers", "torch", "tokenizers"];

/// Makes the environment and says what is in it.
pub(super) fn run(venv: &Path, global: Global) -> Result<Exit, CliError> {
    if global.offline {
        let message = "--offline touches no network, and --setup installs packages from one";
        return Err(CliError::usage(message));
    }
    let log = venv.with_extension("log");
    output::note(format_args!(
        "installing into {}; what the installer says is in {}",
        venv.display(),
        log.display()
    ));
    let found = runtime()?.block_on(async {
        setup_baseline(Path::new(PYTHON), venv, &log).await.map_err(CliError::failed)?;
        Ok::<_, CliError>(versions(venv, &TOLD).await)
    })?;
    for (package, version) in found {
        output::data(&format!("{package} {version}\n"))?;
    }
    output::note(format_args!(
        "next: [engines.transformers] start = \"local\", venv = \"{}\"",
        venv.display()
    ));
    Ok(Exit::Done)
}
