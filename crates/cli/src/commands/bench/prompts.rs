//! Who writes the prompts of a run: an exact writer, or a file.

use super::args::RequestArgs;
use super::asked::most_turns;
use super::sharing_args::SharingArgs;
use crate::args::tokenizer;
use crate::cli::Global;
use crate::commands::profile::{rows, wrong};
use crate::error::CliError;
use crate::output;
use farebox_dataset::{
    Corpus, Estimate, Exchange, Exchanges, Extent, Framing, PromptWriter, TokenCounter, exchanges,
};
use farebox_measure::{Api, Message, Prompt, PromptSource};
use farebox_workload::{Planned, Workload};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::Once;

/// The source that these flags ask for; none for words fitted by probes.
pub(super) fn source(
    args: &RequestArgs,
    (dataset, workload): (Option<Exchanges>, &Workload),
    (api, seed): (Api, u64),
    global: Global,
) -> Result<Option<Arc<dyn PromptSource>>, CliError> {
    if let Some(dataset) = dataset {
        return Ok(Some(Arc::new(Conversations(dataset.list))));
    }
    if let Some(file) = &args.prompts {
        return Ok(Some(Arc::new(Listed::read(file)?)));
    }
    let Some(name) = &args.tokenizer else { return Ok(None) };
    let counter = tokenizer::counter(name, global)?;
    let framing = match (api.takes_messages(), counter.template()) {
        (true, Some(_)) => Framing::Chat,
        (true, None) => {
            output::note("warning: --tokenizer has no chat template: what it adds is not counted");
            Framing::Completion
        }
        (false, _) => Framing::Completion,
    };
    let writer = PromptWriter::new(Arc::new(counter), framing, &Corpus::embedded(), seed)
        .map_err(|error| CliError::usage(format_args!("--tokenizer: {error}")))?;
    fits(writer.overhead(), workload, seed)?;
    Ok(Some(Arc::new(Exact { writer, told: Once::new() })))
}

/// Requests that are looked at before the run.
const LOOKED_AT: usize = 10_000;

/// Whether there is room for a prompt in what surrounds it, of `overhead` tokens.
fn fits(overhead: u32, workload: &Workload, seed: u64) -> Result<(), CliError> {
    let planned = workload.paced_by_answers().plan(seed).take(LOOKED_AT);
    let (mut all, mut short) = (0_usize, 0_usize);
    for planned in planned {
        all += 1;
        short += usize::from(planned.isl <= overhead);
    }
    let least = overhead + 1;
    if short == all {
        let (isl, _) = workload.mean_lengths();
        return Err(CliError::usage(format_args!(
            "--isl: the chat template alone takes {overhead} tokens, so there is no prompt of {isl:.0}"
        ))
        .hint(format_args!("--isl {least} is the least, or --endpoint completions")));
    }
    if short > 0 {
        let share = short as f64 / all as f64 * 100.0;
        output::note(format_args!(
            "warning: {share:.1} % of the lengths are within the {overhead} tokens that the chat \
             template alone takes; those prompts have {least}"
        ));
    }
    Ok(())
}

/// Most prompts of a dataset that are kept in memory.
const MOST: usize = 20_000;

/// The exchanges of `--dataset`.
pub(super) fn dataset(
    args: &RequestArgs,
    sharing: &SharingArgs,
    global: Global,
) -> Result<Option<Exchanges>, CliError> {
    let Some(name) = &args.dataset else { return Ok(None) };
    let turns = most_turns(sharing)?;
    let rows =
        rows(name, args.field_map.as_ref(), global).map_err(|error| error.of_flag("--dataset"))?;
    let counter: Box<dyn TokenCounter> = match &args.tokenizer {
        Some(name) => Box::new(tokenizer::counter(name, global)?),
        None => Box::new(Estimate),
    };
    let read = exchanges(
        &rows.inputs,
        rows.field_map.as_ref(),
        counter.as_ref(),
        Extent { exchanges: MOST, turns },
    );
    let read = read.map_err(|error| wrong(&error).of_flag("--dataset"))?;
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
    fn prompt(&self, stream: u64, planned: &Planned) -> Prompt {
        let shortest = || Planned { isl: self.writer.overhead() + 1, ..planned.clone() };
        let tell = |error: &farebox_dataset::DatasetError| {
            self.told
                .call_once(|| output::note(format_args!("warning: {error}; others may follow")));
        };
        let written = self.writer.write(stream, planned).inspect_err(tell);
        let written = written.or_else(|_| self.writer.write(stream, &shortest()));
        written.map(|prompt| prompt.text).unwrap_or_default().into()
    }
}

/// The prompts of a file, one after another and over again.
#[derive(Debug)]
struct Listed {
    prompts: Vec<String>,
}

/// The questions of a dataset, each with what was said before it. Request and question belong
/// together, so where a load begins is said by its plan.
#[derive(Debug)]
struct Conversations(Vec<Exchange>);

impl PromptSource for Conversations {
    fn prompt(&self, _stream: u64, planned: &Planned) -> Prompt {
        let exchange = &self.0[(planned.index % self.0.len() as u64) as usize];
        let said = exchange.messages().iter();
        let message = |it: &farebox_dataset::Message| Message {
            role: it.role.name(),
            content: it.content.clone(),
        };
        Prompt::Messages(said.map(message).collect())
    }
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
    /// Every stream begins with another, so that a short load does not repeat the last one's.
    fn prompt(&self, stream: u64, planned: &Planned) -> Prompt {
        let at = stream.wrapping_mul(7919).wrapping_add(planned.index);
        self.prompts[(at % self.prompts.len() as u64) as usize].clone().into()
    }
}
