//! The pricing seed's published figures, reproduced and corrected.

use crate::support::{close, rental};
use farebox_core::{LoadCurve, LoadPoint};
use farebox_price::import::pricing_seed::{ImportError, SeedRun, looks_like, read};
use farebox_price::{Allocation, Packing, Price, PriceSettings, PriceSheet, price};

const FILE: &str = include_str!(
    "../../fixtures/pricing-seed/Meta-Llama-3.1-8B-Instruct_DGX_Station_A100_80GB.jsonl"
);
const DERIVED: &str = include_str!("../../fixtures/pricing-seed/derived_prices.csv");

/// Its three tiers, on means as it tests them.
const TIERS: [&str; 3] = [
    "Baseline:ttft.mean=1s,tpot.mean=50ms",
    "Fast:ttft.mean=0.5s,tpot.mean=16.7ms",
    "Instant:ttft.mean=0.25s,tpot.mean=10ms",
];

fn curves() -> Vec<LoadCurve> {
    read(FILE, &SeedRun::published()).unwrap()
}

fn priced(allocation: Allocation, packing: Packing, slos: &[&str]) -> PriceSheet {
    let settings = PriceSettings {
        slos: slos.iter().map(|slo| slo.parse().unwrap()).collect(),
        allocation,
        packing,
        ..PriceSettings::new(rental(5.0, 4, 4))
    };
    price(&curves(), &settings).unwrap()
}

fn find<'a>(sheet: &'a PriceSheet, curve: &str, tier: &str) -> Option<&'a Price> {
    sheet.tiers.iter().find(|t| t.curve == curve && t.name == tier).unwrap().price()
}

#[test]
fn the_headline_is_reproduced_and_recovers_twice() {
    let sheet = priced(Allocation::DoubleCount, Packing::OneReplica, &TIERS);
    let headline = find(&sheet, "w8a8_4", "Instant").unwrap();
    assert_eq!(format!("{:.4}", headline.usd_per_mtok_input.get()), "0.2890");
    assert_eq!(format!("{:.4}", headline.usd_per_mtok_output.get()), "1.2144");
    assert!(close(headline.recovery, 2.0, 1e-9));
}

/// Every row of the derived table. Their rule takes the most output tokens among batches that
/// pass, ours the most tokens of both kinds below an unbroken load line: here they agree.
#[test]
fn all_rows_of_the_derived_table_come_out() {
    let seed = priced(Allocation::DoubleCount, Packing::OneReplica, &TIERS);
    let ours = priced(Allocation::Time, Packing::FillBox, &TIERS);
    let rows: Vec<Vec<&str>> = DERIVED.lines().skip(1).map(|l| l.split(',').collect()).collect();
    assert_eq!(rows.len(), 21);
    for row in rows {
        let (seed, ours) = (find(&seed, row[0], row[1]), find(&ours, row[0], row[1]));
        if row[2].is_empty() {
            assert!(seed.is_none() && ours.is_none(), "{row:?}");
            continue;
        }
        let (seed, ours) = (seed.unwrap(), ours.unwrap());
        let share = point_of(row[0], ours).phase.as_ref().unwrap().prefill_share();
        for (column, got) in [
            (2, seed.load.value),
            (2, ours.load.value),
            (7, seed.usd_per_mtok_input.get()),
            (8, seed.usd_per_mtok_output.get()),
            (9, f64::from(ours.replicas)),
            (10, ours.usd_per_mtok_blended.get()),
            (11, share),
            (12, ours.usd_per_mtok_input.get()),
            (13, ours.usd_per_mtok_output.get()),
        ] {
            let expected: f64 = row[column].parse().unwrap();
            assert!(close(got, expected, 1e-4), "column {column} is {got}: {row:?}");
        }
    }
}

fn point_of(curve: &str, price: &Price) -> LoadPoint {
    let curve = curves().into_iter().find(|c| c.name == curve).unwrap();
    curve.points.into_iter().find(|p| p.offered.value == price.load.value).unwrap()
}

#[test]
fn filling_the_box_changes_the_winner() {
    for (packing, winner) in [(Packing::OneReplica, "w8a8_4"), (Packing::FillBox, "w8a8_1")] {
        let sheet = priced(Allocation::Time, packing, &TIERS);
        let best: Vec<_> = sheet.best_per_tier().iter().map(|tier| tier.curve.as_str()).collect();
        assert_eq!(best, [winner; 3], "{packing:?}");
    }
}

#[test]
fn a_percentile_of_its_means_is_never_passed() {
    let sheet = priced(Allocation::Time, Packing::FillBox, &["ttft.p90=10s"]);
    for tier in &sheet.tiers {
        assert_eq!(
            tier.reason(),
            Some("batch 1: ttft p90 cannot be decided: only the mean is known"),
            "{}",
            tier.curve
        );
    }
}

#[test]
fn the_output_length_is_confirmed_by_whole_token_totals() {
    for curve in curves() {
        for point in &curve.points {
            let wall_s = point.offered.value / point.requests_per_s.get();
            let input = point.input_tok_per_s.get() * wall_s;
            assert!(
                (input - input.round()).abs() < 1e-3,
                "{} {}: {input}",
                curve.name,
                point.offered
            );
        }
        let isl = curve.workload.isl_observed.unwrap();
        assert!((1870.0..1910.0).contains(&isl), "{isl}");
        let tp = curve.name.rsplit('_').next().unwrap();
        assert_eq!(curve.deployment.gpus().unwrap().to_string(), tp);
    }
}

#[test]
fn a_wrong_file_is_refused_by_line_and_field() {
    let line = |id: &str, measured: &str| format!(r#"{{"id":"{id}","measurements":[{measured}]}}"#);
    let with = |batch: &str, ttft: &str| {
        format!(
            r#"{{"batch_size":{batch},"input_tps":9,"output_tps":3,"avg_ttft":{ttft},"avg_tpot":0.01}}"#
        )
    };
    let good = with("1", "0.1");
    let two = [good.clone(), good.clone()].join(",");
    for (text, message) in [
        (String::new(), "the file holds no configuration"),
        ("\n\n".to_owned(), "the file holds no configuration"),
        ("nonsense".to_owned(), "line 1: expected"),
        (line("a_1", ""), "line 1: `measurements` is empty"),
        (
            line("a_1", &good) + "\n\n" + &line("a_1", &good),
            "line 3: the id `a_1` was used on line 1",
        ),
        (line("a_1", &two), "line 1: batch_size 1 stands there twice"),
        (line("a_1", &with("0", "0.1")), "line 1: `batch_size` is 0: it must be above 0"),
        (line("a_1", &with("1", "-2")), "line 1: `avg_ttft` is -2: it must be above 0"),
        (line("a_1", &with("1", "NaN")), "line 1: expected value"),
        (line("a_1", &with("1", "1e999")), "line 1: number out of range"),
        (line("a_1", r#"{"batch_size":1}"#), "line 1: missing field `input_tps`"),
        (line("alone", &good), "line 1: the id `alone` is not PRECISION_TP"),
        (line("a_0", &good), "line 1: the id `a_0` is not PRECISION_TP"),
    ] {
        let error: ImportError = read(&text, &SeedRun::published()).unwrap_err();
        assert!(error.to_string().starts_with(message), "{error}, not {message}");
    }
    assert!(looks_like(FILE) && !looks_like("") && !looks_like(r#"{"schema":"farebox.curve/1"}"#));
}
