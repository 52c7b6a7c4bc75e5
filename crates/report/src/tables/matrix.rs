//! A matrix in one table: every cell at every promise, and the best of them.

use crate::grid::{Cell, Column, Grid};
use crate::numbers::{ms, plain, rate, usd};
use farebox_price::matrix::{Best, CellRow, CellState, CellTier, MatrixSheet, Winner};

/// One row per cell and promise; a cell that has none says why.
pub fn matrix_table(sheet: &MatrixSheet) -> Grid {
    Grid {
        columns: vec![
            Column::words("cell"),
            Column::words("precision"),
            Column::numbers("tp", ""),
            Column::words("tier"),
            Column::words("load line"),
            Column::numbers("replicas", ""),
            Column::numbers("input", "tok/s"),
            Column::numbers("output", "tok/s"),
            Column::numbers("output", "tok/s/gpu"),
            Column::numbers("ttft p90", "ms"),
            Column::numbers("tpot p90", "ms"),
            Column::numbers("input", "$/Mtok"),
            Column::numbers("output", "$/Mtok"),
            Column::numbers("blended", "$/Mtok"),
        ],
        rows: sheet.cells.iter().flat_map(rows).collect(),
        footers: footers(sheet),
    }
}

fn rows(cell: &CellRow) -> Vec<Vec<Cell>> {
    if cell.tiers.is_empty() {
        return vec![head(cell).into_iter().chain(untried(cell)).collect()];
    }
    let row = |tier| head(cell).into_iter().chain(tried(tier)).collect();
    cell.tiers.iter().map(row).collect()
}

fn head(cell: &CellRow) -> [Cell; 3] {
    [
        Cell::Text(cell.name.clone()),
        Cell::Text(cell.precision.clone()),
        Cell::Text(cell.tp.to_string()),
    ]
}

fn untried(cell: &CellRow) -> [Cell; 11] {
    let mut cells = [const { Cell::Unknown }; 11];
    cells[1] = Cell::Text(word(cell.state).to_owned());
    cells
}

fn tried(tier: &CellTier) -> [Cell; 11] {
    let load = tier.load.map(|load| format!("{} {}", load.kind.name(), plain(load.value)));
    [
        Cell::Text(tier.name.clone()),
        Cell::Text(load.unwrap_or_else(|| "not kept".to_owned())),
        Cell::text(tier.replicas.map(|n| n.to_string())),
        Cell::text(tier.input_tok_per_s.map(|tokens| rate(tokens.get()))),
        Cell::text(tier.output_tok_per_s.map(|tokens| rate(tokens.get()))),
        Cell::text(tier.output_tok_per_s_per_gpu.map(rate)),
        Cell::text(tier.ttft_p90_ms.map(|it| ms(it.get()))),
        Cell::text(tier.tpot_p90_ms.map(|it| ms(it.get()))),
        Cell::text(tier.usd_per_mtok_input.map(|it| usd(it.get()))),
        Cell::text(tier.usd_per_mtok_output.map(|it| usd(it.get()))),
        Cell::text(tier.usd_per_mtok_blended.map(|it| usd(it.get()))),
    ]
}

/// A state as people say it.
const fn word(state: CellState) -> &'static str {
    match state {
        CellState::Pending => "not run",
        CellState::Running => "cut short",
        CellState::Done => "done",
        CellState::Failed => "failed",
        CellState::Skipped => "skipped",
    }
}

/// The best of each contest, then why cells failed or were left out, then what to know.
fn footers(sheet: &MatrixSheet) -> Vec<String> {
    let of_cells = sheet.cells.iter().filter_map(|cell| {
        let reason = cell.reason.as_ref()?;
        Some(format!("{} {}: {reason}", cell.name, word(cell.state)))
    });
    let tiers = sheet.cells.iter().flat_map(|cell| cell.tiers.iter().map(move |tier| (cell, tier)));
    let unmet = tiers.clone().filter_map(|(cell, tier)| {
        Some(format!("{} at {}: {}", cell.name, tier.name, tier.reason.as_ref()?))
    });
    let invalid = sheet.cells.iter().filter(|cell| cell.state == CellState::Done && !cell.counts());
    let invalid =
        invalid.map(|cell| format!("{} wins nothing: its own verdict is INVALID", cell.name));
    let replicated = tiers.filter_map(|(_, tier)| tier.replicas).any(|replicas| replicas > 1);
    let left: Vec<&str> = sheet.no_longer_asked.iter().map(|cell| cell.name.as_str()).collect();
    let left = (!left.is_empty())
        .then(|| format!("no longer asked for, kept as they were: {}", left.join(", ")));
    let assumed = "That replicas do not slow each other down is assumed, not measured.";
    sheet
        .best
        .iter()
        .map(best)
        .chain(of_cells)
        .chain(unmet)
        .chain(invalid)
        .chain(left)
        .chain(replicated.then(|| assumed.to_owned()))
        .collect()
}

/// `best at fast (chat, 64 out): 0.2143 $/Mtok by vllm-...; 1,143 tok/s per gpu by vllm-...`
fn best(best: &Best) -> String {
    let among = match best.workload.as_str() {
        "" => String::new(),
        workload => format!(" ({workload})"),
    };
    let price = best
        .by_price
        .as_ref()
        .map(|Winner { cell, value }| format!("{} $/Mtok blended by {cell}", usd(*value)));
    let throughput = best
        .by_throughput_per_gpu
        .as_ref()
        .map(|Winner { cell, value }| format!("{} tok/s per gpu by {cell}", rate(*value)));
    let said: Vec<String> = price.into_iter().chain(throughput).collect();
    let said = if said.is_empty() { "no cell keeps it".to_owned() } else { said.join("; ") };
    format!("best at {}{among}: {said}", best.tier)
}

/// Every figure of every cell at every promise.
pub fn matrix_csv(sheet: &MatrixSheet) -> Grid {
    let names = "cell engine kind precision model tp traffic loads workload state verdict tier \
                 load_kind load_value replicas input_tok_per_s output_tok_per_s \
                 output_tok_per_s_per_gpu ttft_p90_ms tpot_p90_ms usd_per_hour_total \
                 usd_per_mtok_input usd_per_mtok_output usd_per_mtok_blended recovery best_price \
                 best_throughput_per_gpu reason";
    let row = |cell: &CellRow, tier: Option<&CellTier>| csv_row(sheet, cell, tier);
    Grid {
        columns: names.split_whitespace().map(Column::words).collect(),
        rows: sheet
            .cells
            .iter()
            .flat_map(|cell| match cell.tiers.as_slice() {
                [] => vec![row(cell, None)],
                tiers => tiers.iter().map(|tier| row(cell, Some(tier))).collect(),
            })
            .collect(),
        footers: Vec::new(),
    }
}

fn csv_row(sheet: &MatrixSheet, cell: &CellRow, tier: Option<&CellTier>) -> Vec<Cell> {
    let text = |text: &str| Cell::Text(text.to_owned());
    let number = |of: fn(&CellTier) -> Option<f64>| Cell::number(tier.and_then(of));
    let wins = |of: fn(&Best) -> Option<&Winner>| {
        let won = sheet.best.iter().any(|best| {
            best.workload == cell.workload
                && tier.is_some_and(|tier| tier.name == best.tier)
                && of(best).is_some_and(|winner| winner.cell == cell.name)
        });
        Cell::Text(won.to_string())
    };
    let load = tier.and_then(|tier| tier.load);
    let state = serde_json::to_value(cell.state).ok();
    let verdict = cell.verdict.and_then(|verdict| serde_json::to_value(verdict).ok());
    let spelled = |value: Option<serde_json::Value>| {
        Cell::text(value.as_ref().and_then(serde_json::Value::as_str))
    };
    let reason = tier.and_then(|tier| tier.reason.as_ref()).or(cell.reason.as_ref());
    vec![
        text(&cell.name),
        text(&cell.engine),
        text(&cell.kind),
        text(&cell.precision),
        Cell::text(cell.model.clone()),
        Cell::number(Some(f64::from(cell.tp))),
        text(&cell.traffic),
        text(&cell.loads),
        text(&cell.workload),
        spelled(state),
        spelled(verdict),
        Cell::text(tier.map(|tier| tier.name.clone())),
        Cell::text(load.map(|load| load.kind.name())),
        Cell::number(load.map(|load| load.value)),
        number(|tier| tier.replicas.map(f64::from)),
        number(|tier| tier.input_tok_per_s.map(farebox_core::TokensPerSecond::get)),
        number(|tier| tier.output_tok_per_s.map(farebox_core::TokensPerSecond::get)),
        number(|tier| tier.output_tok_per_s_per_gpu),
        number(|tier| tier.ttft_p90_ms.map(farebox_core::Milliseconds::get)),
        number(|tier| tier.tpot_p90_ms.map(farebox_core::Milliseconds::get)),
        number(|tier| tier.usd_per_hour_total.map(farebox_core::UsdPerHour::get)),
        number(|tier| tier.usd_per_mtok_input.map(farebox_core::UsdPerMtok::get)),
        number(|tier| tier.usd_per_mtok_output.map(farebox_core::UsdPerMtok::get)),
        number(|tier| tier.usd_per_mtok_blended.map(farebox_core::UsdPerMtok::get)),
        number(|tier| tier.recovery),
        wins(|best| best.by_price.as_ref()),
        wins(|best| best.by_throughput_per_gpu.as_ref()),
        Cell::text(reason.cloned()),
    ]
}
