//! What may be read: run directories below one folder, and nothing that a link leads to.

use super::summary::RunSummary;
use crate::error::WebError;
use std::fs;
use std::path::{Path, PathBuf};

/// A folder of run directories, some of them in folders of their own: a matrix has its cells.
#[derive(Debug, Clone)]
pub(crate) struct RunsFolder {
    root: PathBuf,
}

/// Folders below the folder in which runs are looked for.
const DEPTH: usize = 4;
/// More runs than this nobody looks through.
const MOST: usize = 2_000;
/// The files of a run that are read.
const FILES: [&str; 5] =
    ["run.json", "requests.jsonl", "curve.json", "verdict.json", "telemetry.jsonl"];

impl RunsFolder {
    /// The folder at `root`, which need not be there yet.
    pub(crate) fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where the run `name` is, or that there is none: names with `..`, links and devices are none.
    pub(crate) fn find(&self, name: &str) -> Result<PathBuf, WebError> {
        let parts: Vec<&str> = name.split('/').collect();
        let mut path = self.root.clone();
        let walked = parts.len() <= DEPTH
            && parts.iter().all(|part| {
                path.push(part);
                is_plain(part) && is_folder(&path)
            });
        if walked && is_run(&path) { Ok(path) } else { Err(no_run(name)) }
    }

    /// Every run, the youngest first.
    pub(crate) fn list(&self) -> Vec<RunSummary> {
        let mut found = Vec::new();
        collect(&self.root, "", &mut found);
        found.sort_by(|a, b| b.age_key().cmp(&a.age_key()).then_with(|| a.name.cmp(&b.name)));
        found
    }

    /// The run `name` as the list has it.
    pub(crate) fn summary(&self, name: &str) -> Result<RunSummary, WebError> {
        Ok(RunSummary::read(name, &self.find(name)?))
    }
}

/// Adds the runs in `folder`, whose name is `below`, and in the folders in it.
fn collect(folder: &Path, below: &str, found: &mut Vec<RunSummary>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let Ok(part) = entry.file_name().into_string() else { continue };
        let path = entry.path();
        if found.len() == MOST || !is_plain(&part) || !is_folder(&path) {
            continue;
        }
        let name = if below.is_empty() { part } else { format!("{below}/{part}") };
        if is_run(&path) {
            found.push(RunSummary::read(&name, &path));
        } else if name.matches('/').count() + 1 < DEPTH {
            collect(&path, &name, found);
        }
    }
}

fn no_run(name: &str) -> WebError {
    let shown: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
    WebError::missing("no_run", format!("there is no run `{shown}`")).hint("/runs lists all")
}

/// Whether `part` names something in a folder rather than a way out of it.
fn is_plain(part: &str) -> bool {
    !part.is_empty()
        && !part.starts_with('.')
        && part.len() <= 255
        && !part.contains(|c: char| c.is_control() || matches!(c, '/' | '\\'))
}

/// A folder itself, no link to one.
fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|data| data.is_dir())
}

/// A manifest, and no file among those read that is a link or a device.
fn is_run(path: &Path) -> bool {
    let kind = |name: &&str| fs::symlink_metadata(path.join(name)).ok().map(|data| data.is_file());
    kind(&FILES[0]) == Some(true) && FILES.iter().filter_map(kind).all(|file| file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use tempfile::TempDir;

    /// A folder of runs beside a run that is none of its own.
    fn outside_and_inside() -> (TempDir, RunsFolder) {
        let dir = tempfile::tempdir().unwrap();
        for run in ["secret", "runs/a", "runs/b c", "runs/matrix/cells/x", "runs/.hidden"] {
            let path = dir.path().join(run);
            fs::create_dir_all(&path).unwrap();
            fs::write(path.join("run.json"), "{}").unwrap();
        }
        fs::create_dir_all(dir.path().join("runs/empty")).unwrap();
        let folder = RunsFolder::at(dir.path().join("runs"));
        (dir, folder)
    }

    #[test]
    fn runs_are_found_by_name_and_nothing_else_is() {
        let (dir, folder) = outside_and_inside();
        for name in ["a", "b c", "matrix/cells/x"] {
            assert_eq!(folder.find(name).unwrap(), dir.path().join("runs").join(name));
        }
        for name in [
            "",
            ".",
            "..",
            "../secret",
            "a/..",
            "a/../../secret",
            "/",
            "//a",
            "a/",
            "/a",
            "./a",
            "empty",
            "missing",
            ".hidden",
            "..\\secret",
            "a\0",
            "matrix",
            "a/run.json",
            "matrix/cells/x/y/z",
        ] {
            assert_eq!(folder.find(name).unwrap_err().code, "no_run", "{name:?}");
        }
        let absolute = dir.path().join("secret");
        assert!(folder.find(absolute.to_str().unwrap()).is_err());
        let mut names: Vec<String> = folder.list().into_iter().map(|run| run.name).collect();
        names.sort();
        assert_eq!(names, ["a", "b c", "matrix/cells/x"]);
    }

    #[test]
    fn links_lead_nowhere() {
        let (dir, folder) = outside_and_inside();
        let runs = dir.path().join("runs");
        symlink(dir.path().join("secret"), runs.join("linked")).unwrap();
        symlink(dir.path(), runs.join("up")).unwrap();
        for name in ["linked", "up", "up/secret"] {
            assert!(folder.find(name).is_err(), "{name}");
        }
        assert_eq!(folder.list().len(), 3);
        for file in FILES {
            let run = runs.join("a");
            let _ = fs::remove_file(run.join(file));
            symlink(dir.path().join("secret/run.json"), run.join(file)).unwrap();
            assert!(folder.find("a").is_err(), "{file} is a link");
            assert!(!folder.list().iter().any(|run| run.name == "a"), "{file}");
            fs::remove_file(run.join(file)).unwrap();
            fs::write(run.join("run.json"), "{}").unwrap();
            assert!(folder.find("a").is_ok(), "{file} is none any more");
        }
    }

    #[test]
    fn a_folder_that_is_not_there_has_no_runs() {
        let folder = RunsFolder::at("/nowhere/at/all");
        assert!(folder.list().is_empty());
        assert_eq!(folder.find("a").unwrap_err().code, "no_run");
    }
}
