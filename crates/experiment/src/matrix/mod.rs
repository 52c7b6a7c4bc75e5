//! The matrix: engines x precisions x tensor parallelism x traffic x load sets, one run each.
//!
//! Reading order: [`spec`] (what the TOML file says, checked, in pure types; `document` is how it
//! is spelled), [`cells`] (the product, in an order that spares restarts), [`server`] (what serves
//! a cell), [`store`] (the directory, readable at every moment), [`rows`] (what is written there)
//! and [`mod@run`] (cell after cell; `course` is a matrix under way).

pub mod cells;
mod course;
mod document;
pub mod engine;
pub mod error;
pub mod flags;
pub mod glob;
pub mod price;
pub mod rows;
pub mod run;
pub mod server;
pub mod spec;
pub mod store;

pub use cells::{Cell, ServerKey, cells, servers};
pub use engine::{EngineSpec, SimulatedSpec, Start};
pub use error::SpecError;
pub use flags::{Flag, Flags};
pub use glob::Glob;
pub use price::{Basis, PriceSpec};
pub use run::{Front, MatrixEvent, Way, run};
pub use server::{Downfall, Server};
pub use spec::{Checkpoint, Matrix, Named, Order};
pub use store::{MatrixDir, StoreError, write_sheet};
