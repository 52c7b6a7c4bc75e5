//! A run in a line: what the list of a folder says of it, to people and to programs.

use super::kept::is_live;
use farebox_core::deployment::Pool;
use farebox_core::verdict::Severity;
use farebox_core::{RunManifest, RunState};
use farebox_experiment::run_dir::{read_manifest, read_verdict};
use serde::Serialize;
use std::path::Path;

/// A run as a list shows it. What is not known is none, never empty.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct RunSummary {
    /// Its path below the folder: `first`, `matrix/cells/x`.
    pub(crate) name: String,
    pub(crate) state: SeenState,
    /// The worst of what was found, once the run has judged itself.
    pub(crate) verdict: Option<Severity>,
    /// When it began, as an RFC 3339 time in UTC.
    pub(crate) started_at: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) engine: Option<String>,
    /// Its accelerators; empty where nobody said.
    pub(crate) pools: Vec<Pool>,
    /// Loads begun so far.
    pub(crate) points: usize,
    /// Why it cannot be read; none where it can.
    pub(crate) problem: Option<String>,
    #[serde(skip)]
    epoch_unix_ns: u64,
}

/// How far a run got, as it looks from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SeenState {
    /// Somebody writes it now.
    Live,
    /// It was never closed and nobody writes it any more: killed.
    CutShort,
    /// Every load was run.
    Complete,
    /// Stopped by Ctrl-C with everything kept.
    Interrupted,
    /// Its manifest cannot be read.
    Unreadable,
}

impl SeenState {
    fn of(manifest: &RunManifest, path: &Path) -> Self {
        match manifest.state {
            RunState::Running if is_live(manifest, path) => Self::Live,
            RunState::Running => Self::CutShort,
            RunState::Complete => Self::Complete,
            RunState::Interrupted => Self::Interrupted,
        }
    }

    /// In words.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Live => "under way",
            Self::CutShort => "cut short",
            Self::Complete => "complete",
            Self::Interrupted => "stopped by hand",
            Self::Unreadable => "unreadable",
        }
    }
}

impl RunSummary {
    /// What the files at `path` say. Blocks.
    pub(super) fn read(name: &str, path: &Path) -> Self {
        let none = Self {
            name: name.to_owned(),
            state: SeenState::Unreadable,
            verdict: read_verdict(path).ok().flatten().map(|verdict| verdict.verdict),
            started_at: None,
            model: None,
            engine: None,
            pools: Vec::new(),
            points: 0,
            problem: None,
            epoch_unix_ns: 0,
        };
        match read_manifest(path) {
            Err(error) => Self { problem: Some(error.to_string()), ..none },
            Ok(manifest) => Self {
                state: SeenState::of(&manifest, path),
                points: manifest.counted().count(),
                started_at: Some(manifest.started_at),
                model: Some(manifest.deployment.model),
                engine: manifest.deployment.engine,
                pools: manifest.deployment.pools,
                epoch_unix_ns: manifest.epoch_unix_ns,
                ..none
            },
        }
    }

    /// Higher for the younger.
    pub(super) const fn age_key(&self) -> u64 {
        self.epoch_unix_ns
    }
}
