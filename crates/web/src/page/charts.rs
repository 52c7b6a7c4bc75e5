//! The charts of an answer.

use super::worked::Worked;
use serde::Serialize;

/// A chart, drawn.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Drawn {
    pub(super) id: &'static str,
    pub(super) title: String,
    pub(super) svg: String,
    pub(super) caption: String,
}

/// Every chart of `worked`.
pub(super) fn charts(_worked: &Worked) -> Vec<Drawn> {
    Vec::new()
}
