//! The counts a whole stream states: usage and the engine's own.

use super::ledger::Ledger;
use crate::chunk::Chunk;
use crate::usage::{NativeCounts, Usage};

/// All counts stated so far.
#[derive(Debug, Default)]
pub(super) struct Totals {
    usage: Option<Usage>,
    native: Option<NativeCounts>,
    output: Ledger,
    reasoning: Ledger,
    native_output: Ledger,
}

impl Totals {
    /// Enters a chunk's counts, as counts of `choice` or, without one, of the whole answer.
    pub(super) fn enter(&mut self, choice: Option<usize>, chunk: &Chunk) {
        if let Some(usage) = chunk.usage {
            self.output.enter(choice, usage.output_tokens);
            self.reasoning.enter(choice, usage.reasoning_tokens.unwrap_or(0));
            let last = self.usage.unwrap_or_default();
            self.usage = Some(Usage {
                input_tokens: last.input_tokens.max(usage.input_tokens),
                reasoning_tokens: usage.reasoning_tokens.or(last.reasoning_tokens),
                cached_tokens: last_non_zero(last.cached_tokens, usage.cached_tokens),
                output_tokens: 0,
            });
        }
        if let Some(native) = chunk.native {
            self.native_output.enter(choice, native.output_tokens.unwrap_or(0));
            let last = self.native.unwrap_or_default();
            self.native = Some(NativeCounts {
                input_tokens: last.input_tokens.max(native.input_tokens),
                output_tokens: native.output_tokens.or(last.output_tokens),
                cached_tokens: last_non_zero(last.cached_tokens, native.cached_tokens),
                times: native.times.or(last.times),
            });
        }
    }

    /// A choice ended for the first time.
    pub(super) fn on_end(&mut self) {
        self.output.on_end();
        self.reasoning.on_end();
        self.native_output.on_end();
    }

    /// Usage added up. Nothing but zeros is what a server sends that does not count.
    pub(super) fn usage(&self) -> Option<Usage> {
        let last = self.usage?;
        let output_tokens = self.output.total();
        if output_tokens == 0 && last.input_tokens.unwrap_or(0) == 0 {
            return None;
        }
        let reasoning_tokens = last.reasoning_tokens.map(|_| self.reasoning.total());
        Some(Usage { output_tokens, reasoning_tokens, ..last })
    }

    /// The engine's own counts added up.
    pub(super) fn native(&self) -> Option<NativeCounts> {
        let last = self.native?;
        let output_tokens = last.output_tokens.map(|_| self.native_output.total());
        Some(NativeCounts { output_tokens, ..last })
    }
}

fn last_non_zero(last: Option<u64>, next: Option<u64>) -> Option<u64> {
    next.filter(|&count| count > 0).or(last).or(next)
}
