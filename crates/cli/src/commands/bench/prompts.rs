//! Who writes the prompts of a run: an exact writer, or a file.

use super::args::RequestArgs;
use crate::args::tokenizer;
use crate::cli::Global;
use crate::error::CliError;
use crate::output;
use farebox_dataset::{Corpus, Framing, PromptWriter};
use farebox_measure::{Api, PromptSource};
use farebox_workload::Planned;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::Once;

/// The source that these flags ask for; none for words fitted by probes.
pub(super) fn source(
    args: &RequestArgs,
    api: Api,
    seed: u64,
    global: Global,
) -> Result<Option<Arc<dyn PromptSource>>, CliError> {
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
        Ok(Self { prompts })
    }
}

fn unquoted(line: &str) -> String {
    serde_json::from_str(line).unwrap_or_else(|_| line.to_owned())
}

impl PromptSource for Listed {
    /// Streams begin at another prompt each, so that a short load does not repeat the last one's.
    fn prompt(&self, stream: u64, planned: &Planned) -> String {
        let at = stream.wrapping_mul(7919).wrapping_add(planned.index);
        self.prompts[(at % self.prompts.len() as u64) as usize].clone()
    }
}
