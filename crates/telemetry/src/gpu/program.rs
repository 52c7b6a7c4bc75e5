//! A program that is run for what it prints, and ended when it hangs.

use super::GpuError;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;
use tokio::process::Command;

/// A program and how long it may take.
#[derive(Debug, Clone)]
pub struct Program {
    path: PathBuf,
    pub(super) patience: Duration,
}

impl Program {
    /// The first executable file called `name` in the folders of `path`.
    pub(super) fn find(name: &str, path: Option<&OsStr>) -> Option<Self> {
        let folders = std::env::split_paths(path?);
        let found = folders.map(|folder| folder.join(name)).find(|file| is_executable(file))?;
        Some(Self { path: found, patience: super::PATIENCE })
    }

    /// What it prints on stdout when it is run with `args`. When the caller stops waiting, the
    /// program is ended too.
    pub(super) async fn run(&self, args: &[&str]) -> Result<String, GpuError> {
        let program = self.path.clone();
        let running =
            Command::new(&program).args(args).stdin(Stdio::null()).kill_on_drop(true).output();
        match tokio::time::timeout(self.patience, running).await {
            Ok(Ok(output)) => printed(program, &output),
            Ok(Err(error)) => {
                let reason = match error.kind() {
                    ErrorKind::NotFound => "no such program".to_owned(),
                    _ => error.to_string(),
                };
                Err(GpuError::Run { program, reason })
            }
            Err(_) => Err(GpuError::Hang { program, after: self.patience }),
        }
    }
}

fn printed(program: PathBuf, output: &Output) -> Result<String, GpuError> {
    let stdout = String::from_utf8_lossy(&output.stdout);
    if output.status.success() {
        return Ok(stdout.into_owned());
    }
    // nvidia-smi says on stdout why it fails.
    let stderr = String::from_utf8_lossy(&output.stderr);
    let last = |text: &str| text.lines().rfind(|line| !line.trim().is_empty()).map(str::to_owned);
    let said = last(&stderr).or_else(|| last(&stdout)).unwrap_or_else(|| "nothing".to_owned());
    Err(GpuError::Failed { program, status: output.status.to_string(), said })
}

fn is_executable(file: &Path) -> bool {
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}
