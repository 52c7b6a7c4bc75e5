//! Settings of `farebox bench` as a matrix file spells them: `num-requests = 200`.
//!
//! A cell is measured as the same flags would measure it, so whatever `bench` can do a matrix can
//! do, and every cell can be run again by hand.

use super::document::{Listed, Value};
use super::error::{Place, SpecError};
use farebox_measure::redact;

/// What requests are like.
const TRAFFIC: &str = "isl osl profile shrink dataset trace prompts tokenizer field-map turns \
                       turn-growth think-time trajectories prefix-groups prefix-tokens prefix-zipf \
                       cache min-osl";
/// How many of them, and for how long. A load set may say how long its answers are.
const LOADS: &str = "concurrency request-rate burstiness arrivals day day-start day-length \
                     trace-speed batch num-batches duration num-requests search search-resolution \
                     target-interval repeat warmup osl";
/// How they are sent.
const BENCH: &str = "endpoint served-model-name temperature ignore-eos extra-body events header \
                     cacert insecure timeout stall-timeout connect-timeout ready-timeout \
                     skip-self-test telemetry tokenizer warmup";

/// Which part of the file flags stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Traffic,
    Loads,
    Bench,
}

impl Section {
    fn known(self) -> impl Iterator<Item = &'static str> {
        let words = match self {
            Self::Traffic => TRAFFIC,
            Self::Loads => LOADS,
            Self::Bench => BENCH,
        };
        words.split_whitespace()
    }
}

/// Some flags, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags(pub Vec<Flag>);

/// One flag of `farebox bench`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// The key in the file: `traffic.chat.profile`.
    pub key: String,
    /// The line it stands in; 0 where nobody wrote it into a file.
    pub line: usize,
    /// Its name without dashes.
    pub name: String,
    /// Its words on a command line.
    pub words: Vec<String>,
}

impl Flags {
    /// The flags of a table called `path`; a key that is no setting of its section is refused.
    pub(super) fn read(
        table: &Listed<Value>,
        section: Section,
        path: &str,
        place: Place<'_>,
    ) -> Result<Self, SpecError> {
        let mut flags = Vec::new();
        for (key, value) in &table.0 {
            let name = key.get_ref().as_str();
            if !section.known().any(|known| known == name) {
                let known = section.known().collect::<Vec<_>>().join(", ");
                let message = format!("{path}.{name}: no such setting; there are {known}");
                return Err(place.wrong(&key.span(), message));
            }
            let (key_name, line) = (format!("{path}.{name}"), place.line(&key.span()));
            let name = if name == "profile" { "traffic" } else { name };
            let words = words(name, value);
            flags.push(Flag { key: key_name, line, name: name.to_owned(), words });
        }
        Ok(Self(flags))
    }

    /// These, and of `others` those that are not said here.
    #[must_use]
    pub fn over(&self, others: &Self) -> Self {
        let unsaid = others.0.iter().filter(|other| !self.says(&other.name));
        Self(self.0.iter().chain(unsaid).cloned().collect())
    }

    /// Whether a flag is among them.
    pub fn says(&self, name: &str) -> bool {
        self.0.iter().any(|flag| flag.name == name)
    }

    /// A flag's value as it is typed.
    pub fn value(&self, name: &str) -> Option<&str> {
        let flag = self.0.iter().find(|flag| flag.name == name)?;
        flag.words.get(1).map(String::as_str)
    }

    /// All words as they may be shown: a header or an extra field may carry a secret.
    pub fn shown(&self) -> impl Iterator<Item = String> {
        redact::words(self.words().cloned()).into_iter()
    }

    /// All words.
    pub fn words(&self) -> impl Iterator<Item = &String> {
        self.0.iter().flat_map(|flag| &flag.words)
    }
}

/// A setting as it is typed.
fn words(name: &str, value: &Value) -> Vec<String> {
    let flag = format!("--{name}");
    match value {
        Value::Switch(true) => vec![flag],
        Value::Switch(false) if name == "ignore-eos" => vec![format!("{flag}=false")],
        Value::Switch(false) => Vec::new(),
        // The one flag whose value is optional and so needs its sign.
        Value::Text(text) if name == "search" => vec![format!("{flag}={text}")],
        Value::Text(text) => vec![flag, text.clone()],
        Value::List(items) if name == "header" => {
            items.iter().flat_map(|item| [flag.clone(), item.clone()]).collect()
        }
        Value::List(items) => vec![flag, items.join(",")],
    }
}
