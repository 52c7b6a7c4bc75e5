//! The raw runs of the engine-comparison seed, `bencyna/hpml-llama2-tgi`: what it published, and
//! what its data say.

use crate::support::{close, rental};
use farebox_core::phase_fit::{FitError, attach_fitted_phases, token_costs};
use farebox_core::{LoadCurve, LoadKind, Metric, Statistic};
use farebox_price::import::vllm_bench::{
    Aggregate, Run, SummaryError, aggregate, cited, curves, looks_like, read,
};
use farebox_price::{Allocation, PriceSettings, price};

const TASKS: [(&str, &str); 5] = [
    ("fact_recall", include_str!("../../fixtures/engine-seed/vllm_fact_recall.summary.csv")),
    (
        "sentiment_classification",
        include_str!("../../fixtures/engine-seed/vllm_sentiment_classification.summary.csv"),
    ),
    (
        "simple_reasoning",
        include_str!("../../fixtures/engine-seed/vllm_simple_reasoning.summary.csv"),
    ),
    (
        "summarization_1",
        include_str!("../../fixtures/engine-seed/vllm_summarization_1.summary.csv"),
    ),
    (
        "summarization_2",
        include_str!("../../fixtures/engine-seed/vllm_summarization_2.summary.csv"),
    ),
];
const MEANS: &str = include_str!("../../fixtures/engine-seed/vllm_aggregate_mean_of_3.csv");

fn runs(task: &str) -> Vec<Run> {
    let (_, text) = TASKS.into_iter().find(|(name, _)| *name == task).unwrap();
    assert!(looks_like(text));
    read(text).unwrap()
}

fn at(task: &str, cap: f64) -> Vec<Run> {
    runs(task).into_iter().filter(|run| run.max_concurrency == Some(cap)).collect()
}

/// A row of our own table of means, in its rounding.
fn line(task: &str, row: &Aggregate) -> String {
    let one = |value: f64| format!("{value:.1}");
    let three = |value: f64| {
        let text = format!("{value:.3}");
        let text = text.trim_end_matches('0');
        if text.ends_with('.') { format!("{text}0") } else { text.to_owned() }
    };
    [
        task.to_owned(),
        format!("{:.0}", row.max_concurrency),
        one(row.input_tokens_per_request),
        one(row.output_tokens_per_request),
        three(row.output_tok_per_s),
        three(row.requests_per_s),
        three(row.ttft_mean_ms),
        three(row.ttft_p99_ms),
        three(row.tpot_mean_ms),
        three(row.e2e_mean_ms),
        three(row.duration_s),
    ]
    .join(",")
}

#[test]
fn all_forty_means_come_out() {
    let ours: Vec<String> = TASKS
        .iter()
        .flat_map(|(task, _)| aggregate(&runs(task)).into_iter().map(move |row| line(task, &row)))
        .collect();
    let published: Vec<&str> = MEANS.lines().skip(1).collect();
    assert_eq!(ours.len(), 40);
    assert_eq!(ours, published);
}

/// Its table has one column "TTFT". At one request in flight it holds means, at 128 it holds
/// 99th percentiles of single runs, of which the means are 8 and 17 % lower.
#[test]
fn its_table_mixes_means_with_percentiles() {
    let is = |task, cap, published| cited(published, &at(task, cap), Metric::Ttft).unwrap();
    let single = is("fact_recall", 1.0, 63.16);
    assert_eq!((single.statistic, single.run), (Statistic::Mean, None));
    for (task, published) in [("fact_recall", 593.00), ("simple_reasoning", 601.00)] {
        let found = is(task, 128.0, published);
        assert_eq!(found.statistic, Statistic::Percentile(99.0), "{task}: {found:?}");
        assert!(found.run.is_some(), "of one run: {found:?}");
    }
    let mean = |task| aggregate(&at(task, 128.0))[0].ttft_mean_ms;
    assert!(
        close(mean("fact_recall"), 542.79, 1e-4) && close(mean("simple_reasoning"), 500.70, 1e-4)
    );
    // A figure of nothing that is there.
    assert_eq!(cited(570.0, &at("fact_recall", 128.0), Metric::Ttft), None);
}

/// $2.93 an hour is not the price of the card it used: the same tokens at $0.71 cost a quarter.
#[test]
fn its_dollars_are_those_of_another_card() {
    let reasoning = curves(&runs("simple_reasoning"), "reasoning");
    let output_alone = |usd_per_hour: f64| {
        let settings = PriceSettings {
            allocation: Allocation::DoubleCount,
            ..PriceSettings::new(rental(usd_per_hour, 1, 1))
        };
        let sheet = price(&reasoning, &settings).unwrap();
        let dearest = sheet.tiers[0].price().unwrap();
        assert_eq!(dearest.load.value, 100.0, "100 requests, whatever the cap says");
        dearest.usd_per_mtok_output.get()
    };
    assert_eq!(format!("{:.2}", output_alone(2.93)), "0.71", "as published");
    assert_eq!(format!("{:.3}", output_alone(0.71)), "0.173");
}

#[test]
fn runs_of_a_load_are_one_point_and_no_percentile_is_better_than_its_worst_run() {
    let curve = &curves(&runs("fact_recall"), "recall")[0];
    assert_eq!(curve.points.len(), 8);
    let point = curve.points.last().unwrap();
    assert_eq!((point.offered.kind, point.offered.steady), (LoadKind::Concurrency, false));
    assert_eq!((point.repeats, point.requests.ok), (3, 300));
    let worst = point.latency(Metric::Ttft).unwrap().at(Statistic::Percentile(99.0)).unwrap();
    let p99 = |run: &Run| run.latency(Metric::Ttft, Statistic::Percentile(99.0)).unwrap();
    let highest = at("fact_recall", 128.0).iter().map(p99).fold(0.0, f64::max);
    assert_eq!(worst.get(), highest);
    assert_eq!(curve.deployment.engine.as_deref(), Some("vllm"));
    assert_eq!(curve.workload.osl_observed, Some(5.0));
}

#[test]
fn settings_of_the_server_that_differ_are_curves_of_their_own() {
    let text = TASKS[0].1;
    let half: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(at, line)| match at {
            13.. => line.replace(",256,4096,auto", ",64,4096,auto"),
            _ => line.to_owned(),
        })
        .collect();
    let named = |curves: Vec<LoadCurve>| -> Vec<(String, usize)> {
        curves.into_iter().map(|curve| (curve.name, curve.points.len())).collect()
    };
    let both = named(curves(&read(&half.join("\n")).unwrap(), "r"));
    let name = |seqs: u32| format!("r max_num_seqs={seqs} max_model_len=4096 dtype=auto");
    assert_eq!(both, [(name(256), 4), (name(64), 4)]);
    assert_eq!(named(curves(&read(text).unwrap(), "r")), [("r".to_owned(), 8)]);
}

#[test]
fn a_damaged_line_is_named() {
    let lines: Vec<&str> = TASKS[0].1.lines().collect();
    let second = |from: &str, to: &str| {
        let damaged = lines[2].replacen(from, to, 1);
        let text = [lines[0], lines[1], &damaged].join("\n");
        read(&text).unwrap_err().to_string()
    };
    assert_eq!(
        second(",27.681855070999973,", ",fast,"),
        "line 3: `duration` is `fast`: it must be a number from 0 on"
    );
    assert_eq!(
        second(",27.681855070999973,", ",0,"),
        "line 3: `duration` is `0`: it must be a number above 0"
    );
    assert_eq!(second(",27.681855070999973,", ",,"), "line 3: `duration` is missing");
    assert!(second(",1500,", ",1500,7,").contains("found record with"), "too many fields");
    assert_eq!(read(lines[0]).unwrap_err(), SummaryError::Empty);
    assert!(!looks_like("ttft,tpot\n1,2\n"));
}

fn all_tasks() -> Vec<LoadCurve> {
    TASKS.iter().flat_map(|(task, _)| curves(&runs(task), task)).collect()
}

/// Its five tasks are five mixes of input and output. With one request in flight an output token
/// costs what TPOT says; an input token costs so little, from a warm prefix cache, that zero is in
/// its interval.
#[test]
fn five_mixes_tell_prefill_from_decode() {
    let alone: Vec<(f64, f64)> = all_tasks()
        .iter()
        .map(|curve| &curve.points[0])
        .map(|point| (point.input_tok_per_s.get(), point.output_tok_per_s.get()))
        .collect();
    let costs = token_costs(&alone).unwrap();
    let output = costs.output.interval.unwrap();
    assert!(output.holds(0.0533) && output.relative_half_width(0.0533) < Some(0.04), "{costs:?}");
    let input = costs.input.interval.unwrap();
    assert!(input.holds(0.0) && input.high < 1.2e-3, "{costs:?}");
}

#[test]
fn the_fit_becomes_the_basis_of_prices() {
    let mut curve = curves(&runs("summarization_1"), "summary").remove(0);
    attach_fitted_phases(&mut curve, &all_tasks()).unwrap();
    let settings = PriceSettings::new(rental(0.71, 1, 1));
    let sheet = price(&[curve.clone()], &settings).unwrap();
    let at_most = sheet.tiers[0].price().unwrap();
    assert_eq!(at_most.basis.as_deref(), Some("least-squares"));
    assert!(close(at_most.recovery, 1.0, 1e-9));
    let point = curve.points.last().unwrap();
    assert!(point.phase.as_ref().unwrap().prefill_share() < 0.05, "{:?}", point.phase);
    assert!(point.interval("phase.prefill_s").is_some());
    let mut alone = curves(&runs("summarization_1"), "summary").remove(0);
    let refused = attach_fitted_phases(&mut alone, std::slice::from_ref(&curve));
    assert_eq!(refused, Err(FitError::OneMix("summary".to_owned())));
}
