//! A guess for when nothing better is known, and called one.

use super::{Basis, CountWorker, TokenCounter, running};
use crate::shape::Message;
use crate::skip::Skip;

/// One token per four bytes of UTF-8: about right for English in the usual vocabularies, wrong by
/// half and more for code and other scripts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Estimate;

/// Bytes per token that are assumed.
const BYTES: u64 = 4;

impl TokenCounter for Estimate {
    fn basis(&self) -> Basis {
        Basis::Estimate
    }

    fn fingerprint(&self) -> String {
        "estimate4".to_owned()
    }

    fn worker(&self) -> Box<dyn CountWorker + '_> {
        Box::new(Self)
    }
}

impl CountWorker for Estimate {
    fn count(&mut self, text: &str) -> u64 {
        (text.len() as u64).div_ceil(BYTES)
    }

    fn prompts(&mut self, messages: &[Message], ends: &[usize]) -> Result<Vec<u64>, Skip> {
        Ok(running(ends, 0, |at| self.count(&messages[at].content)))
    }
}
