//! What can be wrong with a question, worded with the flags that it is asked by.

use farebox_catalog::accelerator::{LEAST, TypedError};
use farebox_catalog::price::OfferError;
use farebox_catalog::{CatalogueError, LookupError};
use farebox_core::Attainment;
use farebox_estimate::EstimateError;

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum QuestionError {
    /// Widths and counts disagree.
    #[error("{what}, but the widths take {taken}")]
    Count {
        /// What was said.
        what: String,
        /// What the widths multiply to.
        taken: u64,
    },
    /// Experts cannot be spread that far.
    #[error("--ep {ep} exceeds --tp x --dp, {spread}")]
    Experts {
        /// Expert parallelism asked for.
        ep: u32,
        /// Accelerators that hold experts.
        spread: u64,
    },
    /// No deployment is that wide.
    #[error("the widths take {taken} accelerators: {most} at most")]
    TooMany {
        /// What the widths multiply to.
        taken: u64,
        /// The most that is believed.
        most: u64,
    },
    /// No node is that full.
    #[error("no node holds {each} {gpu}: {most} at most")]
    Node {
        /// The accelerator.
        gpu: String,
        /// Accelerators per node asked for.
        each: u32,
        /// The most that are built.
        most: u32,
    },
    /// Fewer accelerators are billed than serve.
    #[error("--gpus-per-box {billed} bills fewer accelerators than the {used} that serve")]
    Box {
        /// Accelerators billed.
        billed: u32,
        /// Accelerators that serve.
        used: u32,
    },
    /// A stored price is that of another machine.
    #[error(
        "the stored price, ${usd_per_hour:.2} per hour, is that of a whole machine of {gpus} {}: \
         nobody said what one of {asked} costs", if *.gpus == 1 { "GPU" } else { "GPUs" }
    )]
    StoredMachine {
        /// The stored price, in USD per hour.
        usd_per_hour: f64,
        /// Accelerators of that machine.
        gpus: u32,
        /// Accelerators asked for.
        asked: u32,
    },
    /// No accelerator has the name.
    #[error("--gpu: {0}")]
    Gpu(LookupError),
    /// A machine that nobody sells lacks a figure.
    #[error("--gpu {name} needs --mem-gb, --mem-bw-gb-per-s and --tflops")]
    Custom {
        /// `cpu` or `custom`.
        name: String,
    },
    /// A figure of a machine that nobody sells cannot be one.
    #[error("--{} must be from {LEAST} to {}, not {}", flag(.0), .0.high, short(.0.value))]
    Typed(TypedError),
    /// A figure of a machine goes with a machine that has a name.
    #[error("{flag} goes with --gpu custom or --gpu cpu")]
    Stray {
        /// The flag.
        flag: &'static str,
    },
    /// No offer has the name.
    #[error("--offer: {0}")]
    Offer(OfferError),
    /// The offer is for another accelerator.
    #[error("--offer {name} rents {rents}, not {wanted}")]
    OtherOffer {
        /// The offer as named.
        name: String,
        /// What it rents.
        rents: String,
        /// What was asked for.
        wanted: String,
    },
    /// Not even one request in flight keeps the promise, or nobody can tell.
    #[error("--slo: {}", broken(.0))]
    Promise(Attainment),
    /// The estimator refuses.
    #[error(transparent)]
    Estimate(#[from] EstimateError),
    /// The catalogue has a file that cannot be read.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
}

impl QuestionError {
    /// The one thing to try, where there is one.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Count { .. } => "--tp x --pp x --dp x --replicas is how many there are",
            Self::Experts { .. } => {
                "experts are spread over the accelerators that --tp and --dp name"
            }
            Self::StoredMachine { .. } => {
                "--price-per-hour for the whole machine, or --price-per-gpu-hour for each GPU"
            }
            Self::Gpu(_) => "`farebox catalog gpus` lists all",
            Self::Estimate(EstimateError::NoUnits { .. }) => {
                "--precision w8a16 and w4a16 store narrow and multiply at 16 bits"
            }
            Self::Promise(why) if undecided(why) => {
                "an estimate states means: ask for ttft.mean, tpot.mean or e2e.mean"
            }
            Self::Promise(_) => "a wider --tp, a faster --gpu or shorter lengths",
            _ => return None,
        })
    }
}

/// What one request in flight makes of a promise.
fn broken(attainment: &Attainment) -> String {
    if undecided(attainment) {
        attainment.to_string()
    } else {
        format!("even one request in flight breaks it: {attainment}")
    }
}

const fn undecided(attainment: &Attainment) -> bool {
    matches!(attainment, Attainment::Undecidable { .. })
}

fn flag(error: &TypedError) -> String {
    error.field.replace('_', "-")
}

/// Hundreds of zeros are no help.
fn short(value: f64) -> String {
    if value.abs() < 1e9 { value.to_string() } else { format!("{value:e}") }
}
