//! All accelerators, by id and by every name they answer to.

use super::{Accelerator, entry};
use crate::embedded;
use crate::error::CatalogueError;
use crate::lookup::{LookupError, NameIndex};
use crate::source_file::SourceFile;
use std::collections::{BTreeMap, BTreeSet};

/// The accelerators of a catalogue.
#[derive(Debug, Clone)]
pub struct Accelerators {
    by_id: BTreeMap<String, Accelerator>,
    names: NameIndex,
}

impl Accelerators {
    /// Parses the embedded entries, then `overrides`: a file with a known id replaces that entry,
    /// one with a new id adds one, and files of other kinds are left alone.
    ///
    /// Fails on the first file that cannot be read, breaks a rule, or takes another entry's name.
    pub fn load(overrides: &[SourceFile]) -> Result<Self, CatalogueError> {
        let own: Vec<&SourceFile> =
            overrides.iter().filter(|file| file.path.starts_with("gpus/")).collect();
        // By file name, so that an override in another vendor's folder still replaces.
        let replaced: BTreeSet<&str> = own.iter().map(|file| file_name(file)).collect();
        let embedded = SourceFile::embedded("gpus", embedded::GPUS);
        let kept = embedded.iter().filter(|file| !replaced.contains(file_name(file)));
        let mut table = Self { by_id: BTreeMap::new(), names: NameIndex::new("gpu") };
        // Embedded entries first, so that a clash of names is blamed on the file that brings it.
        for file in kept.chain(own.iter().copied()) {
            table.add(file)?;
        }
        Ok(table)
    }

    /// The accelerator with this id, name or alias, whatever its case and punctuation.
    pub fn find(&self, name: &str) -> Result<&Accelerator, LookupError> {
        let id = self.names.find(name)?;
        self.by_id.get(id).ok_or_else(|| LookupError::Unknown {
            kind: "gpu",
            name: name.to_owned(),
            near: Vec::new(),
        })
    }

    /// The accelerator with exactly this id.
    pub fn get(&self, id: &str) -> Option<&Accelerator> {
        self.by_id.get(id)
    }

    /// Every accelerator, by id.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Accelerator> {
        self.by_id.values()
    }

    fn add(&mut self, file: &SourceFile) -> Result<(), CatalogueError> {
        let accelerator = entry::read(file)?;
        let names = [&accelerator.id, &accelerator.name].into_iter().chain(&accelerator.aliases);
        for name in names {
            self.names.insert(name, &accelerator.id).map_err(|owner| {
                CatalogueError::NameTaken { file: file.path.clone(), name: name.clone(), owner }
            })?;
        }
        self.by_id.insert(accelerator.id.clone(), accelerator);
        Ok(())
    }
}

fn file_name(file: &SourceFile) -> &str {
    file.path.rsplit('/').next().unwrap_or(&file.path)
}
