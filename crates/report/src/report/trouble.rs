//! What is wrong with a run, if anything is: its verdict, and its failures by reason.

use super::{ReportRequest, ReportedRun};
use crate::grid::{Cell, Column, Grid};
use crate::numbers::plain;
use farebox_core::Source;
use farebox_core::verdict::{Reason, Severity, Verdict};
use serde::Serialize;

/// A verdict in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Judgement {
    /// Whose.
    pub(super) run: String,
    /// `pass`, `warn`, `invalid`, or `none` where nobody judged.
    pub(super) level: &'static str,
    /// PASS, WARN, INVALID or NOT JUDGED.
    pub(super) word: &'static str,
    /// What that means.
    pub(super) meaning: &'static str,
    /// Why, the worst first.
    pub(super) reasons: Vec<Why>,
}

/// A reason in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Why {
    pub(super) level: &'static str,
    pub(super) code: String,
    pub(super) evidence: String,
    pub(super) hint: String,
}

/// The verdicts, the worst first.
pub(super) fn judgements(request: &ReportRequest<'_>) -> Vec<Judgement> {
    let mut runs: Vec<&ReportedRun> = request.runs.iter().collect();
    let worst = |run: &&ReportedRun| run.verdict.as_ref().map(|verdict| verdict.verdict);
    runs.sort_by_key(|run| std::cmp::Reverse(worst(run)));
    runs.into_iter().map(judgement).collect()
}

fn judgement(run: &ReportedRun) -> Judgement {
    let name = run.curve.name.clone();
    let Some(Verdict { verdict, reasons, .. }) = &run.verdict else {
        let meaning = match run.curve.source {
            Source::Measured => "There is no verdict on this measurement.",
            Source::Estimated => "These figures are estimates: nothing was measured.",
            Source::Simulated => "These figures are simulated: nothing was measured.",
            Source::Imported => {
                "These figures were measured by another tool, which we cannot judge."
            }
        };
        return Judgement {
            run: name,
            level: "none",
            word: "NOT JUDGED",
            meaning,
            reasons: Vec::new(),
        };
    };
    let meaning = match verdict {
        Severity::Pass => "Nothing was found that speaks against this measurement.",
        Severity::Warn => "Usable, with the following in mind.",
        Severity::Invalid => "Do not bill on these figures.",
    };
    let mut reasons: Vec<&Reason> = reasons.iter().collect();
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.severity));
    let reasons = reasons.into_iter().map(why).collect();
    Judgement { run: name, level: level(*verdict), word: word(*verdict), meaning, reasons }
}

fn why(reason: &Reason) -> Why {
    let code = serde_json::to_value(reason.code).ok();
    let code = code.and_then(|code| Some(code.as_str()?.replace('_', " ")));
    Why {
        level: level(reason.severity),
        code: code.unwrap_or_default(),
        evidence: reason.evidence.clone(),
        hint: reason.hint.clone(),
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Pass => "pass",
        Severity::Warn => "warn",
        Severity::Invalid => "invalid",
    }
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Pass => "PASS",
        Severity::Warn => "WARN",
        Severity::Invalid => "INVALID",
    }
}

/// Failures by run, load and reason; none where no request failed.
pub(super) fn failures(request: &ReportRequest<'_>) -> Option<Grid> {
    let named = request.runs.len() > 1;
    let mut rows = Vec::new();
    for run in request.runs {
        for point in &run.curve.points {
            let ended = point.requests.ok + point.requests.failures();
            for (reason, n) in &point.requests.failed {
                let name = named.then(|| Cell::Text(run.curve.name.clone()));
                let load = format!("{} {}", point.offered.kind.name(), plain(point.offered.value));
                let share = *n as f64 / ended.max(1) as f64 * 100.0;
                let cells = [
                    Cell::Text(load),
                    Cell::Text(reason.name().replace('_', " ")),
                    Cell::Text(n.to_string()),
                    Cell::Text(format!("{} %", plain(share))),
                ];
                rows.push(name.into_iter().chain(cells).collect());
            }
        }
    }
    let name = named.then(|| Column::words("run"));
    let columns = [
        Column::words("load"),
        Column::words("reason"),
        Column::numbers("requests", ""),
        Column::numbers("of those ended", ""),
    ];
    let columns = name.into_iter().chain(columns).collect();
    (!rows.is_empty()).then_some(Grid { columns, rows, footers: Vec::new() })
}
