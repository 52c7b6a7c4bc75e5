//! Tables for people, and the forms for machines.

use crate::support::{curve, settings, slos};
use farebox_core::{Distribution, LoadCurve, Milliseconds};
use farebox_price::{PriceSettings, PriceSheet, price};
use farebox_report::{Format, render_curve, render_curves, render_sheet};
use insta::assert_snapshot;

fn sheet(curves: &[LoadCurve]) -> PriceSheet {
    price(curves, &settings()).unwrap()
}

/// The same curve as another tool would give it: means only, no time per output token.
fn means() -> LoadCurve {
    let mut means = LoadCurve { name: "me|ans".to_owned(), complete: false, ..curve() };
    for point in &mut means.points {
        let mean = point.ttft_ms.as_ref().unwrap().mean();
        point.ttft_ms = Some(Distribution::Mean { mean, n: None });
        point.tpot_ms = None;
    }
    means
}

#[test]
fn a_curve_for_people() {
    assert_snapshot!(render_curve(&curve(), Format::Human).unwrap(), @r"
    concurrency   ok  failed    n  input  output  req/s    ttft    ttft    tpot    tpot
                                   tok/s   tok/s         p50 ms  p90 ms  p50 ms  p90 ms
    ───────────────────────────────────────────────────────────────────────────────────
              1  110       0  100    320    80.0   0.62    75.0    87.0    10.0   ~11.6
              4  110       0  100  1,160     290   2.27     188     218    11.9   ~13.8
            *16  110       0  100  3,600     900   7.03     875   1,015    17.5   ~20.3

    ~ too few samples: p50 needs 11, p90 64, p95 130, p99 662.
    * too few requests to cut off ramp and drain: figures span the whole point.
    ");
}

#[test]
fn a_curve_of_which_little_is_known() {
    let mut partly = means();
    partly.points[1].ttft_ms = None;
    partly.points[2].ttft_ms =
        Some(Distribution::Mean { mean: Milliseconds::new(f64::NAN), n: None });
    assert_snapshot!(render_curve(&partly, Format::Human).unwrap(), @r"
    concurrency   ok  failed    n  input  output  req/s     ttft
                                   tok/s   tok/s         mean ms
    ────────────────────────────────────────────────────────────
              1  110       0  100    320    80.0   0.62     75.0
              4  110       0  100  1,160     290   2.27        —
            *16  110       0  100  3,600     900   7.03        —

    * too few requests to cut off ramp and drain: figures span the whole point.
    Partial, the run was cut short: me|ans.
    ");
}

#[test]
fn a_pricing_matrix_for_people() {
    assert_snapshot!(render_sheet(&sheet(&[curve()]), Format::Human).unwrap(), @r"
    tier     load           replicas  input  output   input  output  blended  recovery
                                      tok/s   tok/s  $/Mtok  $/Mtok   $/Mtok
    ──────────────────────────────────────────────────────────────────────────────────
    fast     concurrency 4         1  1,160     290  0.1724  2.7586   0.6897      1.00
    instant  no price              —      —       —       —       —        —         —

    fast: ttft p90 ≤ 500 ms, tpot p90 ≤ 16.7 ms
    instant: ttft p90 ≤ 20 ms
    No price, instant: concurrency 1: ttft p90 is 87.0 ms, over 20.0 ms.
    Bill: $3.60 per hour for 2 GPUs (--price-per-hour); one replica carries all of it.
    Allocation: time (prefill time pays for input, decode time for output, basis ttft1).
    Note: 1 idle GPU is charged too; 2 replicas would fit: see --fill-box.
    Note: tpot p90 rests on 20 samples: it needs 64.
    ");
}

#[test]
fn a_pricing_matrix_of_several_curves_in_markdown() {
    let sheet = sheet(&[curve(), means()]);
    assert_snapshot!(render_sheet(&sheet, Format::Markdown).unwrap(), @r"
    | curve | tier | load | replicas | input (tok/s) | output (tok/s) | input ($/Mtok) | output ($/Mtok) | blended ($/Mtok) | recovery |
    | --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
    | first | fast | concurrency 4 | 1 | 1,160 | 290 | 0.1724 | 2.7586 | 0.6897 | 1.00 |
    | first | instant | no price | — | — | — | — | — | — | — |
    | me\|ans | fast | no price | — | — | — | — | — | — | — |
    | me\|ans | instant | no price | — | — | — | — | — | — | — |

    - fast: ttft p90 ≤ 500 ms, tpot p90 ≤ 16.7 ms
    - instant: ttft p90 ≤ 20 ms
    - No price, first instant: concurrency 1: ttft p90 is 87.0 ms, over 20.0 ms.
    - No price, me\|ans: concurrency 1: ttft p90 cannot be decided: only the mean is known.
    - Bill: $3.60 per hour for 2 GPUs (--price-per-hour); one replica carries all of it.
    - Allocation: time (prefill time pays for input, decode time for output, basis ttft1).
    - Cheapest blended: fast first.
    - Note: me\|ans is partial: its run was cut short, so loads may be missing.
    - Note: 1 idle GPU is charged too; 2 replicas would fit: see --fill-box.
    - Note: tpot p90 rests on 20 samples: it needs 64.
    ");
}

#[test]
fn tables_fit_a_terminal() {
    for text in [
        render_curves(&[curve(), means()], Format::Human).unwrap(),
        render_sheet(&sheet(&[curve(), means()]), Format::Human).unwrap(),
    ] {
        let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= 100, "{widest}:\n{text}");
        assert!(text.ends_with('\n') && !text.contains(" \n"), "{text}");
    }
}

#[test]
fn csv_has_every_figure_and_empty_fields_for_unknown_ones() {
    let text = render_curves(&[curve(), means()], Format::Csv).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    let column = |name: &str| rows[0].iter().position(|title| *title == name).unwrap();
    assert_eq!(rows.len(), 7);
    assert!(rows.iter().all(|row| row.len() == rows[0].len()));
    assert_eq!(rows[1][column("ttft_ms_p50")], "75");
    assert_eq!(rows[1][column("tpot_ms_n")], "20");
    assert_eq!((rows[4][column("ttft_ms_mean")], rows[4][column("ttft_ms_p50")]), ("75", ""));
    let text = render_sheet(&sheet(&[curve()]), Format::Csv).unwrap();
    assert!(
        text.lines()
            .nth(2)
            .unwrap()
            .contains(r#","concurrency 1: ttft p90 is 87.0 ms, over 20.0 ms","#),
        "{text}"
    );
}

#[test]
fn json_is_the_document() {
    let curve = curve();
    let text = render_curve(&curve, Format::Json).unwrap();
    assert!(text.starts_with("{\n  \"schema\": \"farebox.curve/1\""));
    let back: LoadCurve = serde_json::from_str(&text).unwrap();
    assert_eq!(back.points.len(), curve.points.len());
    let sheet = sheet(&[curve]);
    let text = render_sheet(&sheet, Format::Json).unwrap();
    assert_eq!(serde_json::from_str::<PriceSheet>(&text).unwrap(), sheet);
}

#[test]
fn nothing_is_rendered_as_nothing_and_said_so() {
    assert!(render_curves(&[], Format::Human).unwrap().contains("No load points."));
    let empty = LoadCurve { points: Vec::new(), ..curve() };
    let settings = PriceSettings { slos: slos(), ..settings() };
    let sheet = price(&[empty], &settings).unwrap();
    let text = render_sheet(&sheet, Format::Human).unwrap();
    assert!(text.contains("No price, fast and instant: the curve has no load points."), "{text}");
}
