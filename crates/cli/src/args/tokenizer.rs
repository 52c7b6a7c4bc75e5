//! `--tokenizer`: a tokenizer.json, a model folder, or a Hub id.

use crate::args::hub::{failed, hub};
use crate::cli::Global;
use crate::commands::runtime;
use crate::error::CliError;
use farebox_dataset::{DatasetError, HfCounter, TokenizerFiles};
use farebox_hub::{FileName, Hub, HubError, RepoRef};
use std::path::Path;

/// Largest tokenizer.json accepted, in bytes. Real ones have up to 35 million.
const LARGEST: u64 = 256 * 1024 * 1024;

/// The tokenizer that `name` stands for.
pub(crate) fn counter(name: &str, global: Global) -> Result<HfCounter, CliError> {
    let path = Path::new(name);
    let files = if path.exists() {
        TokenizerFiles::read(path).map_err(|error| wrong(&error))?
    } else {
        let reference = name.parse::<RepoRef>().ok().filter(|_| name.contains('/'));
        let reference = reference.ok_or_else(|| {
            CliError::usage(format_args!("--tokenizer: `{name}` is no file and no Hub id"))
                .hint("a tokenizer.json, a folder with one, or org/name")
        })?;
        runtime()?.block_on(fetch(&hub(global)?, &reference)).map_err(failed)?
    };
    HfCounter::new(&files).map_err(|error| wrong(&error))
}

async fn fetch(hub: &Hub, reference: &RepoRef) -> Result<TokenizerFiles, HubError> {
    let tokenizer = required(hub, reference, TokenizerFiles::TOKENIZER).await?;
    let config = optional(hub, reference, TokenizerFiles::CONFIG).await?;
    let template = optional(hub, reference, TokenizerFiles::TEMPLATE).await?;
    Ok(TokenizerFiles { name: reference.to_string(), tokenizer, config, template })
}

async fn required(hub: &Hub, reference: &RepoRef, name: &str) -> Result<Vec<u8>, HubError> {
    let Some(name) = FileName::parse(name) else { return Ok(Vec::new()) };
    hub.file(reference, &name, LARGEST).await?.read(&name, LARGEST)
}

/// A file that not every model has; offline, none that was not fetched either.
async fn optional(hub: &Hub, reference: &RepoRef, name: &str) -> Result<Option<String>, HubError> {
    match required(hub, reference, name).await {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(HubError::EntryNotFound { .. } | HubError::Offline { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn wrong(error: &DatasetError) -> CliError {
    CliError::usage(format_args!("--tokenizer: {error}"))
}
