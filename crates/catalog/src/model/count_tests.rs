//! Parameter counts against published and independently computed ones.
//!
//! `testdata/counts.csv` names for each embedded model what its publisher says and what a count
//! by hand gave.

use crate::model::catalog::ModelCatalog;
use crate::model::spec::ModelSpec;

struct Row {
    id: String,
    computed: Option<u64>,
    active: Option<u64>,
    active_with_embedding: Option<u64>,
    check: String,
}

fn rows() -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(include_str!("testdata/counts.csv").as_bytes());
    let row = |record: csv::StringRecord| Row {
        id: record[0].to_owned(),
        computed: record[3].parse().ok(),
        active_with_embedding: record[4].parse().ok(),
        active: record[5].parse().ok(),
        check: record[6].to_owned(),
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

/// A hand count that took these models' embeddings as tied, though their head is a matrix of its
/// own and is in the totals.
const ACTIVE_COUNTED_AS_TIED: &str = "Llama-4-";

/// What differs between a model and its row, in words.
fn differences(row: &Row, spec: &ModelSpec) -> Vec<String> {
    let params = spec.params;
    let active = row.active.filter(|_| !row.id.contains(ACTIVE_COUNTED_AS_TIED));
    [
        ("total", row.computed, params.total),
        ("active", active, params.active),
        ("active with embedding", row.active_with_embedding, params.active_with_embedding),
    ]
    .into_iter()
    .filter_map(|(what, expected, got)| Some((what, expected?, got)))
    .filter(|(_, expected, got)| expected != got)
    .map(|(what, expected, got)| {
        let off = i128::from(got) - i128::from(expected);
        format!("{} {what} ({}): {got}, expected {expected}, off {off}", row.id, row.check)
    })
    .collect()
}

#[test]
fn every_embedded_model_counts_to_the_last_digit() {
    let models = ModelCatalog::embedded();
    let rows = rows();
    assert!(rows.len() > 160);
    let mut wrong = Vec::new();
    for row in &rows {
        match models.find(&row.id) {
            Ok(spec) => wrong.extend(differences(row, &spec)),
            Err(error) => wrong.push(error.to_string()),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Counts that nobody computed before: name, total and active as published in billions (zero
/// where none is), and how far ours may be from them in percent. Names round to whole billions.
const PUBLISHED: [(&str, f64, f64, f64); 8] = [
    ("XiaomiMiMo/MiMo-V2-Flash", 309.0, 15.0, 2.0),
    ("deepseek-ai/DeepSeek-V4-Flash", 284.0, 0.0, 1.0),
    ("google/gemma-4-26B-A4B", 26.0, 4.0, 5.0),
    ("google/gemma-4-31B-it", 31.0, 0.0, 1.0),
    ("nvidia/NVIDIA-Nemotron-3-Ultra-550B-A55B-BF16", 550.0, 55.0, 1.0),
    ("nvidia/Llama-3_3-Nemotron-Super-49B-v1", 49.867_145_216, 0.0, 1e-9),
    ("microsoft/phi-2", 2.779_683_840, 0.0, 1e-9),
    ("openai-community/gpt2", 0.124_439_808, 0.0, 1e-9),
];

#[test]
fn newer_designs_come_near_their_published_size() {
    let models = ModelCatalog::embedded();
    for (id, total, active, percent) in PUBLISHED {
        let params = models.find(id).unwrap().params;
        let pairs = [(total, params.total), (active, params.active)];
        for (published, counted) in pairs.into_iter().filter(|(published, _)| *published > 0.0) {
            let off = (counted as f64 / 1e9 / published - 1.0) * 100.0;
            assert!(off.abs() <= percent, "{id}: {counted} against {published}e9, {off:.2} %");
        }
    }
}

#[test]
fn effective_sizes_leave_out_per_layer_tables() {
    let models = ModelCatalog::embedded();
    for (id, effective) in [("google/gemma-4-E2B-it", 2.0), ("google/gemma-4-E4B-it", 4.0)] {
        let params = models.find(id).unwrap().params;
        let billions = params.active as f64 / 1e9;
        assert!((effective..effective + 1.0).contains(&billions), "{id}: {billions}");
        assert!(params.total as f64 / 1e9 > effective + 2.0, "{id}: the tables are in the total");
    }
}
