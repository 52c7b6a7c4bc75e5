//! The `choices` of OpenAI chat and completions chunks, and of whole answers.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};

use super::fields::{Length, Presence, Text, count};
use crate::finish::{self, FinishReason};

/// What one choice of a chunk adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delta {
    /// Which choice; 0 unless several were asked for.
    pub index: u32,
    /// Where its text went.
    pub channel: Channel,
    /// How many token ids came with it, if the server returns ids.
    pub token_ids: Option<u32>,
    /// Set if the choice ends here.
    pub finish: Option<FinishReason>,
}

/// Where a delta's text goes. A delta with several fields takes the last of this list that applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Channel {
    /// No text and no role: the end of a choice, or a token that shows no text yet.
    #[default]
    Empty,
    /// The role alone.
    Role,
    /// Reasoning text.
    Reasoning,
    /// A tool call's name or arguments.
    Tool,
    /// The text of the answer so far and not what is new: the counts tell whether it grew.
    Cumulative,
    /// Text of the answer, or of a refusal.
    Content,
}

/// The deltas of a chunk. The first needs no allocation; hardly any chunk has a second.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Deltas {
    first: Option<Delta>,
    rest: Vec<Delta>,
}

impl Deltas {
    /// One delta.
    pub fn one(delta: Delta) -> Self {
        Self { first: Some(delta), rest: Vec::new() }
    }

    /// Whether there is none, as in a chunk that carries usage alone.
    pub fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// All deltas in the order they came.
    pub fn iter(&self) -> impl Iterator<Item = &Delta> {
        self.first.iter().chain(&self.rest)
    }

    fn push(&mut self, delta: Delta) {
        match self.first {
            None => self.first = Some(delta),
            Some(_) => self.rest.push(delta),
        }
    }
}

impl<'de> Deserialize<'de> for Deltas {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(DeltasVisitor)
    }
}

struct DeltasVisitor;

impl<'de> Visitor<'de> for DeltasVisitor {
    type Value = Deltas;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of choices")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Deltas, A::Error> {
        let mut deltas = Deltas::default();
        while let Some(choice) = seq.next_element::<Choice>()? {
            deltas.push(choice.into_delta());
        }
        Ok(deltas)
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Choice {
    #[serde(deserialize_with = "count")]
    index: Option<u64>,
    delta: Option<Message>,
    // A whole answer's field; some gateways use it for chunks too.
    message: Option<Message>,
    text: Text,
    #[serde(deserialize_with = "finish::lenient")]
    finish_reason: Option<FinishReason>,
    token_ids: Length,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Message {
    role: Text,
    content: Text,
    refusal: Text,
    reasoning_content: Text,
    reasoning: Text,
    tool_calls: Option<Vec<ToolCall>>,
    function_call: Option<Function>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ToolCall {
    function: Option<Function>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Function {
    name: Text,
    arguments: Presence,
}

impl Choice {
    fn into_delta(self) -> Delta {
        let text = if self.text.is_present() { Channel::Content } else { Channel::Empty };
        let said = self.delta.iter().chain(&self.message).map(Message::channel);
        Delta {
            index: u32::try_from(self.index.unwrap_or(0)).unwrap_or(u32::MAX),
            channel: said.fold(text, Channel::max),
            token_ids: self.token_ids.0,
            finish: self.finish_reason,
        }
    }
}

impl Message {
    fn channel(&self) -> Channel {
        let calls = self.tool_calls.iter().flatten().filter_map(|call| call.function.as_ref());
        let mut calls = calls.chain(&self.function_call);
        if self.content.is_present() || self.refusal.is_present() {
            Channel::Content
        } else if calls.any(Function::says_something) {
            Channel::Tool
        } else if self.reasoning_content.is_present() || self.reasoning.is_present() {
            Channel::Reasoning
        } else if self.role.is_present() {
            Channel::Role
        } else {
            Channel::Empty
        }
    }
}

impl Function {
    fn says_something(&self) -> bool {
        self.name.is_present() || self.arguments.is_present()
    }
}
