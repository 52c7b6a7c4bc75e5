//! Latency promises, in our grammar and in those of the tools people know.

use crate::error::CliError;
use clap::Args;
use farebox_core::Slo;

/// The promises to judge by.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Promises")]
pub(crate) struct PromiseArgs {
    /// A latency promise, such as fast:ttft.p90=500ms,tpot.p90=16.7ms; repeat for tiers
    #[arg(long = "slo", value_name = "SLO")]
    slos: Vec<Slo>,
    /// A promise as vLLM and AIPerf write it, in milliseconds: ttft:200 tpot:50 (read at p90)
    #[arg(long, value_name = "METRIC:MS", num_args = 1..)]
    goodput: Vec<String>,
}

impl PromiseArgs {
    /// The promises, each under its own name.
    pub(crate) fn promises(&self) -> Result<Vec<Slo>, CliError> {
        let mut slos = self.slos.clone();
        if !self.goodput.is_empty() {
            let terms = self.goodput.join(" ").split_whitespace().collect::<Vec<_>>().join(",");
            let slo = terms.parse::<Slo>();
            slos.push(slo.map_err(|error| CliError::usage(format_args!("--goodput: {error}")))?);
        }
        unique_names(&slos)?;
        Ok(slos)
    }
}

/// Two tiers of one name could not be told apart.
pub(crate) fn unique_names(slos: &[Slo]) -> Result<(), CliError> {
    for (index, slo) in slos.iter().enumerate() {
        if slos[..index].iter().any(|earlier| earlier.name() == slo.name()) {
            let name = slo.name();
            return Err(CliError::usage(format_args!("--slo: two tiers are named `{name}`")));
        }
    }
    Ok(())
}
