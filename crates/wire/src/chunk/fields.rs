//! JSON values of which only the presence, the length or the size as a number is wanted.
//!
//! Text is read as bytes and thrown away: no allocation, and no complaint about the half characters
//! and lone surrogates that engines emit when a token ends inside a character.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Whether a text field says anything: null, `""` and a list of empty parts do not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Text {
    #[default]
    Empty,
    Present,
}

/// Whether a value of any type is there: null, false, `""`, `[]` and `{}` are not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Presence {
    #[default]
    Absent,
    Present,
}

/// The length of a list, or `None` for null.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Length(pub(crate) Option<u32>);

impl Text {
    pub(crate) fn is_present(self) -> bool {
        self == Self::Present
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        if bytes.is_empty() { Self::Empty } else { Self::Present }
    }
}

impl Presence {
    pub(crate) fn is_present(self) -> bool {
        self == Self::Present
    }

    fn when(present: bool) -> Self {
        if present { Self::Present } else { Self::Absent }
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_option(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, null or a list of parts")
    }

    fn visit_none<E>(self) -> Result<Text, E> {
        Ok(Text::Empty)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Text, D::Error> {
        deserializer.deserialize_bytes(self)
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Text, E> {
        Ok(Text::from_bytes(bytes))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
        Ok(Text::from_bytes(text.as_bytes()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Text, A::Error> {
        let mut text = Text::Empty;
        while let Some(part) = parts.next_element::<Part>()? {
            if part.text.is_present() {
                text = Text::Present;
            }
        }
        Ok(text)
    }
}

/// One element of a list-valued `content`.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Part {
    text: Text,
}

impl<'de> Deserialize<'de> for Presence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PresenceVisitor)
    }
}

struct PresenceVisitor;

impl<'de> Visitor<'de> for PresenceVisitor {
    type Value = Presence;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Presence, E> {
        Ok(Presence::Absent)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Presence, E> {
        Ok(Presence::when(value))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Presence, E> {
        Ok(Presence::Present)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Presence, E> {
        Ok(Presence::Present)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Presence, E> {
        Ok(Presence::Present)
    }

    fn visit_str<E>(self, text: &str) -> Result<Presence, E> {
        Ok(Presence::when(!text.is_empty()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Presence, A::Error> {
        let first = seq.next_element::<IgnoredAny>()?;
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Presence::when(first.is_some()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Presence, A::Error> {
        let first = map.next_entry::<IgnoredAny, IgnoredAny>()?;
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Presence::when(first.is_some()))
    }
}

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let list = Option::<Elements>::deserialize(deserializer)?;
        Ok(Self(list.map(|elements| elements.0)))
    }
}

struct Elements(u32);

impl<'de> Deserialize<'de> for Elements {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ElementsVisitor)
    }
}

struct ElementsVisitor;

impl<'de> Visitor<'de> for ElementsVisitor {
    type Value = Elements;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Elements, A::Error> {
        let mut count = 0u32;
        while seq.next_element::<IgnoredAny>()?.is_some() {
            count = count.saturating_add(1);
        }
        Ok(Elements(count))
    }
}

/// For `#[serde(deserialize_with)]`: a count in any shape; what is no count reads as `None`.
pub(crate) fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    deserializer.deserialize_any(CountVisitor)
}

/// For `#[serde(deserialize_with)]`: a time in milliseconds as nanoseconds; what is no time reads as
/// `None`. By way of a JSON value, because it comes once in an answer.
pub(crate) fn millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let ms = serde_json::Value::deserialize(deserializer)?.as_f64();
    Ok(ms.filter(|ms| *ms >= 0.0).map(|ms| (ms * 1e6).round() as u64))
}

struct CountVisitor;

impl<'de> Visitor<'de> for CountVisitor {
    type Value = Option<u64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a count or null")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(u64::try_from(value).ok())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok((value >= 0.0).then_some(value as u64))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(text.parse().ok())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}
