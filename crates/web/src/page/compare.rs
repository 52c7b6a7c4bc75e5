//! Several questions side by side: those that were pinned, and the one at hand.

use super::asked::PageAsked;
use super::spell::{self, gib};
use super::worked::{Depth, Worked};
use crate::app::App;
use farebox_report::numbers::{dollars, ms, plain, rate, usd};
use serde::Serialize;

/// A table with a column per question.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Comparison {
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Row>,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Column {
    pub(super) title: String,
    pub(super) subtitle: String,
    /// The page without it; none for the one at hand.
    pub(super) drop: Option<String>,
    /// The page that asks it; none for the one at hand.
    pub(super) open: Option<String>,
}

/// One figure of each.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) cells: Vec<Cell>,
}

/// A figure, and whether none is better.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) best: bool,
}

/// Most questions beside the one at hand.
const MOST: usize = 4;

/// A figure: its name, its value, how it is spelled, and which way is better.
struct Figure {
    name: &'static str,
    of: fn(&Worked) -> Option<f64>,
    spell: fn(f64) -> String,
    better: Better,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Better {
    Less,
    More,
    Neither,
}

const FIGURES: [Figure; 9] = [
    figure("TTFT, ms", |w| Some(w.document.prefill?.ttft_ms), ms, Better::Less),
    figure("TPOT, ms", |w| Some(w.document.decode?.tpot_ms), ms, Better::Less),
    figure(
        "a request sees, tok/s",
        |w| Some(w.document.decode?.output_tok_per_s_per_request),
        rate,
        Better::More,
    ),
    figure(
        "the system serves, tok/s",
        |w| Some(w.document.system?.output_tok_per_s),
        rate,
        Better::More,
    ),
    figure(
        "requests at once, per replica",
        |w| Some(w.document.memory.max_concurrency as f64),
        plain,
        Better::More,
    ),
    figure(
        "input, $/Mtok",
        |w| Some(w.document.price.as_ref()?.usd_per_mtok_input),
        usd,
        Better::Less,
    ),
    figure(
        "output, $/Mtok",
        |w| Some(w.document.price.as_ref()?.usd_per_mtok_output),
        usd,
        Better::Less,
    ),
    figure(
        "either, $/Mtok",
        |w| Some(w.document.price.as_ref()?.usd_per_mtok_blended),
        usd,
        Better::Less,
    ),
    figure(
        "the machine, $/h",
        |w| Some(w.document.price.as_ref()?.usd_per_hour_total),
        dollars,
        Better::Neither,
    ),
];

const fn figure(
    name: &'static str,
    of: fn(&Worked) -> Option<f64>,
    spell: fn(f64) -> String,
    better: Better,
) -> Figure {
    Figure { name, of, spell, better }
}

/// The pinned questions of `asked` beside `worked`; none where nothing is pinned.
pub(super) async fn beside(app: &App, asked: &PageAsked, worked: &Worked) -> Option<Comparison> {
    let mut columns = vec![column(worked, None, None)];
    let mut others = Vec::new();
    for pin in asked.pins().take(MOST) {
        let Ok(question) = PageAsked::of(pin) else { continue };
        let Ok(other) = Worked::of(app, &question, Depth::Figures).await else { continue };
        let rest = asked.shown.clone().without_pair("pin", pin).to_query();
        columns.push(column(&other, Some(format!("?{rest}")), Some(format!("?{pin}"))));
        others.push(other);
    }
    if others.is_empty() {
        return None;
    }
    let all: Vec<&Worked> = std::iter::once(worked).chain(&others).collect();
    let rows = FIGURES.iter().map(|figure| row(figure, &all)).collect();
    Some(Comparison { columns, rows })
}

fn column(worked: &Worked, drop: Option<String>, open: Option<String>) -> Column {
    let machine = &worked.machine;
    let precision = machine.precision.map_or("as stored".to_owned(), |p| p.to_string());
    let weights = gib(worked.document.memory.weights_bytes_total);
    Column {
        title: worked.document.model.id.clone(),
        subtitle: format!(
            "{} x {}, {precision}, {}, {weights}",
            machine.parallel.gpus(),
            machine.gpu.id,
            spell::load(worked.load)
        ),
        drop,
        open,
    }
}

fn row(figure: &Figure, all: &[&Worked]) -> Row {
    let values: Vec<Option<f64>> = all.iter().map(|worked| (figure.of)(worked)).collect();
    let known = values.iter().flatten().copied();
    let best = match figure.better {
        Better::Less => known.reduce(f64::min),
        Better::More => known.reduce(f64::max),
        Better::Neither => None,
    };
    let cell = |value: &Option<f64>| Cell {
        text: value.map_or("does not fit".to_owned(), figure.spell),
        best: value.is_some() && *value == best,
    };
    Row { name: figure.name, cells: values.iter().map(cell).collect() }
}
