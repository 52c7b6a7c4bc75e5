//! An environment for the naive baseline: `transformers serve`, every package pinned.

use crate::error::LaunchError;
use crate::log::Tail;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// Every package of the environment with its version; nothing is resolved while installing.
pub const BASELINE: &str = include_str!("../../../tests/real-servers/requirements-hf.txt");

/// What tells an environment of ours that is complete, with what it was made from in it.
const READY: &str = ".farebox-ready";

/// Its packages, in the environment itself: what tells one that was begun by us.
const REQUIREMENTS: &str = "requirements.txt";

/// Makes a virtual environment in `venv` with `transformers serve` in it, by `python` and its pip, or
/// by uv where that is on PATH. One that is there already, of the same versions, is left alone, and
/// a folder with something else in it is not touched. The packages take some 5 GB and a download;
/// `log` hears what the installer says.
pub async fn setup_baseline(python: &Path, venv: &Path, log: &Path) -> Result<(), LaunchError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let uv = std::env::split_paths(&path).map(|folder| folder.join("uv"));
    make(uv.into_iter().find(|uv| uv.is_file()).as_deref(), python, venv, log).await
}

async fn make(
    uv: Option<&Path>,
    python: &Path,
    venv: &Path,
    log: &Path,
) -> Result<(), LaunchError> {
    if is_complete(venv) {
        return Ok(());
    }
    let requirements = venv.join(REQUIREMENTS);
    let is_empty = fs::read_dir(venv).map_or(true, |mut entries| entries.next().is_none());
    if !is_empty && !requirements.exists() {
        return Err(LaunchError::NotOursToChange { path: venv.to_owned() });
    }
    write(log, "")?;
    fs::create_dir_all(venv)
        .map_err(|source| LaunchError::Log { path: venv.to_owned(), source })?;
    write(&requirements, BASELINE)?;
    let (inside, packages) = (interpreter(venv), requirements.as_os_str());
    if let Some(uv) = uv {
        let [venv_word, python_flag] = ["venv", "--python"].map(OsStr::new);
        let there = OsStr::new("--allow-existing");
        step(uv, &[venv_word, there, python_flag, python.as_os_str(), venv.as_os_str()], log)
            .await?;
        let install = ["pip", "install", "--no-deps", "--python"].map(OsStr::new);
        let what = [inside.as_os_str(), "--requirement".as_ref(), packages];
        step(uv, &[&install[..], &what].concat(), log).await?;
    } else {
        step(python, &["-m".as_ref(), "venv".as_ref(), venv.as_os_str()], log).await?;
        let install = ["-m", "pip", "install", "--no-deps", "--requirement"].map(OsStr::new);
        step(&inside, &[&install[..], &[packages]].concat(), log).await?;
    }
    write(&venv.join(READY), BASELINE)
}

/// Whether `venv` is an environment that was made here, of the versions of this release.
pub fn is_complete(venv: &Path) -> bool {
    fs::read_to_string(venv.join(READY)).is_ok_and(|made_from| made_from == BASELINE)
}

fn write(path: &Path, text: &str) -> Result<(), LaunchError> {
    fs::write(path, text).map_err(|source| LaunchError::Log { path: path.to_owned(), source })
}

/// The versions of `packages` in the environment `venv`; those that are not in it are left out.
pub async fn versions(venv: &Path, packages: &[&str]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for package in packages {
        let ask = format!("import importlib.metadata as m; print(m.version({package:?}))");
        let asked = Command::new(interpreter(venv)).args(["-c", &ask]).output().await;
        let version = asked.ok().filter(|output| output.status.success());
        let version = version.and_then(|output| String::from_utf8(output.stdout).ok());
        found.extend(version.map(|text| ((*package).to_owned(), text.trim().to_owned())));
    }
    found
}

fn interpreter(venv: &Path) -> PathBuf {
    venv.join("bin").join("python")
}

/// Runs one step to its end.
async fn step(program: &Path, args: &[&OsStr], log: &Path) -> Result<(), LaunchError> {
    let named = program.display().to_string();
    let failed = |source| LaunchError::Log { path: log.to_owned(), source };
    let output = fs::File::options().append(true).open(log).map_err(failed)?;
    let status = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(output.try_clone().map_err(failed)?)
        .stderr(output)
        // Whoever calls it off ends the installer with it.
        .kill_on_drop(true)
        .status()
        .await
        .map_err(|source| LaunchError::Start { program: named.clone(), source })?;
    if status.success() {
        return Ok(());
    }
    let last = Tail::of(log).lines().pop().unwrap_or_else(|| "it said nothing".to_owned());
    let status = status.to_string();
    Err(LaunchError::Setup { program: named, status, last, log: log.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use tempfile::TempDir;

    /// A stand-in for Python that makes the environment with itself in it and writes down what it is
    /// asked; for a version it says `5.0 PACKAGE`.
    fn python(dir: &Path) -> PathBuf {
        let (file, asked) = (dir.join("python"), dir.join("asked"));
        let text = format!(
            "#!/bin/sh\necho \"$@\" >> {asked}\ncase \"$2\" in\n venv) mkdir -p \"$3/bin\"; cp $0 \
             \"$3/bin/python\";;\n pip) [ ! -e {dir}/broken ] || {{ echo no such version; exit 1; }};;\n *torch*) exit 1;;\n *) echo 5.0;;\n\
             esac\n",
            asked = asked.display(),
            dir = dir.display()
        );
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        file
    }

    #[tokio::test]
    async fn an_environment_is_made_once_and_says_what_is_in_it() {
        let dir = TempDir::new().unwrap();
        let (python, venv, log) =
            (python(dir.path()), dir.path().join("v"), dir.path().join("log"));
        make(None, &python, &venv, &log).await.unwrap();
        make(None, &python, &venv, &log).await.unwrap();
        let asked = fs::read_to_string(dir.path().join("asked")).unwrap();
        let requirements = venv.join("requirements.txt");
        let lines: Vec<&str> = asked.lines().collect();
        assert_eq!(
            lines,
            [
                format!("-m venv {}", venv.display()),
                format!("-m pip install --no-deps --requirement {}", requirements.display()),
            ]
        );
        assert!(fs::read_to_string(requirements).unwrap().contains("transformers=="));
        let versions = versions(&venv, &["transformers", "torch"]).await;
        assert_eq!(versions, BTreeMap::from([("transformers".to_owned(), "5.0".to_owned())]));
    }

    #[tokio::test]
    async fn uv_is_asked_where_there_is_one() {
        let dir = TempDir::new().unwrap();
        let (python, venv, log) =
            (python(dir.path()), dir.path().join("v"), dir.path().join("log"));
        make(Some(&python), "python3".as_ref(), &venv, &log).await.unwrap();
        let asked = fs::read_to_string(dir.path().join("asked")).unwrap();
        let venv = venv.display();
        assert_eq!(
            asked,
            format!(
                "venv --allow-existing --python python3 {venv}\n\
                 pip install --no-deps --python {venv}/bin/python --requirement \
                 {venv}/requirements.txt\n"
            )
        );
    }

    #[tokio::test]
    async fn what_is_not_ours_is_left_alone() {
        let dir = TempDir::new().unwrap();
        let (python, log) = (python(dir.path()), dir.path().join("log"));
        let error = make(None, &python, dir.path(), &log).await.unwrap_err().to_string();
        assert!(error.contains("is not empty and was not made by --setup"), "{error}");
        assert!(!dir.path().join("asked").exists());
    }

    #[tokio::test]
    async fn an_installer_that_fails_leaves_nothing_that_looks_complete() {
        let dir = TempDir::new().unwrap();
        let (python, venv, log) =
            (python(dir.path()), dir.path().join("v"), dir.path().join("log"));
        fs::write(dir.path().join("broken"), "").unwrap();
        let error = make(None, &python, &venv, &log).await.unwrap_err().to_string();
        assert!(error.contains("ended with exit status: 1: no such version; see "), "{error}");
        assert!(!is_complete(&venv));
        fs::remove_file(dir.path().join("broken")).unwrap();
        make(None, &python, &venv, &log).await.unwrap();
        assert!(is_complete(&venv));
    }
}
