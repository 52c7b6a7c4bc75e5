//! A profile as a person reads it: a table, two small histograms, and sentences.

use super::document::Document;
use farebox_report::grid::{Cell, Column, Grid};
use farebox_workload::Traffic;
use farebox_workload::profile::{Cell as JointCell, Summary, grid_span};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Percentiles that are shown.
const SHOWN: [f64; 5] = [10.0, 50.0, 90.0, 99.0, 99.9];

/// Characters of the longest bar.
const BAR: usize = 40;

/// Everything, for a terminal.
pub(super) fn human(document: &Document) -> String {
    let traffic = &document.traffic;
    let mut table = table(document);
    let footers = std::mem::take(&mut table.footers);
    let mut text = table.to_human();
    if !traffic.joint.is_empty() {
        text.push_str(&histogram("input tokens", &traffic.joint, |cell| cell.isl_mean));
        text.push_str(&histogram("output tokens", &traffic.joint, |cell| cell.osl_mean));
    }
    let sentences = Grid { columns: Vec::new(), rows: Vec::new(), footers };
    format!("{text}\n{}", sentences.to_human().trim_start_matches('\n'))
}

/// Lengths and turns, with sentences below.
pub(super) fn table(document: &Document) -> Grid {
    let rows = summaries(&document.traffic);
    let mut columns = vec![Column::words(""), Column::numbers("n", "")];
    columns.extend(["mean", "sd"].map(|title| Column::numbers(title, "")));
    columns.extend(SHOWN.map(|p| Column::numbers(&format!("p{p}"), "")));
    columns.push(Column::numbers("max", ""));
    let rows = rows.into_iter().map(|(_, name, summary)| row(name, summary));
    Grid { columns, rows: rows.collect(), footers: sentences(document) }
}

/// The same in full, under the names of the document.
pub(super) fn figures(document: &Document) -> Grid {
    let shown = SHOWN.map(|p| format!("p{p}"));
    let names = ["figure", "n", "mean", "sd"].into_iter().chain(shown.iter().map(String::as_str));
    let row = |(name, _, summary): (&str, &str, &Summary)| {
        let mut row = vec![Cell::Text(name.to_owned()), Cell::number(Some(summary.n as f64))];
        row.extend([Cell::number(Some(summary.mean)), Cell::number(summary.sd)]);
        row.extend(SHOWN.map(|p| Cell::number(summary.percentile(p))));
        row.push(Cell::number(Some(summary.max)));
        row
    };
    Grid {
        columns: names.chain(["max"]).map(Column::words).collect(),
        rows: summaries(&document.traffic).into_iter().map(row).collect(),
        footers: Vec::new(),
    }
}

/// What is summed up: its name in documents, its name for people, and its figures.
fn summaries(traffic: &Traffic) -> Vec<(&'static str, &'static str, &Summary)> {
    let turns = traffic.turns.as_ref();
    let rows = [
        ("isl_tokens", "input tokens", Some(&traffic.isl_tokens)),
        ("osl_tokens", "output tokens", Some(&traffic.osl_tokens)),
        ("turns.per_session", "turns", turns.map(|turns| &turns.per_session)),
        (
            "turns.growth_tokens",
            "growth per turn, tokens",
            turns.and_then(|turns| turns.growth_tokens.as_ref()),
        ),
        ("turns.between_s", "between turns, s", turns.and_then(|turns| turns.between_s.as_ref())),
    ];
    rows.into_iter().filter_map(|(name, words, summary)| Some((name, words, summary?))).collect()
}

fn row(name: &str, summary: &Summary) -> Vec<Cell> {
    let number = |value: Option<f64>| value.map_or(Cell::Unknown, |it| Cell::Text(short(it)));
    let mut row = vec![Cell::Text(name.to_owned()), Cell::Text(summary.n.to_string())];
    row.extend([number(Some(summary.mean)), number(summary.sd)]);
    row.extend(SHOWN.map(|p| number(summary.percentile(p))));
    row.push(number(Some(summary.max)));
    row
}

/// Whole from a hundred on, else with a decimal where there is one.
fn short(value: f64) -> String {
    if value.abs() >= 100.0 || value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    }
}

fn sentences(document: &Document) -> Vec<String> {
    let traffic = &document.traffic;
    let mut said = vec![format!("{} requests.", traffic.requests)];
    let about = &traffic.about;
    said.extend(about.source.as_ref().map(|source| format!("Source: {source}.")));
    said.extend(about.counting.as_ref().map(|how| format!("Read as {how}.")));
    said.extend(about.window.as_ref().map(|window| format!("Window: {window}.")));
    if let Some(turns) = &traffic.turns {
        said.push(format!("{} conversations.", turns.sessions));
    }
    if let Some(prefix) = &traffic.prefix {
        let share = prefix.share * 100.0;
        said.push(format!("{share:.1} % of the input tokens begin as an earlier request did."));
    }
    if let Some(arrivals) = &traffic.arrivals {
        let known =
            |value: Option<f64>| value.map_or("unknown".to_owned(), |it| format!("{it:.2}"));
        said.push(format!(
            "Arrivals: {:.4} per second over {:.1} h, burstiness {} (1 is Poisson), gamma shape {}.",
            arrivals.mean_rate_per_s,
            arrivals.span_s / 3600.0,
            known(arrivals.burstiness),
            known(arrivals.gamma_shape),
        ));
    }
    if let Some(reading) = &document.reading {
        if reading.requests_outside_window > 0 {
            said.push(format!("{} requests outside the window.", reading.requests_outside_window));
        }
        for skipped in &reading.skipped {
            said.push(format!(
                "Skipped: {} of {} rows or turns, {} (first: row {} of {}).",
                skipped.count, reading.rows, skipped.reason, skipped.first_row, skipped.first_input
            ));
        }
    }
    said.extend(document.compat.as_ref().map(super::compat::CompatFigures::sentence));
    said
}

/// A bar for every doubling of a length.
fn histogram(title: &str, cells: &[JointCell], length: fn(&JointCell) -> f64) -> String {
    let mut bins: BTreeMap<(u32, u32), u64> = BTreeMap::new();
    for cell in cells {
        *bins.entry(grid_span(length(cell))).or_default() += cell.count;
    }
    let most = bins.values().copied().max().unwrap_or(1).max(1);
    let all: u64 = bins.values().sum();
    let mut text = format!("\n{title}\n");
    for ((from, to), count) in bins {
        let bar = "█".repeat((count as f64 / most as f64 * BAR as f64).ceil() as usize);
        let share = count as f64 / all as f64 * 100.0;
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{from:>7}..{to:<7} {share:>5.1} % {bar}");
    }
    text
}
