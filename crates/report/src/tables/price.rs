//! The pricing matrix for people.

use super::footers::footers;
use crate::grid::{Cell, Column, Grid};
use crate::numbers::{plain, rate, usd};
use farebox_core::TokensPerSecond;
use farebox_price::{Price, PriceSheet, Tier};

/// What stands in the load column of a tier without a price.
const NO_PRICE: &str = "no price";

/// One row per tier of `sheet`, by curve.
pub fn price_table(sheet: &PriceSheet) -> Grid {
    table(sheet, sheet.curve_names().len() > 1)
}

/// A table for each sheet; where there are several, each names its curves.
pub(crate) fn price_tables(sheets: &[PriceSheet]) -> Vec<Grid> {
    match sheets {
        [one] => vec![price_table(one)],
        several => several.iter().map(|sheet| table(sheet, true)).collect(),
    }
}

fn table(sheet: &PriceSheet, named: bool) -> Grid {
    let curve = named.then(|| Column::words("curve"));
    let row = |tier: &Tier| {
        let name = named.then(|| Cell::Text(tier.curve.clone()));
        name.into_iter().chain(cells(tier)).collect()
    };
    Grid {
        columns: curve.into_iter().chain(columns()).collect(),
        rows: sheet.tiers.iter().map(row).collect(),
        footers: footers(sheet),
    }
}

fn columns() -> [Column; 9] {
    [
        Column::words("tier"),
        Column::words("load"),
        Column::numbers("replicas", ""),
        Column::numbers("input", "tok/s"),
        Column::numbers("output", "tok/s"),
        Column::numbers("input", "$/Mtok"),
        Column::numbers("output", "$/Mtok"),
        Column::numbers("blended", "$/Mtok"),
        Column::numbers("recovery", ""),
    ]
}

fn cells(tier: &Tier) -> [Cell; 9] {
    let price = tier.price();
    let show = |field: fn(&Price) -> String| Cell::text(price.map(field));
    let load = price.map(|p| format!("{} {}", p.load.kind.name(), plain(p.load.value)));
    [
        Cell::Text(tier.name.clone()),
        Cell::Text(load.unwrap_or_else(|| NO_PRICE.to_owned())),
        show(|p| p.replicas.to_string()),
        show(|p| tokens(p.input_tok_per_s)),
        show(|p| tokens(p.output_tok_per_s)),
        show(|p| usd(p.usd_per_mtok_input.get())),
        show(|p| usd(p.usd_per_mtok_output.get())),
        show(|p| usd(p.usd_per_mtok_blended.get())),
        show(|p| format!("{:.2}", p.recovery)),
    ]
}

fn tokens(per_second: TokensPerSecond) -> String {
    rate(per_second.get())
}
