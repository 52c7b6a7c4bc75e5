//! A matrix as a reader gets it.

use crate::support::{curve, settings, slos};
use farebox_core::verdict::Severity;
use farebox_price::CellTier;
use farebox_price::matrix::{CellRow, CellState, MATRIX_SCHEMA, MatrixSheet, MatrixState};
use farebox_report::{Format, render_matrix};
use insta::assert_snapshot;

fn row(name: &str, state: CellState) -> CellRow {
    CellRow {
        name: name.to_owned(),
        engine: "vllm".to_owned(),
        kind: "vllm".to_owned(),
        precision: "w8a8".to_owned(),
        model: Some("m/8b".to_owned()),
        tp: 1,
        traffic: "chat".to_owned(),
        loads: String::new(),
        workload: "chat".to_owned(),
        state,
        reason: None,
        dir: format!("cells/{name}"),
        curve: None,
        verdict: None,
        log_tail: Vec::new(),
        server: "vllm serve m/8b".to_owned(),
        asked: Vec::new(),
        tiers: Vec::new(),
    }
}

fn sheet() -> MatrixSheet {
    let done = CellRow {
        verdict: Some(Severity::Pass),
        tiers: CellTier::all(&curve(), &slos(), Some(&settings())),
        ..row("vllm-w8a8-tp1-chat", CellState::Done)
    };
    let failed = CellRow {
        reason: Some("the engine ended with exit code 1: out of accelerator memory".to_owned()),
        ..row("vllm-base-tp1-chat", CellState::Failed)
    };
    let mut sheet = MatrixSheet {
        schema: MATRIX_SCHEMA.to_owned(),
        name: "llama".to_owned(),
        state: MatrixState::Partial,
        farebox_version: "0.1.0".to_owned(),
        slos: slos().iter().map(ToString::to_string).collect(),
        servers_started: 2,
        cells: vec![done, failed, row("vllm-w4a16-tp1-chat", CellState::Pending)],
        best: Vec::new(),
        no_longer_asked: vec![row("vllm-w8a16-tp1-chat", CellState::Done)],
    };
    sheet.rank();
    sheet
}

#[test]
fn a_matrix_for_people() {
    assert_snapshot!(render_matrix(&sheet(), Format::Human).unwrap());
    let markdown = render_matrix(&sheet(), Format::Markdown).unwrap();
    assert!(markdown.starts_with("| cell | precision | tp | tier | load line |"), "{markdown}");
}

#[test]
fn every_cell_and_tier_is_a_row_of_the_csv() {
    let csv = render_matrix(&sheet(), Format::Csv).unwrap();
    let mut rows = csv.lines();
    let columns = rows.next().unwrap().split(',').count();
    let rows: Vec<&str> = rows.collect();
    assert_eq!(rows.len(), 2 + 1 + 1);
    assert!(rows[0].contains(",done,PASS,fast,concurrency,4,"), "{}", rows[0]);
    assert!(rows[0].ends_with(",true,true,"), "{}", rows[0]);
    assert!(rows[1].contains(",instant,,,") && !rows[1].ends_with(','), "{}", rows[1]);
    assert!(rows[3].contains(",pending,"), "{}", rows[3]);
    assert!(rows.iter().all(|row| row.contains('"') || row.split(',').count() == columns));
}

#[test]
fn the_document_is_read_back_as_it_was() {
    let json = render_matrix(&sheet(), Format::Json).unwrap();
    assert_eq!(serde_json::from_str::<MatrixSheet>(&json).unwrap(), sheet());
}
