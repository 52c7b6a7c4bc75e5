//! A file of facts before it is parsed, embedded or from a user's folder.

use crate::error::CatalogueError;
use std::borrow::Cow;
use std::fs;
use std::path::Path;

/// A text with its place in the layout of `catalog/`, for instance `gpus/nvidia/h100-sxm.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Relative path with forward slashes; errors name it, and ids are read from it.
    pub path: String,
    /// The unparsed text.
    pub text: Cow<'static, str>,
}

impl SourceFile {
    /// A file from a path in the layout and its text.
    pub fn new(path: impl Into<String>, text: impl Into<Cow<'static, str>>) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    /// The embedded files of one kind.
    pub(crate) fn embedded(kind: &str, table: &'static [(&str, &str)]) -> Vec<Self> {
        table.iter().map(|(path, text)| Self::new(format!("{kind}/{path}"), *text)).collect()
    }

    /// Reads a folder laid out as `catalog/` is: every TOML, CSV and JSON file below it, sorted.
    ///
    /// Fails if the folder or a file in it cannot be read as UTF-8 text.
    pub fn read_folder(folder: &Path) -> Result<Vec<Self>, CatalogueError> {
        let mut files = Vec::new();
        walk(folder, "", &mut files)?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    /// The path split at `kind/`, `middle/` and the file name without its ending, if the file is
    /// of that kind and lies that deep: `gpus/nvidia/h100-sxm.toml` gives (`nvidia`, `h100-sxm`).
    pub(crate) fn group_and_stem(&self, kind: &str, ending: &str) -> Option<(&str, &str)> {
        let rest = self.path.strip_prefix(kind)?.strip_prefix('/')?;
        rest.strip_suffix(ending)?.split_once('/')
    }
}

fn walk(folder: &Path, prefix: &str, files: &mut Vec<SourceFile>) -> Result<(), CatalogueError> {
    let failed = |error: std::io::Error, path: &Path| CatalogueError::Unreadable {
        path: path.display().to_string(),
        reason: error.to_string(),
    };
    for entry in fs::read_dir(folder).map_err(|e| failed(e, folder))? {
        let entry = entry.map_err(|e| failed(e, folder))?;
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if path.is_dir() {
            walk(&path, &format!("{prefix}{name}/"), files)?;
        } else if path.extension().is_some_and(|e| e == "toml" || e == "csv" || e == "json") {
            let text = fs::read_to_string(&path).map_err(|e| failed(e, &path))?;
            files.push(SourceFile::new(format!("{prefix}{name}"), text));
        }
    }
    Ok(())
}
