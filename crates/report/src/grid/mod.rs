//! A table before it is text.
//!
//! Reading order: [`table`] (the type), then the three forms: `human`, `markdown`, `csv`; pages
//! have their own, with [`align`].

mod align;
mod csv;
mod human;
mod markdown;
pub mod table;

pub use align::align;
pub(crate) use markdown::escaped;
pub use table::{Cell, Column, Grid, Side};
