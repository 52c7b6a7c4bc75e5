//! Which load point is bought, and when none is.

use crate::support::{close, curve, point, rental, settings};
use farebox_core::curve::RequestCounts;
use farebox_core::deployment::{DeploymentKind, Pool};
use farebox_core::{Distribution, FailureReason, LoadCurve, LoadPoint, Milliseconds, TokenSource};
use farebox_price::{
    Allocation, LoadLineRule, Packing, PriceSettings, PriceSheet, Shortfall, Utilisation, price,
};

fn sheet(points: Vec<LoadPoint>, settings: &PriceSettings) -> PriceSheet {
    price(&[curve(points)], settings).unwrap()
}

fn load_or_reason(sheet: &PriceSheet) -> String {
    let tier = &sheet.tiers[0];
    tier.price().map_or_else(|| tier.reason().unwrap().to_owned(), |p| p.load.to_string())
}

fn failing(point: LoadPoint, failed: u64) -> LoadPoint {
    let failed = [(FailureReason::Http5xx, failed)].into();
    LoadPoint { requests: RequestCounts { failed, ..point.requests.clone() }, ..point }
}

fn uncounted(point: LoadPoint) -> LoadPoint {
    let token_source = [(TokenSource::Chunks, 100)].into();
    LoadPoint { requests: RequestCounts { token_source, ..point.requests.clone() }, ..point }
}

#[test]
fn buys_the_cheapest_point_up_to_the_load_line() {
    let rising = vec![
        point(1.0, 100.0, 10.0, 5.0),
        point(2.0, 190.0, 19.0, 6.0),
        point(4.0, 300.0, 30.0, 20.0),
        point(8.0, 900.0, 90.0, 6.0),
    ];
    let bent = vec![
        point(1.0, 100.0, 10.0, 5.0),
        point(2.0, 190.0, 19.0, 5.0),
        point(4.0, 150.0, 15.0, 5.0),
    ];
    let flat = vec![point(1.0, 100.0, 10.0, 5.0), point(2.0, 100.0, 10.0, 5.0)];
    for (points, slo, bought) in [
        (&rising, "ttft.p90=10ms", "concurrency 2"),
        (&rising, "ttft.p90=1ms", "concurrency 1: ttft p90 is 5.00 ms, over 1.00 ms"),
        (&bent, "ttft.p90=10ms", "concurrency 2"),
        (&flat, "ttft.p90=10ms", "concurrency 1"),
    ] {
        assert_eq!(load_or_reason(&sheet(points.clone(), &settings(&[slo]))), bought, "{slo}");
    }
}

#[test]
fn the_load_line_may_be_read_between_two_loads_but_not_beyond() {
    // The ttft of 5 ms at 2 becomes 25 ms at 6: 15 ms would be reached at 4.
    let points = vec![point(2.0, 100.0, 10.0, 5.0), point(6.0, 300.0, 30.0, 25.0)];
    let interpolated = |slo: &str| {
        let settings = PriceSettings { load_line: LoadLineRule::Interpolated, ..settings(&[slo]) };
        sheet(points.clone(), &settings)
    };
    for (slo, bought) in [
        ("ttft.p90=15ms", "concurrency 4"),
        ("ttft.p90=19.9ms", "concurrency 4"),
        ("ttft.p90=6ms", "concurrency 2"),
        ("ttft.p90=30ms", "concurrency 6"),
        ("ttft.p90=1ms", "concurrency 2: ttft p90 is 5.00 ms, over 1.00 ms"),
    ] {
        assert_eq!(load_or_reason(&interpolated(slo)), bought, "{slo}");
    }
    let sheet = interpolated("ttft.p90=15ms");
    let price = sheet.tiers[0].price().unwrap();
    assert!(close(price.output_tok_per_s.get(), 20.0, 1e-9));
    assert!(price.notes.iter().any(|note| note.contains("nothing was measured there")));
}

#[test]
fn without_a_promise_the_highest_throughput_that_works() {
    let points = vec![
        point(1.0, 100.0, 10.0, 5.0),
        point(2.0, 190.0, 19.0, 6.0),
        failing(point(4.0, 900.0, 90.0, 7.0), 2),
    ];
    let found = sheet(points, &settings(&[]));
    assert_eq!(
        (found.tiers[0].name.as_str(), load_or_reason(&found)),
        ("max", "concurrency 2".to_owned())
    );
    let broken = sheet(vec![failing(point(1.0, 1.0, 1.0, 1.0), 100)], &settings(&[]));
    assert_eq!(
        load_or_reason(&broken),
        "no load can be billed; concurrency 1: 50.0 % of requests failed, over 1.0 %"
    );
}

#[test]
fn what_cannot_be_priced_says_why() {
    let mean_only = LoadPoint {
        ttft_ms: Some(Distribution::Mean { mean: Milliseconds::new(1.0), n: None }),
        ..point(1.0, 100.0, 10.0, 5.0)
    };
    for (points, allocation, reason) in [
        (vec![mean_only], "time", "cannot be decided: only the mean is known"),
        (vec![], "time", "the curve has no load points"),
        (vec![uncounted(point(1.0, 9.0, 9.0, 5.0))], "time", "token counts come from chunks"),
        (vec![point(1.0, 0.0, 10.0, 5.0)], "time", "no input tokens were counted, so `time`"),
        (vec![point(1.0, 0.0, 10.0, 5.0)], "ratio:4", "no input tokens were counted, so `ratio:4`"),
        (vec![point(1.0, 9.0, 0.0, 5.0)], "double-count", "no output tokens were counted"),
        (vec![point(1.0, 0.0, 0.0, 5.0)], "blended", "no tokens were served"),
        (vec![point(1.0, f64::INFINITY, 1.0, 5.0)], "time", "out of any real range"),
    ] {
        let settings = PriceSettings {
            allocation: allocation.parse().unwrap(),
            ..settings(&["ttft.p90=10ms"])
        };
        let found = sheet(points, &settings);
        assert!(load_or_reason(&found).contains(reason), "{}", load_or_reason(&found));
        let json = serde_json::to_value(&found).unwrap();
        assert!(json["tiers"][0]["usd_per_mtok_output"].is_null());
        assert!(matches!(found.shortfall(None), Some(Shortfall::NoTier { .. })));
    }
    let mut hosted = curve(vec![point(1.0, 9.0, 9.0, 5.0)]);
    hosted.deployment.kind = DeploymentKind::Hosted;
    let found = price(&[hosted], &settings(&[])).unwrap();
    assert!(load_or_reason(&found).contains("billed by the token"));
}

#[test]
fn uncounted_points_are_passed_over_aloud() {
    let points = vec![point(1.0, 90.0, 9.0, 5.0), uncounted(point(2.0, 900.0, 90.0, 5.0))];
    let found = sheet(points, &settings(&["ttft.p90=10ms"]));
    assert_eq!(load_or_reason(&found), "concurrency 1");
    assert!(found.tiers[0].price().unwrap().notes[0].starts_with("1 load point left out"));
}

#[test]
fn unknown_phase_times_fall_back_to_blended_aloud() {
    let no_phase = LoadPoint { phase: None, ..point(1.0, 300.0, 100.0, 5.0) };
    let found = sheet(vec![no_phase], &settings(&[]));
    let price = found.tiers[0].price().unwrap();
    assert_eq!((price.allocation, price.basis.as_deref()), (Allocation::Blended, None));
    assert_eq!(price.usd_per_mtok_input, price.usd_per_mtok_output);
    assert!(price.notes[0].contains("phase times are unknown"), "{:?}", price.notes);
}

#[test]
fn time_charges_each_phase_to_its_tokens() {
    // $0.001 per second, a quarter of it prefill: 0.00025 over 100 and 0.00075 over 10 tokens.
    let found = sheet(vec![point(1.0, 100.0, 10.0, 5.0)], &settings(&[]));
    let price = found.tiers[0].price().unwrap();
    assert!(close(price.usd_per_mtok_input.get(), 2.5, 1e-12));
    assert!(close(price.usd_per_mtok_output.get(), 75.0, 1e-12));
    assert_eq!(price.basis.as_deref(), Some("ttft1"));
}

#[test]
fn replicas_are_billed_with_the_idle_rest() {
    let on = |gpus: u32| {
        let mut curve = curve(vec![point(1.0, 300.0, 100.0, 5.0)]);
        curve.deployment.pools = vec![Pool::tensor_parallel(gpus)];
        curve
    };
    let with = |packing, gpus_used| PriceSettings {
        packing,
        gpus_used,
        ..PriceSettings::new(rental(8.0, 8, 1))
    };
    let of = |curve: LoadCurve, settings| {
        let sheet = price(&[curve], &settings).unwrap();
        let price = sheet.tiers[0].price().unwrap().clone();
        (price.replicas, price.output_tok_per_s.get(), price.notes.join("; "), sheet.notes)
    };
    let (replicas, output, notes, sheet_notes) = of(on(3), with(Packing::FillBox, None));
    assert_eq!((replicas, output), (2, 200.0));
    assert!(notes.contains("2 idle GPUs are charged too"), "{notes}");
    assert_eq!(sheet_notes, ["replicas assumed not to interfere; not measured"]);
    let (replicas, output, notes, _) = of(on(3), with(Packing::OneReplica, None));
    assert_eq!((replicas, output), (1, 100.0));
    assert!(notes.contains("5 idle GPUs are charged too; 2 replicas would fit"), "{notes}");
    let (replicas, ..) = of(on(3), with(Packing::FillBox, Some(1)));
    assert_eq!(replicas, 8, "what the user says beats what the file says");
}

#[test]
fn the_answer_and_the_recommendation() {
    let named = |name: &str, rate: f64, latency_ms: f64| LoadCurve {
        name: name.to_owned(),
        ..curve(vec![point(1.0, rate, rate, latency_ms)])
    };
    let curves = [named("slow", 900.0, 50.0), named("dear", 10.0, 5.0), named("good", 90.0, 5.0)];
    let found =
        price(&curves, &settings(&["fast:ttft.p90=10ms", "any:ttft.p90=1s", "no:ttft.p90=1ms"]))
            .unwrap();
    let best: Vec<_> = found
        .best_per_tier()
        .iter()
        .map(|tier| (tier.name.as_str(), tier.curve.as_str()))
        .collect();
    assert_eq!(best, [("fast", "good"), ("any", "slow")]);
    assert_eq!(found.shortfall(None), None);
    assert_eq!(found.shortfall(Some("fast")), None);
    assert_eq!(
        found.shortfall(Some("no")).unwrap().to_string(),
        "tier `no` is not met: concurrency 1: ttft p90 is 50.0 ms, over 1.00 ms"
    );
    assert_eq!(
        found.shortfall(Some("vip")).unwrap().to_string(),
        "no tier is named `vip`: there are fast, any, no"
    );
}

#[test]
fn settings_without_a_price_are_refused() {
    for rental in [
        rental(0.0, 1, 1),
        rental(-1.0, 1, 1),
        rental(f64::NAN, 1, 1),
        rental(1.0, 0, 1),
        rental(1.0, 1, 0),
    ] {
        assert!(price(&[], &PriceSettings::new(rental.clone())).is_err(), "{rental:?}");
    }
}

fn cut_off(point: LoadPoint, cancelled: u64) -> LoadPoint {
    LoadPoint { requests: RequestCounts { cancelled, ..point.requests.clone() }, ..point }
}

#[test]
fn a_load_that_was_cut_off_is_not_priced_and_says_why() {
    let whole = point(4.0, 300.0, 30.0, 5.0);
    let last = point(8.0, 900.0, 900.0, 5.0);
    for slo in [&["ttft.p90=10ms"][..], &[]] {
        let settings = settings(slo);
        let of =
            |cancelled| sheet(vec![whole.clone(), cut_off(last.clone(), cancelled)], &settings);
        assert_eq!(load_or_reason(&of(0)), "concurrency 8");
        assert_eq!(load_or_reason(&of(1)), "concurrency 8", "one in a hundred is as good as whole");
        let sheet = of(8);
        assert_eq!(load_or_reason(&sheet), "concurrency 4");
        let notes = sheet.tiers[0].price().unwrap().notes.join(" ");
        assert!(notes.contains("concurrency 8 was cut off with 8 requests in flight"), "{notes}");
    }
    let reason = load_or_reason(&sheet(vec![cut_off(last, 8)], &settings(&[])));
    assert!(reason.contains("not priced"), "{reason}");
}

#[test]
fn a_percentile_of_too_few_samples_is_said_to_be_one() {
    let slo = &["x:ttft.p99.9=1s"];
    let sheet = sheet(vec![point(4.0, 300.0, 30.0, 5.0)], &settings(slo));
    let notes = sheet.tiers[0].price().unwrap().notes.join(" ");
    assert!(notes.contains("ttft p99.9 rests on 1 sample: it needs 6636"), "{notes}");
}

#[test]
fn what_is_not_sold_is_paid_by_what_is() {
    let points = vec![point(4.0, 300.0, 30.0, 5.0)];
    let half = Utilisation::new(0.5).unwrap();
    let full = sheet(points.clone(), &settings(&[]));
    let sold = sheet(points, &PriceSettings { utilisation: half, ..settings(&[]) });
    let (full, sold_at) = (full.tiers[0].price().unwrap(), sold.tiers[0].price().unwrap());
    for (a, b) in [
        (full.usd_per_mtok_input, sold_at.usd_per_mtok_input),
        (full.usd_per_mtok_output, sold_at.usd_per_mtok_output),
        (full.usd_per_mtok_blended, sold_at.usd_per_mtok_blended),
    ] {
        assert!(close(b.get(), a.get() * 2.0, 1e-12));
    }
    assert_eq!(sold_at.usd_per_hour_total, full.usd_per_hour_total, "the bill stays");
    assert!(
        close(sold_at.output_tok_per_s.get(), 15.0, 1e-12) && close(sold_at.recovery, 1.0, 1e-9)
    );
    assert!(sold.notes[0].starts_with("50 % of what the load line serves is sold"));
}
