//! The figures of an answer. Each says how it comes about: formula, values, source.

mod economics;
mod memory;
mod performance;

use super::worked::Worked;
use serde::Serialize;

/// Figures that belong together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Group {
    pub(super) title: &'static str,
    pub(super) figures: Vec<Figure>,
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Figure {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) value: String,
    pub(super) unit: &'static str,
    pub(super) note: String,
    /// How it is computed, in words and letters.
    pub(super) formula: String,
    /// The same with values.
    pub(super) values: String,
    /// Where the rule comes from.
    pub(super) source: &'static str,
}

/// Every figure of `worked`.
pub(super) fn groups(worked: &Worked) -> Vec<Group> {
    let mut groups = vec![Group { title: "Memory and batching", figures: memory::figures(worked) }];
    let document = &worked.document;
    let parts = (&worked.estimate, document.prefill, document.decode, document.system);
    if let (Some(estimate), Some(prefill), decode, Some(system)) = parts {
        let figures = [
            performance::latency(worked, estimate, (prefill, decode, system)),
            performance::throughput(worked, (decode, system)),
        ];
        groups.push(Group { title: "Performance", figures: figures.concat() });
        if let Some(price) = &document.price {
            groups.push(Group {
                title: "Economics",
                figures: economics::figures(worked, price, system),
            });
        }
    }
    groups
}
