//! How fast prompts are written and encoded again.

use crate::error::BenchError;
use crate::say;
use crate::spread::Spread;
use farebox_dataset::{Corpus, Framing, HfCounter, PromptWriter, TokenizerFiles};
use farebox_workload::{Planned, Segment, SegmentId};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// Tokens of a prompt.
const TOKENS: u32 = 8000;
/// Prompts of a round.
const PROMPTS: u64 = 200;

const TOKENIZER: &str = "crates/dataset/tests/fixtures/byte-level-bpe.json";

pub(super) fn run(rounds: usize) -> Result<String, BenchError> {
    let failed = |error: farebox_dataset::DatasetError| {
        BenchError::io("prompts")(std::io::Error::other(error.to_string()))
    };
    let tokenizer = std::env::var("FAREBOX_BENCH_TOKENIZER").unwrap_or(TOKENIZER.to_owned());
    let files = TokenizerFiles::read(Path::new(&tokenizer)).map_err(failed)?;
    let counter = Arc::new(HfCounter::new(&files).map_err(failed)?);
    let writer = PromptWriter::new(counter, Framing::Completion, &Corpus::embedded(), 7);
    let writer = writer.map_err(failed)?;
    let mut rates = Vec::new();
    for round in 1..=rounds {
        say(&format!("prompts: round {round}"));
        let start = Instant::now();
        for index in 0..PROMPTS {
            let segments = vec![Segment { id: SegmentId::Own(index), tokens: TOKENS }];
            let planned = Planned {
                index,
                at_ns: None,
                isl: TOKENS,
                osl: 1,
                turn: None,
                think_ns: 0,
                segments,
            };
            writer.write(round as u64, &planned).map_err(failed)?;
        }
        rates.push(PROMPTS as f64 / start.elapsed().as_secs_f64() * 60.0);
    }
    Ok(format!(
        "Prompts of {TOKENS} tokens of the embedded text, each encoded again by the tokenizer's \
         own `encode` to be sure of its length, on one core: {:.0} per minute.",
        Spread::of(rates.into_iter())
    ))
}
