//! `--setup`: an environment for the naive baseline.

use crate::cli::Global;
use crate::commands::{interrupted, runtime};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use farebox_launch::setup::{is_complete, setup_baseline, versions};
use std::path::{Path, PathBuf};

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
    let log = log_beside(venv);
    if is_complete(venv) {
        output::note(format_args!("{} has it already", venv.display()));
    } else {
        output::note(format_args!(
            "installing into {}, which takes minutes; what the installer says is in {}",
            venv.display(),
            log.display()
        ));
    }
    let found = runtime()?.block_on(async {
        tokio::select! {
            made = setup_baseline(Path::new(PYTHON), venv, &log) => made.map_err(CliError::failed)?,
            () = interrupted() => {
                return Err(CliError::failed("interrupted: the environment is not complete")
                    .hint("the same command goes on from here"));
            }
        }
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

/// `DIR.log`, beside the environment: inside, it would stand in the way of making one.
fn log_beside(venv: &Path) -> PathBuf {
    let mut name = venv.file_name().unwrap_or_default().to_owned();
    name.push(".log");
    venv.with_file_name(name)
}
