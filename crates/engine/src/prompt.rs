//! How long a prompt is. The engine has no tokenizer, so it counts by a rule of its own:
//!
//! - one token per word, words being what whitespace separates;
//! - one token per id where the prompt is a list of token ids;
//! - for a chat, [`MESSAGE_TOKENS`] more per message and [`CONVERSATION_TOKENS`] more in all;
//! - at least one.
//!
//! The count is what `usage` reports and what the scheduler prefills, and it is additive: a client
//! that sends one word more gets exactly one token more, and one that corrects its prompts by the
//! reported usage lands on the length it wanted at the first try.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Visitor};

use crate::quantity::Tokens;

/// Tokens that the chat template puts around a message. Llama 3 has five: start and end of the
/// header, the role, a blank line, end of turn.
pub const MESSAGE_TOKENS: Tokens = Tokens(5);

/// Tokens that the chat template adds once: begin of text, and the header of the answer to come.
pub const CONVERSATION_TOKENS: Tokens = Tokens(5);

/// One message of a chat, of which only the length is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct Message {
    #[serde(default)]
    content: Content,
}

/// The words in a message: text, a list of parts of which those with text count, or nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Content {
    words: Tokens,
}

/// The prompt of a completion: text, token ids, or a list of prompts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prompt {
    /// One prompt of so many tokens.
    One(Tokens),
    /// So many prompts.
    Many(usize),
}

/// Tokens in a conversation.
pub(crate) fn conversation(messages: &[Message]) -> Tokens {
    let each = messages.iter().map(|message| message.content.words + MESSAGE_TOKENS);
    each.sum::<Tokens>() + CONVERSATION_TOKENS
}

fn words(text: &str) -> Tokens {
    Tokens(text.split_whitespace().count() as u64)
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

/// Counts words while the JSON is read, so that a long prompt is never copied.
struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("text or a list of content parts")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Content, E> {
        Ok(Content { words: words(text) })
    }

    fn visit_unit<E: de::Error>(self) -> Result<Content, E> {
        Ok(Content::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Content, A::Error> {
        let mut total = Content::default();
        while let Some(part) = parts.next_element::<Part>()? {
            total.words += part.text.words;
        }
        Ok(total)
    }
}

#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    text: Content,
}

impl<'de> Deserialize<'de> for Prompt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PromptVisitor)
    }
}

struct PromptVisitor;

impl<'de> Visitor<'de> for PromptVisitor {
    type Value = Prompt;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("text, a list of token ids or a list of prompts")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Prompt, E> {
        Ok(Prompt::One(words(text).max(Tokens(1))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Prompt, A::Error> {
        let (mut ids, mut prompts, mut last) = (0, 0, Prompt::Many(0));
        while let Some(item) = items.next_element::<Item>()? {
            match item {
                Item::Id => ids += 1,
                Item::Prompt(prompt) => (prompts, last) = (prompts + 1, prompt),
            }
        }
        match (ids, prompts) {
            (1.., 0) => Ok(Prompt::One(Tokens(ids))),
            (0, 1) => Ok(last),
            (0, _) => Ok(Prompt::Many(prompts)),
            _ => Err(de::Error::custom("a prompt mixes token ids and text")),
        }
    }
}

/// One element of a list given as prompt.
enum Item {
    Id,
    Prompt(Prompt),
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ItemVisitor)
    }
}

struct ItemVisitor;

impl<'de> Visitor<'de> for ItemVisitor {
    type Value = Item;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a token id or a prompt")
    }

    fn visit_u64<E: de::Error>(self, _id: u64) -> Result<Item, E> {
        Ok(Item::Id)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Item, E> {
        PromptVisitor.visit_str(text).map(Item::Prompt)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut ids: A) -> Result<Item, A::Error> {
        let mut count = 0;
        while ids.next_element::<u64>()?.is_some() {
            count += 1;
        }
        Ok(Item::Prompt(Prompt::One(Tokens(count).max(Tokens(1)))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_are_counted_by_the_stated_rule() {
        let cases = [
            (r#""one two  three\nfour""#, Prompt::One(Tokens(4))),
            (r#""""#, Prompt::One(Tokens(1))),
            ("[5, 6, 7]", Prompt::One(Tokens(3))),
            (r#"["one two"]"#, Prompt::One(Tokens(2))),
            ("[[5, 6]]", Prompt::One(Tokens(2))),
            (r#"["one", "two"]"#, Prompt::Many(2)),
            ("[]", Prompt::Many(0)),
        ];
        for (json, expected) in cases {
            assert_eq!(serde_json::from_str::<Prompt>(json).unwrap(), expected, "{json}");
        }
        for bad in ["3", "null", "{}", r#"[1, "two"]"#, "[-1]", "[[[1]]]"] {
            assert!(serde_json::from_str::<Prompt>(bad).is_err(), "{bad} was accepted");
        }
    }

    #[test]
    fn a_conversation_adds_its_template() {
        let json = r#"[{"role":"system","content":"be brief"},
            {"role":"user","content":[{"type":"text","text":"one two"},{"type":"image_url"}]},
            {"role":"assistant","content":null},
            {"role":"user"}]"#;
        let messages: Vec<Message> = serde_json::from_str(json).unwrap();
        assert_eq!(conversation(&messages), Tokens(2 + 2 + 4 * 5 + 5));
    }
}
