//! What only the whole matrix can tell, and what names and widths have to be like.

use super::Matrix;
use crate::matrix::document::Document;
use crate::matrix::engine::Start;
use crate::matrix::error::{Place, SpecError};
use farebox_launch::How;
use toml::Spanned;

impl Matrix {
    /// What only the whole can tell.
    pub(super) fn check(&self, document: &Document, place: Place<'_>) -> Result<(), SpecError> {
        if self.engines.is_empty() {
            let message = "engines: there is none; [engines.vllm] is one";
            return Err(place.wrong(&(0..0), message));
        }
        for ((name, table), engine) in document.engines.0.iter().zip(&self.engines) {
            let path = format!("engines.{}", engine.name);
            let asks = matches!(&engine.start, Start::Launched { spec, .. }
                if !matches!(spec.how, How::Custom(_)));
            if asks && engine.model.is_none() && self.checkpoints.is_empty() {
                let message = format!(
                    "{path}: nothing says which model it serves; [checkpoints] base = \"org/model\""
                );
                return Err(place.wrong(&name.span(), message));
            }
            for precision in table.precisions.iter().flat_map(Spanned::get_ref) {
                self.check_precision(precision, &format!("{path}.precisions"), place)?;
            }
            for width in table.tp.iter().flat_map(Spanned::get_ref) {
                check_width(width, &format!("{path}.tp"), place)?;
            }
        }
        for precision in document.precisions.iter().flat_map(Spanned::get_ref) {
            self.check_precision(precision, "precisions", place)?;
        }
        self.check_lengths(document, place)
    }

    fn check_precision(
        &self,
        precision: &Spanned<String>,
        key: &str,
        place: Place<'_>,
    ) -> Result<(), SpecError> {
        let name = precision.get_ref();
        if self.checkpoints.is_empty() || self.checkpoint(name).is_some() {
            return check_name(precision, key, place);
        }
        let known: Vec<&str> = self.checkpoints.iter().map(|c| c.precision.as_str()).collect();
        let message = format!("{key}: [checkpoints] has no `{name}`, only {}", known.join(", "));
        Err(place.wrong(&precision.span(), message))
    }

    /// A load set may say how long answers are only where traffic says lengths itself.
    fn check_lengths(&self, document: &Document, place: Place<'_>) -> Result<(), SpecError> {
        const OTHERS: [&str; 4] = ["traffic", "dataset", "trace", "prompts"];
        let drawn = self.traffic.iter().find_map(|traffic| {
            let other = OTHERS.iter().find(|other| traffic.flags.says(other))?;
            (*other != "prompts").then_some(&traffic.name)
        });
        let osl = document.loads.0.iter().find_map(|(name, table)| {
            let (key, _) = table.0.iter().find(|(key, _)| key.get_ref() == "osl")?;
            Some((name.get_ref(), key.span()))
        });
        if let (Some(traffic), Some((load, span))) = (drawn, osl) {
            let message = format!(
                "loads.{load}.osl: the lengths of traffic.{traffic} are its own; say isl there, or \
                 leave this out"
            );
            return Err(place.wrong(&span, message));
        }
        Ok(())
    }
}

/// What a directory's name may have.
pub(super) fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.".contains(c)
}

/// Names become parts of directory names.
pub(super) fn check_name(
    name: &Spanned<String>,
    key: &str,
    place: Place<'_>,
) -> Result<(), SpecError> {
    let text = name.get_ref();
    if !text.is_empty() && text.chars().all(is_plain) && !text.starts_with('.') {
        return Ok(());
    }
    let message = format!(
        "{key}: `{text}` becomes part of a directory's name: letters, digits, `-`, `_` and `.`"
    );
    Err(place.wrong(&name.span(), message))
}

/// More accelerators than one replica spans.
const WIDEST: u32 = 4096;

/// A replica has at least one accelerator.
pub(super) fn check_width(
    width: &Spanned<u32>,
    key: &str,
    place: Place<'_>,
) -> Result<(), SpecError> {
    if (1..=WIDEST).contains(width.get_ref()) {
        return Ok(());
    }
    Err(place.wrong(&width.span(), format!("{key}: accelerators per replica, from 1 to {WIDEST}")))
}
