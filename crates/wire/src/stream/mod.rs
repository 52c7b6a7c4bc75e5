//! A streamed answer as a sequence of events and an outcome.
//!
//! [`StreamReader`] (in `reader`) takes bytes; `progress` decides for each choice which chunk bears
//! tokens and how many; `totals` and `ledger` add counts up; `outcome` says how it ended.

mod event;
mod ledger;
mod outcome;
mod progress;
mod reader;
mod totals;

pub use event::{EventKind, StreamEvent};
pub use outcome::{CountSource, Ending, Failure, StreamOutcome, Streamed, When};
pub use reader::StreamReader;
