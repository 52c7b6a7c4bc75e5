//! What was really asked and answered, in tokens.

use farebox_core::{Tally, Workload};

/// Lengths as the server counted them, over all whole answers.
#[derive(Debug, Default)]
pub(crate) struct Lengths {
    input: (u64, u64),
    output: (u64, u64),
}

impl Lengths {
    pub(crate) fn add(&mut self, tally: &Tally) {
        for record in tally.requests().filter(|request| request.is_ok()) {
            for (sum, tokens) in
                [(&mut self.input, record.input_tokens), (&mut self.output, record.output_tokens)]
            {
                if let Some(tokens) = tokens {
                    *sum = (sum.0 + tokens, sum.1 + 1);
                }
            }
        }
    }

    pub(crate) fn write_into(&self, workload: &mut Workload) {
        let mean = |(tokens, n): (u64, u64)| (n > 0).then(|| tokens as f64 / n as f64);
        workload.isl_observed = mean(self.input);
        workload.osl_observed = mean(self.output);
    }
}
