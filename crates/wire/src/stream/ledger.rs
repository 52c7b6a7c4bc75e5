//! Adding up a count that a server repeats, refines or splits over choices.
//!
//! Three habits have to come out right: a running count on every chunk and the total once more at
//! the end (vLLM's `continuous_usage_stats`): the total; zeros on every chunk and the real count
//! last (Ollama): the last; one total per choice (llama.cpp, after or on each finish chunk): the sum.

/// The total of one count over a stream.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Highest count seen on chunks of each choice.
    by_choice: Vec<u64>,
    /// Totals of chunks without choices, closed because another choice ended after them.
    closed: u64,
    /// The highest of the totals since then.
    open: u64,
    /// A choice ended after `open` was last stated.
    ended_since: bool,
}

impl Ledger {
    /// A count on a chunk of choice `choice`, or on one without choices.
    pub(super) fn enter(&mut self, choice: Option<usize>, count: u64) {
        match choice {
            Some(choice) => self.on_choice(choice, count),
            None => self.on_whole(count),
        }
    }

    /// A choice ended for the first time.
    pub(super) fn on_end(&mut self) {
        self.ended_since = true;
    }

    /// The total: what chunks without choices say, else the sum over choices.
    pub(super) fn total(&self) -> u64 {
        let whole = self.closed.saturating_add(self.open);
        if whole > 0 {
            return whole;
        }
        self.by_choice.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    fn on_choice(&mut self, choice: usize, count: u64) {
        if self.by_choice.len() <= choice {
            self.by_choice.resize(choice + 1, 0);
        }
        self.by_choice[choice] = self.by_choice[choice].max(count);
    }

    fn on_whole(&mut self, count: u64) {
        if count == 0 {
            return;
        }
        if self.ended_since && self.open > 0 {
            self.closed = self.closed.saturating_add(self.open);
            self.open = 0;
        }
        self.open = self.open.max(count);
        self.ended_since = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `Some(choice)` is a count on that choice, `None` a count on a chunk without choices.
    #[derive(Clone, Copy)]
    enum Step {
        Choice(usize, u64),
        End,
        Whole(u64),
    }
    use Step::{Choice, End, Whole};

    #[test]
    fn totals_follow_each_servers_habit() {
        let cases: [(&str, &[Step], u64); 7] = [
            ("vllm", &[End, Whole(16)], 16),
            ("vllm continuous", &[Choice(0, 1), Choice(0, 2), End, Whole(2)], 2),
            ("vllm n=2 continuous", &[Choice(0, 4), Choice(1, 4), End, End, Whole(8)], 8),
            ("llama.cpp n=2", &[End, Whole(4), End, Whole(4)], 8),
            ("llama.cpp two prompts", &[Choice(0, 4), End, Choice(1, 4), End], 8),
            ("ollama", &[Choice(0, 0), Choice(0, 0), End, Choice(0, 9)], 9),
            ("said twice", &[End, Choice(0, 7), Whole(7), Whole(7)], 7),
        ];
        for (name, steps, total) in cases {
            let mut ledger = Ledger::default();
            for step in steps {
                match *step {
                    Choice(choice, count) => ledger.enter(Some(choice), count),
                    End => ledger.on_end(),
                    Whole(count) => ledger.enter(None, count),
                }
            }
            assert_eq!(ledger.total(), total, "{name}");
        }
    }
}
