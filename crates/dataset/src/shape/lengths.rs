//! Rows that declare their lengths: traces.

use super::entry::Lengths;
use super::known::Known;
use crate::field::FieldPath;
use crate::skip::Skip;
use serde_json::Value;

/// Where the lengths are.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LengthFields {
    pub(super) isl: FieldPath,
    pub(super) osl: FieldPath,
    blocks: Option<FieldPath>,
}

impl LengthFields {
    pub(super) fn new(isl: &str, osl: &str, has_blocks: bool, known: Known) -> Self {
        let blocks = (has_blocks && known == Known::Mooncake).then(|| FieldPath::new("hash_ids"));
        Self { isl: FieldPath::new(isl), osl: FieldPath::new(osl), blocks }
    }

    pub(super) fn wanted(&self) -> Vec<FieldPath> {
        [&self.isl, &self.osl].into_iter().chain(&self.blocks).cloned().collect()
    }

    pub(super) fn read(&self, row: &Value) -> Result<Lengths, Skip> {
        let length = |path: &FieldPath| {
            let name = || path.as_str().to_owned();
            let value = path.find(row).ok_or_else(|| Skip::MissingField(name()))?;
            tokens(value).ok_or_else(|| Skip::WrongType(name()))
        };
        let blocks = self.blocks.as_ref().and_then(|path| path.find(row)?.as_array());
        let blocks = blocks.map(|ids| ids.iter().filter_map(Value::as_u64).collect());
        Ok(Lengths {
            isl: length(&self.isl)?,
            osl: length(&self.osl)?,
            shared_prefix: None,
            blocks: blocks.unwrap_or_default(),
        })
    }
}

/// A number of tokens, also as a text or as a float without fraction.
pub(super) fn tokens(value: &Value) -> Option<u64> {
    let whole = |number: f64| {
        (number >= 0.0 && number.fract() == 0.0 && number < 1e15).then_some(number as u64)
    };
    match value {
        Value::Number(number) => number.as_u64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => text.trim().parse::<f64>().ok().and_then(whole),
        _ => None,
    }
}
