//! How long a newcomer waits for the binary: a release build of a fresh clone, nothing cached but
//! the downloaded crates.

use crate::children::run;
use crate::error::BenchError;
use crate::say;
use std::process::Command;
use std::time::Instant;

/// Clones the committed state, builds it, and writes the section's text.
pub(crate) fn time() -> Result<String, BenchError> {
    say("cold build: this takes minutes");
    let scratch = tempfile::tempdir().map_err(BenchError::io("a temporary directory"))?;
    let clone = scratch.path().join("clone");
    let mut git = Command::new("git");
    git.args(["clone", "--quiet", "--depth", "1"]).arg(format!("file://{}", here()?)).arg(&clone);
    run("git clone", git)?;
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "--locked"]).current_dir(&clone);
    cargo.env("CARGO_TARGET_DIR", scratch.path().join("target"));
    let started = Instant::now();
    let built = run("cargo build", cargo)?;
    let binary = scratch.path().join("target/release/farebox");
    let bytes = binary.metadata().map_err(BenchError::io("the built binary"))?.len();
    Ok(format!(
        "`cargo build --release` of a fresh clone: {:.0} s of wall time, {:.0} s of CPU; the \
         binary is {:.1} MB.\n",
        started.elapsed().as_secs_f64(),
        built.cpu_s,
        bytes as f64 / 1e6
    ))
}

fn here() -> Result<String, BenchError> {
    let here = std::env::current_dir().map_err(BenchError::io("the repository"))?;
    Ok(here.display().to_string())
}
