//! Rows of request logs: what was sent to an OpenAI-compatible server and what it counted.

use super::entry::{Content, Lengths, Message, Role};
use super::lengths::tokens;
use super::talk;
use crate::field::FieldPath;
use crate::skip::Skip;
use serde_json::Value;

/// Where in a log the parts of an exchange are.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LogFields {
    wanted: Vec<FieldPath>,
}

const MESSAGES: [&str; 5] =
    ["messages", "request.messages", "body.messages", "request.body.messages", "request.prompt"];
const USAGES: [&str; 4] = ["usage", "response.usage", "response.body.usage", "body.usage"];
const ANSWERS: [&str; 3] = ["", "response.", "response.body."];
const OUTER: [&str; 7] =
    ["messages", "request", "body", "response", "usage", "choices", "completion"];

impl LogFields {
    /// Whether rows with such fields are logs.
    pub(super) fn begins(has: &impl Fn(&str) -> bool) -> bool {
        has("messages") || has("usage") || (has("request") && has("response")) && !has("prompt")
    }

    pub(super) fn new(has: &impl Fn(&str) -> bool) -> Self {
        let there = OUTER.iter().filter(|name| has(name));
        Self { wanted: there.map(|name| FieldPath::new(*name)).collect() }
    }

    pub(super) fn wanted(&self) -> Vec<FieldPath> {
        self.wanted.clone()
    }

    /// The lengths that the server counted, beside the text where it was kept.
    pub(super) fn read(row: &Value) -> Result<Content, Skip> {
        if let Some(lengths) = usage(row) {
            return Ok(Content::Lengths(lengths));
        }
        let list = MESSAGES.iter().map(|path| FieldPath::new(*path));
        let found = list.clone().find_map(|path| Some((path.find(row)?.clone(), path)));
        let (asked, path) = found.ok_or_else(|| Skip::MissingField("messages".to_owned()))?;
        let mut messages = match &asked {
            Value::String(text) => vec![Message::new(Role::User, text)],
            list => talk::messages(list, &path)?,
        };
        if let Some(text) = answer(row) {
            messages.push(Message::new(Role::Assistant, text));
        }
        Ok(Content::Talk(messages))
    }
}

/// <https://platform.openai.com/docs/api-reference/chat/object>: `usage`, in both its namings.
fn usage(row: &Value) -> Option<Lengths> {
    let usage = USAGES.iter().find_map(|path| FieldPath::new(*path).find(row))?;
    let count = |names: [&str; 2]| names.iter().find_map(|name| tokens(usage.get(name)?));
    let cached = ["prompt_tokens_details", "input_tokens_details"]
        .iter()
        .find_map(|name| tokens(usage.get(name)?.get("cached_tokens")?));
    Some(Lengths {
        isl: count(["prompt_tokens", "input_tokens"])?,
        osl: count(["completion_tokens", "output_tokens"])?,
        shared_prefix: cached.and_then(|tokens| u32::try_from(tokens).ok()),
        blocks: Vec::new(),
    })
}

fn answer(row: &Value) -> Option<String> {
    let at = |path: String| FieldPath::new(path).find(row).and_then(talk::text);
    let choice = |prefix: &&str| {
        at(format!("{prefix}choices.0.message.content"))
            .or_else(|| at(format!("{prefix}choices.0.text")))
    };
    ANSWERS
        .iter()
        .find_map(choice)
        .or_else(|| at("completion".to_owned()))
        .or_else(|| at("response".to_owned()))
}
