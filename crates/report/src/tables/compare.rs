//! A comparison for people, and every figure of it.

use crate::grid::{Cell, Column, Grid};
use crate::numbers::plain;
use farebox_core::compare::{Comparison, Finding, Row};

/// The figures shown to people: name without its clock, title, unit.
const SHOWN: [(&str, &str, &str); 7] = [
    ("output_tok_per_s", "output", "tok/s"),
    ("ttft_ms.p50", "ttft", "p50"),
    ("ttft_ms.p90", "ttft", "p90"),
    ("tpot_ms.p50", "tpot", "p50"),
    ("tpot_ms.p90", "tpot", "p90"),
    ("e2e_ms.p50", "e2e", "p50"),
    ("e2e_ms.p90", "e2e", "p90"),
];

/// One row per curve and load: ratios to the baseline, each with its interval.
pub fn compare_table(comparison: &Comparison) -> Grid {
    let rows = &comparison.rows;
    let shown: Vec<_> =
        SHOWN.iter().filter(|(name, ..)| rows.iter().any(|row| is_named(row, name))).collect();
    let mut places: Vec<&Row> = Vec::new();
    for row in rows {
        if !places.iter().any(|known| known.curve == row.curve && known.load == row.load) {
            places.push(row);
        }
    }
    let cells = |place: &&Row| {
        let of = |name: &str| {
            rows.iter().find(|row| {
                row.curve == place.curve && row.load == place.load && is_named(row, name)
            })
        };
        let load = format!("{} {}", place.load.kind.name(), plain(place.load.value));
        [Cell::Text(place.curve.clone()), Cell::Text(load)]
            .into_iter()
            .chain(shown.iter().map(|(name, ..)| Cell::text(of(name).map(said))))
            .collect()
    };
    let heads = [Column::words("curve"), Column::words("load")];
    Grid {
        columns: heads
            .into_iter()
            .chain(shown.iter().map(|(_, title, unit)| Column::numbers(title, unit)))
            .collect(),
        rows: places.iter().map(cells).collect(),
        footers: footers(comparison),
    }
}

/// Whether a row is of this figure, on whatever clock.
fn is_named(row: &Row, name: &str) -> bool {
    row.figure.replace("_sched", "") == name
}

/// `1.12 (1.08..1.16) +`
fn said(row: &Row) -> String {
    let mark = match row.finding {
        Finding::Better => " +",
        Finding::Worse => " -",
        Finding::Same | Finding::Unknown => "",
    };
    let interval =
        row.interval.map_or(String::new(), |i| format!(" ({:.3}..{:.3})", i.low, i.high));
    format!("{:.3}{interval}{mark}", row.ratio)
}

fn footers(comparison: &Comparison) -> Vec<String> {
    let differ = comparison.differences.join("; ");
    let warning = (!differ.is_empty()).then(|| format!("Not the same question. {differ}."));
    warning
        .into_iter()
        .chain([
            format!("Each figure over that of {}, with its 95 % interval.", comparison.baseline),
            format!(
                "+ better and - worse by more than {} % and by more than chance: p below 5 %, \
                 corrected over loads (Holm).",
                plain(comparison.min_effect * 100.0)
            ),
        ])
        .collect()
}

/// Every row.
pub fn compare_csv(comparison: &Comparison) -> Grid {
    let finding = |finding| match finding {
        Finding::Better => "better",
        Finding::Worse => "worse",
        Finding::Same => "same",
        Finding::Unknown => "unknown",
    };
    let cells = |row: &Row| {
        vec![
            Cell::Text(comparison.baseline.clone()),
            Cell::Text(row.curve.clone()),
            Cell::Text(row.load.kind.name().to_owned()),
            Cell::number(Some(row.load.value)),
            Cell::Text(row.figure.clone()),
            Cell::number(Some(row.baseline)),
            Cell::number(Some(row.value)),
            Cell::number(Some(row.ratio)),
            Cell::number(row.interval.map(|i| i.low)),
            Cell::number(row.interval.map(|i| i.high)),
            Cell::number(row.p),
            Cell::number(row.p_holm),
            Cell::Text(finding(row.finding).to_owned()),
        ]
    };
    let names = "baseline_curve curve load_kind load_value figure baseline value ratio \
                 interval_low interval_high p p_holm finding";
    Grid {
        columns: names.split_whitespace().map(Column::words).collect(),
        rows: comparison.rows.iter().map(cells).collect(),
        footers: Vec::new(),
    }
}
