//! Cells held against each other: who wins, by what, and among whom.

use crate::support::{close, curve, point, settings};
use farebox_core::verdict::Severity;
use farebox_core::{LoadCurve, Pool};
use farebox_price::matrix::{CellRow, CellState, CellTier, best};
use farebox_price::{Packing, PriceSettings};

/// A cell on `gpus` accelerators that serves `output` tokens a second at 8 ms, and ten times as
/// many at a second.
fn cell(name: &str, gpus: u32, output: f64, settings: Option<&PriceSettings>) -> CellRow {
    let mut curve: LoadCurve =
        curve(vec![point(1.0, output, output, 8.0), point(8.0, output, 10.0 * output, 1000.0)]);
    curve.deployment.pools.push(Pool::tensor_parallel(gpus));
    let slos = ["fast:ttft.mean=10ms".parse().unwrap(), "any:ttft.mean=9s".parse().unwrap()];
    CellRow {
        name: name.to_owned(),
        engine: "vllm".to_owned(),
        kind: "vllm".to_owned(),
        precision: "base".to_owned(),
        model: None,
        tp: gpus,
        traffic: String::new(),
        loads: String::new(),
        workload: String::new(),
        state: CellState::Done,
        reason: None,
        dir: format!("cells/{name}"),
        curve: None,
        verdict: Some(Severity::Pass),
        log_tail: Vec::new(),
        server: String::new(),
        asked: Vec::new(),
        tiers: CellTier::all(&curve, &slos, settings),
    }
}

/// $3.60 an hour for a box of four, filled.
fn boxed() -> PriceSettings {
    let rental = crate::support::rental(3.6, 4, 1);
    PriceSettings { packing: Packing::FillBox, ..PriceSettings::new(rental) }
}

fn winner(cells: &[CellRow], tier: &str) -> (Option<String>, Option<String>) {
    let best = best(cells).into_iter().find(|best| best.tier == tier).unwrap();
    let name = |winner: Option<farebox_price::matrix::Winner>| winner.map(|winner| winner.cell);
    (name(best.by_price), name(best.by_throughput_per_gpu))
}

#[test]
fn the_box_is_filled_before_widths_are_compared() {
    let settings = boxed();
    let narrow = cell("tp1", 1, 100.0, Some(&settings));
    let wide = cell("tp4", 4, 300.0, Some(&settings));
    let tier = &narrow.tiers[0];
    assert_eq!(tier.replicas, Some(4));
    assert_eq!(tier.output_tok_per_s.unwrap().get(), 400.0, "of all replicas");
    assert_eq!(tier.output_tok_per_s_per_gpu, Some(100.0));
    // 0.001 $/s over 800 tokens/s.
    assert!(close(tier.usd_per_mtok_blended.unwrap().get(), 1.25, 1e-9));
    assert!(close(tier.recovery.unwrap(), 1.0, 1e-9));
    let both = [wide, narrow];
    assert_eq!(winner(&both, "fast"), (Some("tp1".to_owned()), Some("tp1".to_owned())));
}

#[test]
fn only_what_was_asked_the_same_and_measured_well_competes() {
    let settings = settings(&[]);
    let usual = cell("usual", 1, 100.0, Some(&settings));
    let invalid =
        CellRow { verdict: Some(Severity::Invalid), ..cell("invalid", 1, 900.0, Some(&settings)) };
    let failed = CellRow { state: CellState::Failed, ..cell("failed", 1, 900.0, Some(&settings)) };
    let other =
        CellRow { workload: "64 out".to_owned(), ..cell("other", 1, 900.0, Some(&settings)) };
    let cells = [usual.clone(), invalid, failed, other];
    let found = best(&cells);
    let contests: Vec<(&str, &str)> =
        found.iter().map(|best| (best.workload.as_str(), best.tier.as_str())).collect();
    assert_eq!(contests, [("", "fast"), ("", "any"), ("64 out", "fast"), ("64 out", "any")]);
    assert_eq!(winner(&cells, "fast").0, Some("usual".to_owned()));
    // Of equals the first.
    let twins = [usual.clone(), CellRow { name: "twin".to_owned(), ..usual }];
    assert_eq!(winner(&twins, "any"), (Some("usual".to_owned()), Some("usual".to_owned())));
}

#[test]
fn without_a_price_there_is_throughput_all_the_same() {
    let cells = [cell("a", 2, 100.0, None), cell("b", 1, 80.0, None)];
    assert_eq!(cells[0].tiers[0].usd_per_mtok_blended, None);
    assert_eq!(cells[0].tiers[0].output_tok_per_s_per_gpu, Some(50.0));
    assert_eq!(winner(&cells, "fast"), (None, Some("b".to_owned())));
    assert_eq!(cells[0].tiers[1].load.unwrap().value, 8.0, "a lax promise buys a higher load");
}
