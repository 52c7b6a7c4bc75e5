//! What a token must cost.

use super::Figure;
use crate::page::worked::Worked;
use farebox_calculator::{EstimatedPrice, System};
use farebox_report::numbers::{dollars, plain, rate, usd};

const PRICE: &str = "The machine's cost is spread over its tokens by the time that each phase \
                     takes; revenue equals cost: INVARIANTS.md, 1.";

pub(super) fn figures(worked: &Worked, price: &EstimatedPrice, system: System) -> Vec<Figure> {
    let second = price.usd_per_hour_total / 3600.0;
    let input_rate = system.total_tok_per_s - system.output_tok_per_s;
    let share = price.usd_per_mtok_input * input_rate / 1e6 / second;
    let lengths = worked.question.lengths;
    let spread = |share: f64, tokens: f64| {
        format!("${} /s x {:.1} % / {} tok/s", usd(second), share * 100.0, rate(tokens))
    };
    vec![
        Figure {
            id: "usd_input",
            name: "Input",
            value: format!("${}", usd(price.usd_per_mtok_input)),
            unit: "per Mtok",
            note: String::new(),
            formula: "cost per second x share of time in prefill / input tokens per second"
                .to_owned(),
            values: spread(share, input_rate),
            source: PRICE,
        },
        Figure {
            id: "usd_output",
            name: "Output",
            value: format!("${}", usd(price.usd_per_mtok_output)),
            unit: "per Mtok",
            note: String::new(),
            formula: "cost per second x share of time in decode / output tokens per second"
                .to_owned(),
            values: spread(1.0 - share, system.output_tok_per_s),
            source: PRICE,
        },
        Figure {
            id: "usd_request",
            name: "A request",
            value: format!("${}", usd(price.usd_per_request)),
            unit: "",
            note: format!("${} per Mtok of either", usd(price.usd_per_mtok_blended)),
            formula: "(isl x input + osl x output) / 1,000,000".to_owned(),
            values: format!(
                "({} x ${} + {} x ${}) / 1,000,000",
                plain(f64::from(lengths.isl)),
                usd(price.usd_per_mtok_input),
                plain(f64::from(lengths.osl)),
                usd(price.usd_per_mtok_output)
            ),
            source: PRICE,
        },
        Figure {
            id: "usd_hour",
            name: "The machine",
            value: format!("${}", dollars(price.usd_per_hour_total)),
            unit: "per hour",
            note: priced_by(&price.source),
            formula: "GPUs billed x price of one".to_owned(),
            values: format!("{} x ${}", price.gpus_billed, dollars(price.usd_per_gpu_hour)),
            source: "Typed, or the catalogue's offer with its date.",
        },
    ]
}

/// Typed prices name their flag; here it was a field.
fn priced_by(source: &str) -> String {
    if source.starts_with("--") { "as typed".to_owned() } else { source.to_owned() }
}
