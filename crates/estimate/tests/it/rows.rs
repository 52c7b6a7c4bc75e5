//! Tables of configurations and of measurements.

use farebox_catalog::Catalogue;
use farebox_catalog::model::ModelCatalog;
use farebox_core::{
    Distribution, Load, LoadCurve, LoadKind, LoadPoint, Milliseconds, Pool, RequestsPerSecond,
    TokensPerSecond,
};
use farebox_estimate::Calibration;
use farebox_estimate::rows::{Resolver, estimate_rows, read_measured, rows_of_curve};
use farebox_estimate::validate::{Predicted, Report, judge};

/// Rows of the published measurements, and one for each reason that excuses a row.
pub(crate) const ROWS: &str = include_str!("../../fixtures/rows.csv");

/// Columns that describe a configuration.
const CONFIGURATION: [&str; 17] = [
    "row_id",
    "engine",
    "engine_version",
    "model_hf_id",
    "gpu_id",
    "num_gpus",
    "tp",
    "pp",
    "ep",
    "dp",
    "mode",
    "precision_weights",
    "precision_kv",
    "isl",
    "osl",
    "concurrency",
    "request_rate",
];

pub(crate) fn resolver() -> Resolver<'static> {
    Resolver::new(Catalogue::embedded().accelerators().unwrap(), ModelCatalog::embedded())
}

fn estimates(text: &str) -> (String, usize) {
    estimate_rows(text, &mut resolver(), Calibration::embedded()).unwrap()
}

/// `text` with every column that is no configuration emptied.
fn blanked(text: &str) -> String {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().unwrap().clone();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&headers).unwrap();
    for record in reader.records() {
        let record = record.unwrap();
        let keep = |(name, value)| if CONFIGURATION.contains(&name) { value } else { "" };
        writer.write_record(headers.iter().zip(record.iter()).map(keep)).unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

#[test]
fn what_was_measured_never_reaches_the_estimate() {
    assert_eq!(estimates(ROWS), estimates(&blanked(ROWS)));
}

#[test]
fn every_row_has_an_estimate_or_a_reason() {
    let (text, answered) = estimates(ROWS);
    assert!(text.starts_with("row_id,ttft_ms,tpot_ms,output_tok_per_s,total_tok_per_s,status\n"));
    let statuses: Vec<&str> =
        text.lines().skip(1).map(|line| line.rsplit(',').next().unwrap()).collect();
    assert_eq!(statuses.len(), ROWS.lines().count() - 1);
    assert_eq!(statuses.iter().filter(|s| **s == "ok").count(), answered);
    for reason in ["disaggregated", "mlperf", "missing_column", "unknown_model"] {
        assert!(statuses.iter().any(|s| s.starts_with(reason)), "{reason}");
    }
}

#[test]
fn hostile_numbers_are_refused_with_a_reason() {
    let head = "row_id,model_hf_id,gpu_id,tp,isl,osl,concurrency\n";
    for (row, status) in [
        ("a,Qwen/Qwen3-32B,h100-sxm,1,-5,10,1", "refused"),
        ("a,Qwen/Qwen3-32B,h100-sxm,1,0,10,1", "refused"),
        ("a,Qwen/Qwen3-32B,h100-sxm,1,NaN,10,1", "bad_number"),
        ("a,Qwen/Qwen3-32B,h100-sxm,1,1e300,10,1", "refused"),
        ("a,Qwen/Qwen3-32B,h100-sxm,1,100,inf,1", "refused"),
        ("a,Qwen/Qwen3-32B,h100-sxm,7,100,10,1", "refused"),
        ("a,Qwen/Qwen3-32B,h100-sxm,0,100,10,1", "refused"),
        ("a,Qwen/Qwen3-32B,h100-sxm,one,100,10,1", "bad_number"),
        ("a,Qwen/Qwen3-32B,h900,1,100,10,1", "unknown_gpu"),
        ("a,nobody/nothing,h100-sxm,1,100,10,1", "unknown_model"),
    ] {
        let (text, answered) = estimates(&format!("{head}{row}\n"));
        assert_eq!(answered, 0, "{row}");
        assert!(text.contains(status), "{row}: {text}");
    }
}

#[test]
fn judged_rows_are_covered_and_the_others_are_counted() {
    let rows = read_measured(ROWS).unwrap();
    let mut resolver = resolver();
    resolver.load(rows.iter().map(|row| &row.config));
    let judgement = judge(&rows, &resolver);
    let predicted: Vec<_> =
        judgement.judged.iter().map(|row| Predicted::of(row, Calibration::embedded())).collect();
    let report = Report::new(&judgement, &predicted);
    assert!((report.coverage_pct - 100.0).abs() < 1e-9, "{:?}", report.refused);
    assert_eq!(report.judged + report.skipped.values().sum::<u64>(), rows.len() as u64);
    assert!(report.metrics.tpot.unwrap().median_ape_pct < 15.0);
}

#[test]
fn loads_of_a_run_are_rows_and_a_run_without_a_machine_takes_the_one_named() {
    let document = serde_json::json!({
        "schema": "farebox.curve/1",
        "name": "mine",
        "deployment": {
            "kind": "machine", "model": "Qwen/Qwen3-8B", "engine": "vllm", "pools": [],
        },
        "workload": { "isl": 100, "osl": 10, "osl_observed": 9.5 },
        "source": "measured",
        "complete": true,
        "points": [],
    });
    let mut curve: LoadCurve = serde_json::from_value(document).unwrap();
    let rate = TokensPerSecond::new(200.0);
    for steady in [true, false] {
        let load = Load { kind: LoadKind::Concurrency, value: 4.0 }.offered(steady);
        let mut point = LoadPoint::of_rates(load, rate, rate, RequestsPerSecond::new(20.0));
        point.requests.in_window = 7;
        let mean = Milliseconds::new(12.0);
        point.ttft_ms = Some(Distribution::Mean { mean, n: None });
        curve.points.push(point);
    }
    let machine = Pool { gpu: Some("l4".to_owned()), ..Pool::tensor_parallel(2) };
    let rows = rows_of_curve(&curve, Some(&machine));
    let mut resolver = resolver();
    resolver.load(rows.iter().map(|row| &row.config));
    let judgement = judge(&rows, &resolver);
    let [judged] = &judgement.judged[..] else { panic!("{judgement:?}") };
    let question = judged.question.as_ref().unwrap();
    assert_eq!((question.job.isl, question.job.osl), (100.0, 9.5), "observed before asked");
    assert_eq!(question.setup.parallel.tp, 2);
    assert_eq!(judged.row.measured.ttft_ms, Some(12.0));
    assert_eq!(judgement.skipped[0].row.quality, "not steady");
    assert!(judge(&rows_of_curve(&curve, None), &resolver).judged.is_empty());
}
