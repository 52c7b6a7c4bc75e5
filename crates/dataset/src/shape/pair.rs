//! Rows of one prompt and one answer.

use super::entry::{Content, Lengths, Message, Role};
use super::{lengths, talk};
use crate::field::FieldPath;
use crate::rows::Cells;
use crate::skip::Skip;
use serde_json::Value;

/// Where prompt and answer are.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PairFields {
    pub(super) system: Option<FieldPath>,
    /// A text, a list of messages, or a number of tokens.
    pub(super) prompt: FieldPath,
    /// A text or a number of tokens.
    pub(super) response: FieldPath,
    /// Where nothing has a type, two numbers are lengths too.
    pub(super) cells: Cells,
}

impl PairFields {
    pub(super) fn wanted(&self) -> Vec<FieldPath> {
        [&self.prompt, &self.response].into_iter().chain(&self.system).cloned().collect()
    }

    pub(super) fn read(&self, row: &Value) -> Result<Content, Skip> {
        let there = |path: &FieldPath| {
            path.find(row).cloned().ok_or_else(|| Skip::MissingField(path.as_str().to_owned()))
        };
        let (asked, answered) = (there(&self.prompt)?, there(&self.response)?);
        if let (Some(isl), Some(osl)) = (self.tokens(&asked), self.tokens(&answered)) {
            return Ok(Content::Lengths(Lengths { isl, osl, ..Lengths::default() }));
        }
        let mut messages = Vec::with_capacity(3);
        let instructions = self.system.as_ref().and_then(|path| path.find(row)?.as_str());
        if let Some(text) = instructions.filter(|text| !text.is_empty()) {
            messages.push(Message::new(Role::System, text));
        }
        match talk::text(&asked) {
            Some(text) => messages.push(Message::new(Role::User, text)),
            None => messages.extend(talk::messages(&asked, &self.prompt)?),
        }
        let wrong = || Skip::WrongType(self.response.as_str().to_owned());
        messages.push(Message::new(Role::Assistant, talk::text(&answered).ok_or_else(wrong)?));
        Ok(Content::Talk(messages))
    }

    fn tokens(&self, value: &Value) -> Option<u64> {
        let may_be = value.is_number() || self.cells == Cells::Untyped;
        lengths::tokens(value).filter(|_| may_be)
    }
}
