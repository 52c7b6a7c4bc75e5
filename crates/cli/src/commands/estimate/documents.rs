//! Estimates for programs: one with what stands beside it, or many with those that were refused.

use super::hosted::Alternative;
use super::{Answer, tables};
use crate::error::CliError;
use crate::flat;
use crate::output;
use farebox_calculator::{Deployed, EstimateDocument, Machine, RefusedDocument};
use farebox_catalog::model::ModelSpec;
use serde::Serialize;
use serde_json::json;

/// A document with hosted models beside it.
#[derive(Serialize)]
pub(super) struct Beside<'a> {
    #[serde(flatten)]
    pub(super) document: &'a EstimateDocument,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) against: &'a [Alternative],
}

/// Every combination as a document, those that were refused too.
pub(super) fn all(answers: &[Answer], model: &ModelSpec) -> Result<String, CliError> {
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Either<'a> {
        Answered(&'a EstimateDocument),
        Refused(Box<RefusedDocument>),
    }
    let each = answers.iter().map(|answer| match &answer.outcome {
        Ok(document) => Either::Answered(document),
        Err(error) => Either::Refused(Deployed::refusal(&answer.machine, model, error).into()),
    });
    output::json_list("farebox.estimates/1", "estimates", &each.collect::<Vec<_>>())
}

/// A row per combination, with the names of the document and what became of it.
pub(super) fn csv(answers: &[Answer]) -> Result<String, CliError> {
    let mut rows = Vec::new();
    for answer in answers {
        let status = tables::status(answer);
        let Machine { gpu, parallel, .. } = &answer.machine;
        let mut row = json!({ "gpu": gpu.id, "tp": parallel.tp, "status": status });
        if let (Ok(document), Some(row)) = (&answer.outcome, row.as_object_mut()) {
            let document = serde_json::to_value(document).map_err(CliError::failed)?;
            row.extend(document.as_object().cloned().unwrap_or_default());
        }
        rows.push(row);
    }
    flat::table(&rows, &["gpu", "tp", "status"]).to_csv().map_err(CliError::failed)
}
