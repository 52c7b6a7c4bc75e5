//! The catalogue as a whole: embedded facts, a user's overrides, parsed on first use.

use crate::accelerator::Accelerators;
use crate::error::CatalogueError;
use crate::hosted::HostedModels;
use crate::price::Offers;
use crate::source_file::SourceFile;
use std::sync::OnceLock;

/// Facts of every kind; each kind is parsed when it is first asked for, and once.
#[derive(Debug, Default)]
pub struct Catalogue {
    overrides: Vec<SourceFile>,
    accelerators: OnceLock<Result<Accelerators, CatalogueError>>,
    offers: OnceLock<Result<Offers, CatalogueError>>,
    hosted: OnceLock<Result<HostedModels, CatalogueError>>,
}

impl Catalogue {
    /// The facts this program was built with.
    pub fn embedded() -> &'static Self {
        static EMBEDDED: OnceLock<Catalogue> = OnceLock::new();
        EMBEDDED.get_or_init(Self::default)
    }

    /// The embedded facts with `files` over them: by id, a file replaces an entry or adds one.
    pub fn with_files(files: Vec<SourceFile>) -> Self {
        Self { overrides: files, ..Self::default() }
    }

    /// The files laid over the embedded facts.
    pub fn files(&self) -> &[SourceFile] {
        &self.overrides
    }

    /// Accelerators, or what is wrong with the first bad file.
    pub fn accelerators(&self) -> Result<&Accelerators, &CatalogueError> {
        self.accelerators.get_or_init(|| Accelerators::load(&self.overrides)).as_ref()
    }

    /// Cloud offers, or what is wrong with the first bad line.
    pub fn offers(&self) -> Result<&Offers, &CatalogueError> {
        let accelerators = self.accelerators()?;
        self.offers.get_or_init(|| Offers::load(&self.overrides, accelerators)).as_ref()
    }

    /// Hosted models, or what is wrong with the first bad file.
    pub fn hosted(&self) -> Result<&HostedModels, &CatalogueError> {
        self.hosted.get_or_init(|| HostedModels::load(&self.overrides)).as_ref()
    }
}
