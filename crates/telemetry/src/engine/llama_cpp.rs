//! llama.cpp's `/slots`: the only place where its KV cache can be seen since the gauges of it were
//! removed from `/metrics`.
//!
//! Source: `tools/server/README.md` of llama.cpp, and answers of a server of 2026.

use crate::mapping;
use crate::reading::EngineReading;
use farebox_core::{EngineKind, Signal};
use farebox_wire::prometheus::Exposition;
use serde::Deserialize;

/// All slots together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slots {
    /// Slots that work on a request.
    busy: u64,
    /// Tokens in their caches. What an idle slot keeps for a later prompt is free to be taken.
    used: u64,
    /// Tokens that all slots hold.
    capacity: u64,
}

#[derive(Deserialize)]
struct Slot {
    #[serde(default)]
    n_ctx: u64,
    #[serde(default)]
    is_processing: bool,
    #[serde(default)]
    n_prompt_tokens: u64,
    #[serde(default)]
    next_token: OneOrMany,
}

/// An object, or since 2025 a list of them.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(NextToken),
    Many(Vec<NextToken>),
}

impl Default for OneOrMany {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

#[derive(Deserialize)]
struct NextToken {
    #[serde(default)]
    n_decoded: u64,
}

impl Slots {
    /// Reads an answer; none if it is something else.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let slots: Vec<Slot> = serde_json::from_slice(body).ok()?;
        let busy = || slots.iter().filter(|slot| slot.is_processing);
        let total = |numbers: &mut dyn Iterator<Item = u64>| numbers.fold(0, u64::saturating_add);
        let slots = Self {
            busy: busy().count() as u64,
            used: total(&mut busy().map(Slot::tokens)),
            capacity: total(&mut slots.iter().map(|slot| slot.n_ctx)),
        };
        (slots.capacity > 0).then_some(slots)
    }

    /// Adds to `reading` what `/metrics` does not say.
    pub(super) fn complete(self, mut reading: EngineReading) -> EngineReading {
        let said = [
            (Signal::KvUsedFraction, self.used as f64 / self.capacity as f64),
            (Signal::KvCapacityTokens, self.capacity as f64),
            (Signal::RequestsRunning, self.busy as f64),
        ];
        for (signal, value) in said {
            if reading.value(signal).is_err() {
                reading.missing.remove(&signal);
                reading.note(signal, Ok(value));
            }
        }
        reading.settings.kv_capacity_tokens.get_or_insert(self.capacity);
        reading
    }

    /// All that there is where `/metrics` is switched off.
    pub(super) fn alone(self) -> EngineReading {
        self.complete(mapping::read(EngineKind::LlamaCpp, &Exposition::default()))
    }
}

impl Slot {
    fn tokens(&self) -> u64 {
        let decoded = match &self.next_token {
            OneOrMany::One(next) => next.n_decoded,
            OneOrMany::Many(all) => {
                all.iter().map(|next| next.n_decoded).fold(0, u64::saturating_add)
            }
        };
        self.n_prompt_tokens.saturating_add(decoded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::Missing;

    #[test]
    fn busy_slots_fill_the_cache_in_both_forms() {
        let body = br#"[
            {"n_ctx": 2048, "is_processing": true, "n_prompt_tokens": 100, "next_token": [{"n_decoded": 28}]},
            {"n_ctx": 2048, "is_processing": true, "n_prompt_tokens": 120, "next_token": {"n_decoded": 8}},
            {"n_ctx": 2048, "is_processing": false, "n_prompt_tokens": 900, "next_token": []},
            {"n_ctx": 2048}]"#;
        let slots = Slots::read(body).unwrap();
        assert_eq!(slots, Slots { busy: 2, used: 256, capacity: 8192 });
        let reading = slots.alone();
        assert_eq!(reading.value(Signal::KvUsedFraction), Ok(0.031_25));
        assert_eq!(reading.value(Signal::RequestsRunning), Ok(2.0));
        assert_eq!(reading.value(Signal::RequestsWaiting), Err(Missing::NotInAnswer));
        assert_eq!(reading.settings.kv_capacity_tokens, Some(8192));
    }

    #[test]
    fn an_answer_of_another_kind_says_nothing() {
        for body in ["", "[]", "{}", r#"{"error":{"code":501,"message":"disabled"}}"#, "[1]"] {
            assert_eq!(Slots::read(body.as_bytes()), None, "{body}");
        }
    }
}
