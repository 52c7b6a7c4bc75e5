//! Invariant 1: tokens times price is the cost of the machine, no more and no less.

use crate::support::{close, curve, point, rental};
use farebox_core::curve::PhaseTimes;
use farebox_core::{LoadPoint, TokensPerSecond};
use farebox_price::{Allocation, OutputRatio, Packing, Price, PriceSettings, Utilisation, price};
use proptest::prelude::*;

fn rate() -> impl Strategy<Value = f64> {
    (-3.0..7.0f64).prop_map(|exponent| 10f64.powf(exponent))
}

prop_compose! {
    fn any_point()(
        load in 1.0..512.0f64,
        input in rate(),
        output in rate(),
        latency_ms in 1.0..5000.0f64,
        prefill in prop::option::of(1e-6..(1.0 - 1e-6)),
        cached in prop::option::of(0.0..=1.0f64),
    ) -> LoadPoint {
        LoadPoint {
            phase: prefill.map(|prefill_s| PhaseTimes {
                prefill_s,
                decode_s: 1.0 - prefill_s,
                basis: "ttft1".to_owned(),
            }),
            cached_input_tok_per_s: cached.map(|share| TokensPerSecond::new(share * input)),
            ..point(load, input, output, latency_ms)
        }
    }
}

fn conserving() -> impl Strategy<Value = Allocation> {
    prop_oneof![
        Just(Allocation::Time),
        Just(Allocation::Blended),
        (1e-3..1e3f64).prop_map(|ratio| Allocation::Ratio(OutputRatio::new(ratio).unwrap())),
    ]
}

prop_compose! {
    fn any_settings(allocation: impl Strategy<Value = Allocation>)(
        allocation in allocation,
        usd_per_hour in 0.01..1e4f64,
        billed in 1..64u32,
        used in 1..64u32,
        packing in prop_oneof![Just(Packing::OneReplica), Just(Packing::FillBox)],
        sold in 0.01..=1.0f64,
    ) -> PriceSettings {
        let utilisation = Utilisation::new(sold).unwrap();
        let rental = rental(usd_per_hour, billed, used);
        PriceSettings { allocation, packing, utilisation, ..PriceSettings::new(rental) }
    }
}

/// Dollars per second that the listed volumes earn at the listed prices, kind by kind.
fn revenue_per_s(price: &Price) -> f64 {
    let cached = match price.usd_per_mtok_cached_input {
        Some(_) => price.cached_input_tok_per_s.unwrap().get(),
        None => 0.0,
    };
    let fresh = price.input_tok_per_s.get() - cached;
    let cached_usd = price.usd_per_mtok_cached_input.map_or(0.0, |usd| usd.get() * cached);
    let output_usd = price.usd_per_mtok_output.get() * price.output_tok_per_s.get();
    (price.usd_per_mtok_input.get() * fresh + cached_usd + output_usd) / 1e6
}

proptest! {
    /// INV-1.
    #[test]
    fn tokens_times_price_is_the_machine(
        points in prop::collection::vec(any_point(), 1..6),
        settings in any_settings(conserving()),
    ) {
        let sheet = price(&[curve(points)], &settings).unwrap();
        let price = sheet.tiers[0].price().unwrap();
        let cost = settings.rental.usd_per_hour_total.per_second();
        prop_assert!(close(revenue_per_s(price), cost, 1e-9), "{price:?}");
        prop_assert!(close(price.recovery, 1.0, 1e-9), "{price:?}");
        let blended = price.usd_per_mtok_blended.get() / 1e6;
        let total = price.input_tok_per_s.get() + price.output_tok_per_s.get();
        prop_assert!(close(blended * total, cost, 1e-9), "{price:?}");
    }

    /// The one rule that does not conserve says by how much.
    #[test]
    fn double_count_recovers_twice(
        points in prop::collection::vec(any_point(), 1..6),
        settings in any_settings(Just(Allocation::DoubleCount)),
    ) {
        let sheet = price(&[curve(points)], &settings).unwrap();
        let price = sheet.tiers[0].price().unwrap();
        prop_assert!(close(price.recovery, 2.0, 1e-9), "{price:?}");
        prop_assert!(sheet.notes[0].contains("charges the machine twice"));
    }

    /// No price is bought above the load line, on curves of any shape.
    #[test]
    fn never_above_the_load_line(
        mut points in prop::collection::vec(any_point(), 1..8),
        limit_ms in 1.0..5000.0f64,
    ) {
        points.sort_by(|a, b| a.offered.value.total_cmp(&b.offered.value));
        let slo = format!("ttft.p90={limit_ms}ms").parse().unwrap();
        let settings = PriceSettings { slos: vec![slo], ..PriceSettings::new(rental(1.0, 1, 1)) };
        let curve = curve(points);
        let line = curve.load_line(Some(&settings.slos[0])).point().map(|p| p.offered.value);
        let sheet = price(std::slice::from_ref(&curve), &settings).unwrap();
        match (sheet.tiers[0].price(), line) {
            (Some(price), Some(line)) => prop_assert!(price.load.value <= line),
            (priced, line) => prop_assert!(priced.is_none() && line.is_none()),
        }
    }
}
