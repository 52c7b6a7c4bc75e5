//! Which columns a document becomes: few for people, all of them for CSV.
//!
//! Reading order: [`curve`](curve_table), [`price`](price_table), [`detail`](detail_table) for
//! pages, then the CSV forms.

mod compare;
mod csv_rows;
mod curve;
mod detail;
mod export;
mod footers;
mod matrix;
mod price;

pub use compare::{compare_csv, compare_table};
pub use csv_rows::{curve_csv, price_csv};
pub use curve::curve_table;
pub use detail::detail_table;
pub use export::{Exported, export_csv};
pub use matrix::{matrix_csv, matrix_table};
pub use price::price_table;
pub(crate) use price::price_tables;
