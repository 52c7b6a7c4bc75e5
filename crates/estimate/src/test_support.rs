//! Catalogue entries for tests.

use farebox_catalog::model::{ModelCatalog, ModelSpec};
use farebox_catalog::{Accelerator, Catalogue};
use std::sync::OnceLock;

/// The accelerator called `id`.
pub(crate) fn accelerator(id: &str) -> Accelerator {
    Catalogue::embedded().accelerators().unwrap().get(id).unwrap().clone()
}

/// The model called `name`.
pub(crate) fn model(name: &str) -> ModelSpec {
    static MODELS: OnceLock<ModelCatalog> = OnceLock::new();
    MODELS.get_or_init(ModelCatalog::embedded).find(name).unwrap()
}
