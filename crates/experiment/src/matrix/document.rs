//! The matrix file as it is spelled; [`super::spec`] is what it means.

use super::spec::Order;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::marker::PhantomData;
use toml::Spanned;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Document {
    pub(super) name: Option<Spanned<String>>,
    pub(super) seed: Option<u64>,
    #[serde(default)]
    pub(super) order: Order,
    pub(super) gpu: Option<String>,
    pub(super) precisions: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) tp: Option<Spanned<Vec<Spanned<u32>>>>,
    #[serde(default)]
    pub(super) checkpoints: Listed<Spanned<String>>,
    pub(super) engines: Listed<EngineTable>,
    #[serde(default)]
    pub(super) traffic: Listed<Listed<Value>>,
    #[serde(default)]
    pub(super) loads: Listed<Listed<Value>>,
    #[serde(default)]
    pub(super) slo: Listed<Spanned<String>>,
    #[serde(default)]
    pub(super) price: PriceTable,
    #[serde(default)]
    pub(super) bench: Listed<Value>,
}

/// `[engines.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct EngineTable {
    pub(super) kind: Option<Spanned<String>>,
    pub(super) start: Option<Spanned<StartWord>>,
    #[serde(default)]
    pub(super) flags: Vec<String>,
    #[serde(default)]
    pub(super) env: Listed<String>,
    pub(super) memory_fraction: Option<Spanned<f64>>,
    pub(super) max_model_len: Option<Spanned<u32>>,
    pub(super) max_num_seqs: Option<Spanned<u32>>,
    pub(super) ready_timeout: Option<Spanned<String>>,
    pub(super) venv: Option<Spanned<String>>,
    pub(super) image: Option<Spanned<String>>,
    pub(super) gpus: Option<Spanned<String>>,
    pub(super) volumes: Option<Spanned<Vec<String>>>,
    pub(super) run_args: Option<Spanned<Vec<String>>>,
    pub(super) command: Option<Spanned<Vec<String>>>,
    pub(super) url: Option<Spanned<String>>,
    pub(super) model: Option<Spanned<String>>,
    pub(super) time_scale: Option<Spanned<f64>>,
    pub(super) precisions: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) tp: Option<Spanned<Vec<Spanned<u32>>>>,
    pub(super) price_per_gpu_hour: Option<Spanned<f64>>,
    pub(super) price_per_hour: Option<Spanned<f64>>,
    pub(super) gpus_per_box: Option<Spanned<u32>>,
    pub(super) tariff: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) bench: Listed<Value>,
}

/// How an engine comes to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum StartWord {
    Local,
    Docker,
    Command,
    Url,
    Simulated,
}

impl StartWord {
    /// As it is typed.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Docker => "docker",
            Self::Command => "command",
            Self::Url => "url",
            Self::Simulated => "simulated",
        }
    }
}

/// `[price]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct PriceTable {
    pub(super) per_gpu_hour: Option<Spanned<f64>>,
    pub(super) per_hour: Option<Spanned<f64>>,
    pub(super) gpus_per_box: Option<Spanned<u32>>,
    pub(super) fill_box: Option<bool>,
}

/// A table in the order of the file, each key with its place.
#[derive(Debug)]
pub(super) struct Listed<T>(pub(super) Vec<(Spanned<String>, T)>);

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Listed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = Listed<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries: Vec<(Spanned<String>, T)> = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                // The reader hands keys over by name.
                entries.sort_by_key(|(key, _)| key.span().start);
                Ok(Listed(entries))
            }
        }
        deserializer.deserialize_map(Entries(PhantomData))
    }
}

/// A setting: a number, a text, a switch, or a list of numbers or texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Switch(bool),
    Text(String),
    List(Vec<String>),
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, a text, true, false or a list")
            }

            fn visit_bool<E: Error>(self, is: bool) -> Result<Value, E> {
                Ok(Value::Switch(is))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
                Ok(Value::Text(number.to_string()))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
                Ok(Value::Text(number.to_string()))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
                Ok(Value::Text(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element::<Value>()? {
                    match item {
                        Value::Text(text) => items.push(text),
                        _ => return Err(A::Error::custom("a list here has numbers or texts")),
                    }
                }
                Ok(Value::List(items))
            }
        }
        deserializer.deserialize_any(Any)
    }
}
