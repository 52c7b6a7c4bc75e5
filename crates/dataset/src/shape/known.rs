//! The shapes that are recognised, by the fields that make them so.

use super::lengths::LengthFields;
use super::logged::LogFields;
use super::pair::PairFields;
use super::talk::TalkFields;
use super::{Fields, Shape};
use crate::field::FieldPath;
use crate::rows::Cells;
use crate::time::Unit;
use std::fmt;

/// A shape with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Conversations of `role` and `content`, with times.
    WildChat,
    /// Conversations of `from` and `value`.
    ShareGpt,
    /// `messages` as the OpenAI API has them, perhaps with `usage`.
    OpenAi,
    /// `system_prompt`, `question`, `response`.
    OpenOrca,
    /// `text` and `code`.
    Mbpp,
    /// `problem` and `solution`.
    Math,
    /// Any other pair of texts with usual names.
    Pair,
    /// `timestamp`, `input_length`, `output_length`, `hash_ids`.
    Mooncake,
    /// `TIMESTAMP`, `ContextTokens`, `GeneratedTokens`.
    Azure,
    /// `Timestamp`, `Request tokens`, `Response tokens`.
    BurstGpt,
    /// `isl` and `osl`, perhaps with a `timestamp`.
    Lengths,
    /// What `--field-map` says.
    FieldMap,
}

/// Fields, shape and its further fields, most particular first.
const LENGTHS: &[(Known, &str, &str, Unit)] = &[
    (Known::Mooncake, "input_length", "output_length", Unit::Milliseconds),
    (Known::Azure, "ContextTokens", "GeneratedTokens", Unit::BySize),
    (Known::BurstGpt, "Request tokens", "Response tokens", Unit::Seconds),
    (Known::Lengths, "isl", "osl", Unit::BySize),
    (Known::Lengths, "input_tokens", "output_tokens", Unit::BySize),
    (Known::Lengths, "prompt_tokens", "completion_tokens", Unit::BySize),
];

const PAIRS: &[(Known, &str, &str)] = &[
    (Known::OpenOrca, "question", "response"),
    (Known::Math, "problem", "solution"),
    (Known::Pair, "prompt", "response"),
    (Known::Pair, "prompt", "completion"),
    (Known::Pair, "instruction", "response"),
    (Known::Pair, "instruction", "output"),
    (Known::Pair, "question", "answer"),
];

const TIMES: &[&str] =
    &["timestamp", "TIMESTAMP", "Timestamp", "created_at", "created", "time", "start_time"];
const SESSIONS: &[&str] =
    &["conversation_hash", "conversation_id", "session_id", "Session ID", "session", "chat_id"];

impl Known {
    /// Tokens that a name in `hash_ids` stands for, 0 for shapes that have none. Mooncake's traces
    /// name blocks of 512 (their README, FAST '25).
    pub(crate) fn block_tokens(self) -> u32 {
        if self == Self::Mooncake { 512 } else { 0 }
    }

    /// The shape of rows with these fields, `None` if it is none of ours.
    pub(crate) fn recognise(names: &[String]) -> Option<Shape> {
        // Inner names come as `outer.inner`; what counts is the outer one.
        let has = |name: &str| FieldPath::new(name).begins_in(names) || outer(names, name);
        let first =
            |of: &[&str]| of.iter().find(|name| has(name)).map(|name| FieldPath::new(*name));
        let shape = |known, fields, unit| {
            Some(Shape { known, fields, time: first(TIMES), unit, session: first(SESSIONS) })
        };
        for (known, isl, osl, unit) in LENGTHS {
            if has(isl) && has(osl) {
                let fields = LengthFields::new(isl, osl, has("hash_ids"), *known);
                return shape(*known, Fields::Lengths(fields), *unit);
            }
        }
        if has("conversations") {
            return shape(Known::ShareGpt, talk("conversations"), Unit::BySize);
        }
        if has("conversation") {
            return shape(Known::WildChat, talk("conversation"), Unit::BySize);
        }
        if LogFields::begins(&has) {
            return shape(Known::OpenAi, Fields::Log(LogFields::new(&has)), Unit::BySize);
        }
        let pair = |known, system: Option<&str>, prompt: &str, response: &str| {
            let (prompt, response) = (FieldPath::new(prompt), FieldPath::new(response));
            let (system, cells) = (system.map(FieldPath::new), Cells::Typed);
            shape(known, Fields::Pair(PairFields { system, prompt, response, cells }), Unit::BySize)
        };
        if has("task_id") && has("code") {
            // The sanitised split of MBPP calls `text` `prompt`.
            return pair(Known::Mbpp, None, if has("text") { "text" } else { "prompt" }, "code");
        }
        for (known, prompt, response) in PAIRS {
            if has(prompt) && has(response) {
                let system = ["system_prompt", "system"].into_iter().find(|name| has(name));
                return pair(*known, system, prompt, response);
            }
        }
        None
    }
}

fn talk(list: &str) -> Fields {
    Fields::Talk(TalkFields { list: FieldPath::new(list) })
}

fn outer(names: &[String], name: &str) -> bool {
    names.iter().any(|known| known.split('.').next() == Some(name))
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WildChat => "WildChat conversations",
            Self::ShareGpt => "ShareGPT conversations",
            Self::OpenAi => "OpenAI messages",
            Self::OpenOrca => "OpenOrca questions and responses",
            Self::Mbpp => "MBPP tasks and code",
            Self::Math => "problems and solutions",
            Self::Pair => "prompts and answers",
            Self::Mooncake => "a Mooncake trace",
            Self::Azure => "an Azure trace",
            Self::BurstGpt => "a BurstGPT trace",
            Self::Lengths => "lengths",
            Self::FieldMap => "the fields of --field-map",
        })
    }
}
