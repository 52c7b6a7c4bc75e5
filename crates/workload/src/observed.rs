//! Requests as they were seen: in a log, a trace or a dataset.

/// One request: when it came, how long it was, and what it shared with others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Observed {
    /// When it was sent, in nanoseconds on the clock of its [`Calendar`]; none where the source
    /// keeps no times.
    pub at_ns: Option<i64>,
    /// Input tokens, history included.
    pub isl: u32,
    /// Output tokens.
    pub osl: u32,
    /// The conversation that it belongs to, where the source says.
    pub session: Option<u64>,
    /// Its turn within that conversation, from 0.
    pub turn: u32,
    /// Input tokens that an earlier request of the same source began with, where known.
    pub shared_prefix: Option<u32>,
    /// Names of the blocks of its prompt, where the source gives them: requests that begin with
    /// the same names begin with the same tokens.
    pub blocks: Vec<u64>,
}

/// What the times of a source mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Calendar {
    /// Since 1970-01-01 UTC: hours of the day can be told.
    Utc,
    /// Since some start: only differences mean anything.
    #[default]
    Relative,
}

/// All requests of a source, in its own order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ObservedTraffic {
    /// What `at_ns` counts from.
    pub calendar: Calendar,
    /// Tokens per block name, 0 where there are none.
    pub block_tokens: u32,
    /// The requests.
    pub requests: Vec<Observed>,
}

impl Observed {
    /// The named blocks of the prompt with their tokens, as far as its input reaches; the last
    /// may be shorter than `block_tokens`.
    pub(crate) fn pieces(&self, block_tokens: u32) -> impl Iterator<Item = (u64, u32)> {
        let mut left = self.isl;
        self.blocks.iter().map_while(move |block| {
            let tokens = block_tokens.min(left);
            left -= tokens;
            (tokens > 0).then_some((*block, tokens))
        })
    }
}
