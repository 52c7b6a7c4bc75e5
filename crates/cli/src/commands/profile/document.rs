//! What is handed out: the traffic profile, and what became of every row.

use super::args::Compat;
use super::compat::CompatFigures;
use crate::error::CliError;
use farebox_dataset::Profiled;
use farebox_workload::Traffic;
use serde::Serialize;

/// A traffic profile with what reading it left out.
#[derive(Debug, Serialize)]
pub(super) struct Document {
    #[serde(flatten)]
    pub(super) traffic: Traffic,
    /// None for a profile that was there already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reading: Option<Reading>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) compat: Option<CompatFigures>,
}

/// What became of the rows.
#[derive(Debug, Serialize)]
pub(super) struct Reading {
    pub(super) rows: u64,
    pub(super) requests_outside_window: u64,
    pub(super) skipped: Vec<SkippedRows>,
}

/// Rows or turns that gave no request.
#[derive(Debug, Serialize)]
pub(super) struct SkippedRows {
    pub(super) count: u64,
    pub(super) reason: String,
    pub(super) first_input: String,
    pub(super) first_row: u64,
}

impl Document {
    pub(super) fn of_profile(traffic: Traffic) -> Self {
        Self { traffic, reading: None, compat: None }
    }

    pub(super) fn new(
        traffic: Traffic,
        profiled: &Profiled,
        compat: Option<Compat>,
    ) -> Result<Self, CliError> {
        let skipped = profiled.skipped.reasons().map(|(reason, skipped)| SkippedRows {
            count: skipped.count,
            reason: reason.to_string(),
            first_input: skipped.input.clone(),
            first_row: skipped.row,
        });
        let reading = Reading {
            rows: profiled.rows,
            requests_outside_window: profiled.outside_window,
            skipped: skipped.collect(),
        };
        let lengths = profiled.traffic.requests.iter().map(|request| (request.isl, request.osl));
        let compat = compat.map(|rule| CompatFigures::of(rule, &lengths.collect::<Vec<_>>()));
        Ok(Self { traffic, reading: Some(reading), compat: compat.transpose()? })
    }

    /// As one JSON document.
    pub(super) fn json(&self) -> Result<String, CliError> {
        Ok(serde_json::to_string(self).map_err(CliError::failed)? + "\n")
    }
}
