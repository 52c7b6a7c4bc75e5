//! What INPUT stands for.

use super::args::ProfileArgs;
use super::shards;
use crate::cli::Global;
use crate::error::CliError;
use farebox_dataset::{FieldMap, Input};
use farebox_hub::RepoRef;
use farebox_workload::Traffic;
use farebox_workload::catalogue::{self, Entry, Recipe};
use std::path::Path;

/// What is to be shown or read.
pub(super) enum Source {
    /// A profile that is there already.
    Profile(Box<Traffic>),
    /// Rows to be read.
    Rows(RowSource),
}

/// Rows, and how to read them.
pub(crate) struct RowSource {
    /// What people call it.
    pub(super) name: String,
    pub(crate) inputs: Vec<Input>,
    pub(crate) field_map: Option<FieldMap>,
}

impl Source {
    /// A file, standard input, a name of ours or a dataset on the Hub, in this order.
    pub(super) fn named(name: &str, args: &ProfileArgs, global: Global) -> Result<Self, CliError> {
        Self::of(name, args.field_map.clone(), args.split.as_deref(), global)
    }

    /// The same without the rest of what can be typed.
    pub(super) fn of(
        name: &str,
        field_map: Option<FieldMap>,
        split: Option<&str>,
        global: Global,
    ) -> Result<Self, CliError> {
        if name == "-" || Path::new(name).is_file() {
            let inputs = vec![Input::named(name)];
            return Ok(Self::Rows(RowSource { name: name.to_owned(), inputs, field_map }));
        }
        if Path::new(name).is_dir() {
            let inputs = shards::of_folder(Path::new(name))?;
            return Ok(Self::Rows(RowSource { name: name.to_owned(), inputs, field_map }));
        }
        if is_path(name) {
            return Err(CliError::usage(format_args!("{name}: no such file")));
        }
        let recipe = match catalogue::find(name) {
            Some(Entry::Profile(embedded)) => {
                return Ok(Self::Profile(Box::new(embedded.traffic().map_err(CliError::usage)?)));
            }
            Some(Entry::Recipe(recipe)) => Some(recipe),
            None => recipe_of(name),
        };
        let id = recipe.map_or(name, |recipe| recipe.dataset);
        let dataset = RepoRef::dataset(id).ok().filter(|_| id.contains('/')).ok_or_else(|| {
            CliError::usage(format_args!("`{name}` is no file, no dataset id and no name of ours"))
                .hint("farebox profile --list; a dataset is written like org/name")
        })?;
        let split = split.or(recipe.map(|recipe| recipe.split));
        let inputs = shards::of_dataset(&dataset, split, global)?;
        let ours = recipe.and_then(|it| format!("{},{}", it.input, it.output).parse().ok());
        Ok(Self::Rows(RowSource { name: id.to_owned(), inputs, field_map: field_map.or(ours) }))
    }
}

/// Whether only a file can be meant: a slip in a path is not to be looked for on the Hub.
fn is_path(name: &str) -> bool {
    let of_data = ["jsonl", "json", "csv", "parquet", "gz", "zst", "txt"];
    let ending = Path::new(name).extension().and_then(|ending| ending.to_str());
    name.starts_with(['/', '.', '~'])
        || name.matches('/').count() > 1
        || ending.is_some_and(|ending| of_data.contains(&ending))
}

/// The recipe for a dataset that is named by its id.
fn recipe_of(id: &str) -> Option<Recipe> {
    catalogue::entries().find_map(|entry| match entry {
        Entry::Recipe(recipe) if recipe.dataset == id => Some(recipe),
        _ => None,
    })
}
