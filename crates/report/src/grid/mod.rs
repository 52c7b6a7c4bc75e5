//! A table before it is text.
//!
//! Reading order: [`table`] (the type), then the three forms: `human`, `markdown`, `csv`.

mod csv;
mod human;
mod markdown;
pub mod table;

pub(crate) use markdown::escaped;
pub use table::{Cell, Column, Grid, Side};
