//! Experiments: sweeps over loads, the run directories they leave, and curves read back from them.
//!
//! Reading order: [`bench`](mod@bench) (one sweep against one server) and `sweep` (its loads), [`mod@search`] (loads chosen on the way), [`run_dir`] and `stored` (what it leaves behind,
//! complete at every moment), [`resume`] (going on with it), [`curves`] (any file or folder back to load curves), [`matrix`] (many
//! sweeps against many servers).

mod begin;
pub mod bench;
mod client;
pub mod curves;
pub mod event;
mod lengths;
mod manifest;
pub mod matrix;
mod post;
mod records;
pub mod resume;
pub mod run_dir;
pub mod search;
mod stored;
mod sweep;
pub mod telemetry;
mod watch;
pub mod whole_run;

pub use bench::{
    BenchError, BenchOutcome, BenchPlan, Course, EngineProcesses, Place, PointBound, SelfTest,
    Serving, TelemetryFrom, bench,
};
pub use curves::{CurveError, Loaded, load};
pub use event::{BenchEvent, Listener};
pub use resume::ResumeError;
pub use run_dir::{RunDir, RunDirError, StoredRun};
pub use search::{Found, PointSource, SearchReport, search};
pub use telemetry::{Observed, TelemetryError, ToldSettings, observe, observe_with_estimate};
pub use whole_run::WholeRun;
