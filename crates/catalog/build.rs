//! Embeds the reviewed text under `catalog/`: one table of (path, text) per kind of fact.
//!
//! The program must start without a file system or a network to ask, yet a contributor adds a fact
//! by adding one file. So the folders are walked here, in sorted order, and nothing is parsed:
//! that happens on first use, with errors that name the file.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Folder under `catalog/`, the name of its table, and which files belong in it.
const TABLES: [(&str, &str, &[&str]); 4] = [
    ("gpus", "GPUS", &["toml"]),
    ("prices", "PRICES", &["csv"]),
    ("apis", "APIS", &["toml"]),
    ("models", "MODELS", &["json", "toml", "csv"]),
];

fn main() -> io::Result<()> {
    let root = variable("CARGO_MANIFEST_DIR")?.join("../../catalog").canonicalize()?;
    let mut code = String::new();
    for (folder, table, extensions) in TABLES {
        let base = root.join(folder);
        let mut files = Vec::new();
        collect(&base, extensions, &mut files)?;
        files.sort();
        write_table(&mut code, table, &base, &files);
    }
    fs::write(variable("OUT_DIR")?.join("embedded.rs"), code)
}

fn variable(name: &str) -> io::Result<PathBuf> {
    env::var_os(name).map(PathBuf::from).ok_or_else(|| io::Error::other(name.to_owned()))
}

/// Every file below `folder` with one of the extensions; a folder that is absent holds none.
fn collect(folder: &Path, extensions: &[&str], files: &mut Vec<PathBuf>) -> io::Result<()> {
    // Watching the folder itself is what notices a new file.
    println!("cargo::rerun-if-changed={}", folder.display());
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, extensions, files)?;
        } else if path.extension().is_some_and(|e| extensions.iter().any(|x| e == *x)) {
            println!("cargo::rerun-if-changed={}", path.display());
            files.push(path);
        }
    }
    Ok(())
}

/// One `static` of (path relative to its folder with forward slashes, text).
fn write_table(code: &mut String, table: &str, base: &Path, files: &[PathBuf]) {
    let _ = writeln!(code, "pub(crate) static {table}: &[(&str, &str)] = &[");
    for file in files {
        let relative = file.strip_prefix(base).unwrap_or(file);
        let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
        let _ = writeln!(
            code,
            "    ({:?}, include_str!({:?})),",
            parts.join("/"),
            file.display().to_string()
        );
    }
    code.push_str("];\n");
}
