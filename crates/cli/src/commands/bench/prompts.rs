//! Who writes the prompts of a run: an exact writer, or a file.

use super::args::RequestArgs;
use crate::args::tokenizer;
use crate::cli::Global;
use crate::commands::profile::rows;
use crate::error::CliError;
use crate::output;
use farebox_dataset::{
    Corpus, Estimate, Exchanges, Framing, PromptWriter, TokenCounter, exchanges,
};
use farebox_measure::{Api, PromptSource};
use farebox_workload::Planned;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::Once;

/// The source that these flags ask for; none for words fitted by probes.
pub(super) fn source(
    args: &RequestArgs,
    dataset: Option<Exchanges>,
    api: Api,
    seed: u64,
    global: Global,
) -> Result<Option<Arc<dyn PromptSource>>, CliError> {
    if let Some(dataset) = dataset {
        let prompts = dataset.list.into_iter().map(|exchange| exchange.prompt).collect();
        return Ok(Some(Arc::new(Listed { prompts, begins: Begins::Alike })));
    }
    if let Some(file) = &args.prompts {
        return Ok(Some(Arc::new(Listed::read(file)?)));
    }
    let Some(name) = &args.tokenizer else { return Ok(None) };
    let counter = tokenizer::counter(name, global)?;
    let framing = match (api, counter.template()) {
        (Api::Chat, Some(_)) => Framing::Chat,
        (Api::Chat, None) => {
            output::note("warning: --tokenizer has no chat template: what it adds is not counted");
            Framing::Completion
        }
        (Api::Completions, _) => Framing::Completion,
    };
    let writer = PromptWriter::new(Arc::new(counter), framing, &Corpus::embedded(), seed)
        .map_err(|error| CliError::usage(format_args!("--tokenizer: {error}")))?;
    Ok(Some(Arc::new(Exact { writer, told: Once::new() })))
}

/// Most prompts of a dataset that are kept in memory.
const MOST: usize = 20_000;

/// The exchanges of `--dataset`.
pub(super) fn dataset(args: &RequestArgs, global: Global) -> Result<Option<Exchanges>, CliError> {
    let Some(name) = &args.dataset else { return Ok(None) };
    let rows = rows(name, global)?;
    let counter: Box<dyn TokenCounter> = match &args.tokenizer {
        Some(name) => Box::new(tokenizer::counter(name, global)?),
        None => Box::new(Estimate),
    };
    let read = exchanges(&rows.inputs, rows.field_map.as_ref(), counter.as_ref(), MOST);
    let read = read.map_err(|error| CliError::usage(format_args!("--dataset: {error}")))?;
    if read.skipped.total() > 0 {
        output::note(format_args!("warning: --dataset: skipped {}", read.skipped));
    }
    Ok(Some(read))
}

/// Prompts that are exactly as long as asked.
#[derive(Debug)]
struct Exact {
    writer: PromptWriter,
    told: Once,
}

impl PromptSource for Exact {
    fn prompt(&self, stream: u64, planned: &Planned) -> String {
        let shortest = || Planned { isl: self.writer.overhead() + 1, ..planned.clone() };
        let tell = |error: &farebox_dataset::DatasetError| {
            self.told
                .call_once(|| output::note(format_args!("warning: {error}; others may follow")));
        };
        let written = self.writer.write(stream, planned).inspect_err(tell);
        let written = written.or_else(|_| self.writer.write(stream, &shortest()));
        written.map(|prompt| prompt.text).unwrap_or_default()
    }
}

/// The prompts of a file, one after another and over again.
#[derive(Debug)]
struct Listed {
    prompts: Vec<String>,
    begins: Begins,
}

/// Where streams of prompts begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begins {
    /// With the first: request and prompt belong together.
    Alike,
    /// With another each, so that a short load does not repeat the last one's.
    Apart,
}

impl Listed {
    /// One prompt per line; in a JSON string where it has line breaks of its own.
    fn read(file: &Path) -> Result<Self, CliError> {
        let wrong = |error: &dyn std::fmt::Display| {
            CliError::usage(format_args!("--prompts: {}: {error}", file.display()))
        };
        let text = fs::read_to_string(file).map_err(|error| wrong(&error))?;
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let prompts: Vec<String> = lines.map(unquoted).collect();
        if prompts.is_empty() {
            return Err(wrong(&"there is no prompt in it"));
        }
        Ok(Self { prompts, begins: Begins::Apart })
    }
}

fn unquoted(line: &str) -> String {
    serde_json::from_str(line).unwrap_or_else(|_| line.to_owned())
}

impl PromptSource for Listed {
    fn prompt(&self, stream: u64, planned: &Planned) -> String {
        let first = match self.begins {
            Begins::Alike => 0,
            Begins::Apart => stream.wrapping_mul(7919),
        };
        let at = first.wrapping_add(planned.index);
        self.prompts[(at % self.prompts.len() as u64) as usize].clone()
    }
}
