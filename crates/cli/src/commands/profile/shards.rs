//! The files that hold a dataset's rows, of a folder or a repository.

use crate::args::hub::{self, hub};
use crate::cli::Global;
use crate::commands::runtime;
use crate::error::CliError;
use crate::output;
use farebox_dataset::Input;
use farebox_hub::{FileName, Hub, HubError, RepoRef, Revision, TreeFile};
use std::path::Path;

/// Endings of files that hold rows; the first that there are any of is read.
const ENDINGS: [&str; 4] = ["parquet", "jsonl", "json", "csv"];

/// Descriptions, which are JSON too and no rows.
const NO_ROWS: [&str; 4] =
    ["dataset_infos.json", "dataset_info.json", "state.json", "tokenizer.json"];

/// Largest shard accepted, in bytes.
const LARGEST: u64 = 64 * 1024 * 1024 * 1024;

/// All files of a folder that hold rows, by name.
pub(super) fn of_folder(folder: &Path) -> Result<Vec<Input>, CliError> {
    let wrong = |error| CliError::usage(format_args!("{}: {error}", folder.display()));
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(wrong)? {
        let path = entry.map_err(wrong)?.path();
        names.extend(path.file_name().map(|name| name.to_string_lossy().into_owned()));
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let shards = with_rows(&names, None);
    if shards.is_empty() {
        return Err(CliError::usage(format_args!("{}: holds no rows", folder.display())));
    }
    Ok(shards.into_iter().map(|name| Input::File(folder.join(name))).collect())
}

/// The shards of a split, fetched one after another into the Hub's cache.
pub(super) fn of_dataset(
    dataset: &RepoRef,
    split: Option<&str>,
    global: Global,
) -> Result<Vec<Input>, CliError> {
    let hub = hub(global)?;
    let runtime = runtime()?;
    let (at, shards) = runtime.block_on(shards(&hub, dataset, split))?;
    let of = shards.len();
    let mut inputs = Vec::with_capacity(of);
    for (index, name) in shards.iter().enumerate() {
        if of > 1 {
            output::note(format_args!("shard {} of {of}: {name}", index + 1));
        }
        let file = runtime.block_on(hub.file(&at, name, LARGEST)).map_err(failed)?;
        inputs.push(Input::File(file.path));
    }
    Ok(inputs)
}

/// The shards and the revision they are at: as its owner keeps them, else the Hub's own copy.
fn failed(error: HubError) -> CliError {
    match error {
        // What helps with a model's configuration does not help here.
        HubError::Offline { .. } => CliError::failed(&error)
            .hint("run once without --offline: what is fetched is kept; or give a file"),
        error => hub::failed(error),
    }
}

async fn shards(
    hub: &Hub,
    dataset: &RepoRef,
    split: Option<&str>,
) -> Result<(RepoRef, Vec<FileName>), CliError> {
    let files = hub.files(dataset).await.map_err(failed)?;
    if let Some(found) = named(&files, split) {
        return Ok((dataset.clone(), found));
    }
    let converted = dataset.at(Revision::converted());
    let copies = match hub.files(&converted).await {
        Ok(copies) => copies,
        Err(HubError::RevisionNotFound { .. } | HubError::EntryNotFound { .. }) => Vec::new(),
        Err(error) => return Err(failed(error)),
    };
    match named(&copies, split) {
        Some(found) => Ok((converted, found)),
        None => Err(nothing(dataset, split, &files)),
    }
}

fn nothing(dataset: &RepoRef, split: Option<&str>, files: &[TreeFile]) -> CliError {
    let rows: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    let rows = with_rows(&rows, None);
    match split {
        Some(split) if !rows.is_empty() => {
            let listed: Vec<&str> = rows.iter().copied().take(12).collect();
            CliError::usage(format_args!("{dataset} has no split `{split}`"))
                .hint(format_args!("its files are {}", listed.join(", ")))
        }
        _ => CliError::usage(format_args!("{dataset} has no Parquet, JSONL, JSON or CSV")),
    }
}

fn named(files: &[TreeFile], split: Option<&str>) -> Option<Vec<FileName>> {
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    let found: Vec<FileName> =
        with_rows(&names, split).into_iter().filter_map(FileName::parse).collect();
    (!found.is_empty()).then_some(found)
}

/// The names that hold rows of `split`, sorted. Without a split those of `train`, else all.
fn with_rows<'n>(names: &[&'n str], split: Option<&str>) -> Vec<&'n str> {
    let ending = |name: &str| {
        let bare = name.strip_suffix(".gz").or(name.strip_suffix(".zst")).unwrap_or(name);
        let last = name.rsplit('/').next().unwrap_or(name);
        ENDINGS.iter().position(|ending| {
            bare.strip_suffix(ending).is_some_and(|stem| stem.ends_with('.'))
                && !NO_ROWS.contains(&last)
        })
    };
    let Some(best) = names.iter().filter_map(|name| ending(name)).min() else { return Vec::new() };
    let mut rows: Vec<&str> =
        names.iter().copied().filter(|name| ending(name) == Some(best)).collect();
    rows.sort_unstable();
    let of = |split: &str| -> Vec<&'n str> {
        rows.iter().copied().filter(|name| is_of(name, split)).collect()
    };
    match split {
        Some(split) => of(split),
        None if of("train").is_empty() => rows,
        None => of("train"),
    }
}

/// Whether one of the name's words is the split: `data/train-00000-of-00014.parquet`,
/// `default/train/0000.parquet`, `test.jsonl`.
fn is_of(name: &str, split: &str) -> bool {
    name.split(['/', '-', '.', '_']).any(|word| word == split)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_told_by_their_names() {
        let names = [
            "README.md",
            "data/train-00001-of-00002.parquet",
            "data/test-00000-of-00001.parquet",
            "data/train-00000-of-00002.parquet",
            "raw/train.jsonl",
            "dataset_infos.json",
        ];
        let train = ["data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet"];
        assert_eq!(with_rows(&names, None), train);
        assert_eq!(with_rows(&names, Some("test")), ["data/test-00000-of-00001.parquet"]);
        assert_eq!(with_rows(&names, Some("validation")), [""; 0]);
        assert_eq!(with_rows(&["test.jsonl.gz", "dataset_infos.json"], None), ["test.jsonl.gz"]);
        assert_eq!(with_rows(&["dataset_infos.json"], None), [""; 0]);
    }
}
