//! Where facts come from: the embedded catalogue, and a folder of the user's.

use crate::error::CliError;
use clap::Args;
use farebox_catalog::{Catalogue, SourceFile};
use farebox_core::Tariff;
use std::path::PathBuf;

/// A folder whose entries override or add to the embedded ones.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct CatalogueArgs {
    /// A folder of catalogue entries that override the embedded ones by id
    /// [default: ~/.config/farebox/catalog, where there is one]
    #[arg(long, value_name = "DIR", global = true)]
    catalog: Option<PathBuf>,
}

impl CatalogueArgs {
    /// The catalogue with the user's entries in it.
    pub(crate) fn open(&self) -> Result<Catalogue, CliError> {
        let folder = match (&self.catalog, self.folder()) {
            (Some(named), _) => named.clone(),
            (None, Some(own)) if own.is_dir() => own,
            (None, _) => return Ok(Catalogue::with_files(Vec::new())),
        };
        let files = SourceFile::read_folder(&folder)
            .map_err(|error| CliError::usage(format_args!("--catalog: {error}")))?;
        Ok(Catalogue::with_files(files))
    }

    /// The published prices of the hosted model that `--tariff` names.
    pub(crate) fn tariff(&self, name: &str) -> Result<Tariff, CliError> {
        let catalogue = self.open()?;
        let hosted = catalogue.hosted().map_err(CliError::usage)?;
        let model = hosted.find(name).map_err(|error| {
            CliError::usage(format_args!("--tariff: {error}"))
                .hint("`farebox catalog apis` lists all")
        })?;
        Ok(model.tariff())
    }

    /// Where the user's entries live, whether or not there are any yet.
    pub(crate) fn folder(&self) -> Option<PathBuf> {
        self.catalog.clone().or_else(own_folder)
    }
}

fn own_folder() -> Option<PathBuf> {
    let config = std::env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".config")))?;
    Some(config.join("farebox/catalog"))
}
