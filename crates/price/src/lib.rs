//! Curve x machine cost = dollars per million tokens.
//!
//! Pure: a curve and a rental come in as values, a document goes out. Where a curve came from is
//! never asked.
//!
//! Reading order: `split` (how a machine's cost is spread over token kinds), [`machine`] (what
//! is paid for and what serves), [`mod@price`] (one load point), `tier` (which load point a
//! promise buys), [`sheet`] (the document `farebox.price/1`), [`answer`] (whether that is a yes).
//! [`mod@matrix`] holds many curves against each other. [`import`] reads curves that another tool measured.

pub mod allocation;
pub mod answer;
mod break_even;
pub mod import;
pub mod load_line_rule;
pub mod machine;
pub mod matrix;
pub mod note;
pub mod price;
pub mod settings;
pub mod sheet;
mod sheet_row;
mod split;
mod tier;
mod utilisation;

pub use allocation::{Allocation, AllocationError, OutputRatio};
pub use answer::Shortfall;
pub use break_even::BreakEven;
pub use load_line_rule::LoadLineRule;
pub use machine::{Machine, Packing};
pub use matrix::{CellRow, CellState, CellTier, MatrixSheet};
pub use note::{CutOff, Note, Refusal};
pub use price::Price;
pub use settings::{PriceSettings, SettingsError};
pub use sheet::{Outcome, PRICE_SCHEMA, PriceSheet, Tier, price};
pub use utilisation::{Utilisation, UtilisationError};
