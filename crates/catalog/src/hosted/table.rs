//! All hosted models, by `provider/model` and by the bare model where one provider has it.

use super::{ApiModel, entry, tariff};
use crate::embedded;
use crate::error::CatalogueError;
use crate::lookup::{LookupError, NameIndex, normalise};
use crate::source_file::SourceFile;
use std::collections::BTreeMap;

/// The hosted models of a catalogue.
#[derive(Debug, Clone)]
pub struct HostedModels {
    by_id: BTreeMap<String, ApiModel>,
    names: NameIndex,
}

impl HostedModels {
    /// Parses the embedded entries, then `overrides`: a file with a known id replaces that entry,
    /// one with a new id adds one, and a tariff (`apis/<provider>.csv`) prices both anew.
    ///
    /// Fails on the first file that cannot be read, breaks a rule, or takes another entry's name.
    pub fn load(overrides: &[SourceFile]) -> Result<Self, CatalogueError> {
        let own: Vec<&SourceFile> =
            overrides.iter().filter(|file| file.path.starts_with("apis/")).collect();
        let embedded = SourceFile::embedded("apis", embedded::APIS);
        let mut table = Self { by_id: BTreeMap::new(), names: NameIndex::new("hosted model") };
        // Embedded entries first: an override of the same id comes after and replaces.
        let (tariffs, entries): (Vec<_>, Vec<_>) =
            own.into_iter().partition(|file| tariff::provider(file).is_some());
        for file in embedded.iter().chain(entries) {
            table.add(file)?;
        }
        for file in tariffs {
            table.price_anew(file)?;
        }
        Ok(table)
    }

    /// The model called `provider/model`, with or without `api:` before it, or by its bare name
    /// where a single provider has it.
    pub fn find(&self, name: &str) -> Result<&ApiModel, LookupError> {
        let name = name.strip_prefix("api:").unwrap_or(name);
        let wanted = normalise(name);
        let bare: Vec<&ApiModel> =
            self.iter().filter(|model| normalise(&model.model) == wanted).collect();
        match (self.names.find(name), bare.as_slice()) {
            (Ok(id), _) => self.by_id.get(id).ok_or_else(|| unknown(name)),
            (Err(_), [model]) => Ok(model),
            (Err(error), []) => Err(error),
            (Err(_), several) => Err(LookupError::Ambiguous {
                kind: "hosted model",
                name: name.to_owned(),
                candidates: several.iter().map(|model| model.id.clone()).collect(),
            }),
        }
    }

    /// The model with exactly this `provider/model`.
    pub fn get(&self, id: &str) -> Option<&ApiModel> {
        self.by_id.get(id)
    }

    /// Every model, by id.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &ApiModel> {
        self.by_id.values()
    }

    fn price_anew(&mut self, file: &SourceFile) -> Result<(), CatalogueError> {
        let provider = tariff::provider(file).unwrap_or_default();
        for line in tariff::read(file)? {
            let known = self.by_id.get(&format!("{provider}/{}", line.model));
            let model = line.apply(provider, known, &file.path)?;
            self.put(file, model)?;
        }
        Ok(())
    }

    fn add(&mut self, file: &SourceFile) -> Result<(), CatalogueError> {
        self.put(file, entry::read(file)?)
    }

    fn put(&mut self, file: &SourceFile, model: ApiModel) -> Result<(), CatalogueError> {
        self.names.insert(&model.id, &model.id).map_err(|owner| {
            let name = model.id.clone();
            CatalogueError::NameTaken { file: file.path.clone(), name, owner }
        })?;
        self.by_id.insert(model.id.clone(), model);
        Ok(())
    }
}

fn unknown(name: &str) -> LookupError {
    LookupError::Unknown { kind: "hosted model", name: name.to_owned(), near: Vec::new() }
}
