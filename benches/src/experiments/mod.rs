//! What is measured, one experiment per file; `all` is the order of the document.

mod accuracy;
mod cap64;
mod coal64;
mod counting;
mod coverage;
mod estimator;
mod footprint;
mod open_loop;
mod paced64;
mod planning;
mod prompts;
mod req64;
mod web;

use crate::error::BenchError;

/// One section of the document.
pub(crate) struct Experiment {
    /// Its short name.
    pub(crate) name: &'static str,
    /// Measures for so many rounds and writes the section's text under its heading.
    pub(crate) run: fn(rounds: usize) -> Result<String, BenchError>,
}

/// Every experiment, in the order of the document.
pub(crate) fn all() -> [Experiment; 13] {
    [
        Experiment { name: "cap64", run: cap64::run },
        Experiment { name: "coal64", run: coal64::run },
        Experiment { name: "paced64", run: paced64::run },
        Experiment { name: "req64", run: req64::run },
        Experiment { name: "accuracy", run: accuracy::run },
        Experiment { name: "counting", run: counting::run },
        Experiment { name: "planning", run: planning::run },
        Experiment { name: "prompts", run: prompts::run },
        Experiment { name: "coverage", run: coverage::run },
        Experiment { name: "open loop", run: open_loop::run },
        Experiment { name: "footprint", run: footprint::run },
        Experiment { name: "estimator", run: estimator::run },
        Experiment { name: "web", run: web::run },
    ]
}
