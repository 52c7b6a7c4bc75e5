//! Traffic that comes with the product: profiles of public traces, and recipes for profiles of
//! public datasets whose lengths depend on the served tokenizer.

use crate::profile::{Traffic, TrafficError};

/// A name that `--traffic` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// A profile, ready to use.
    Profile(Embedded),
    /// How to make one.
    Recipe(Recipe),
}

/// A profile inside the binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Embedded {
    /// What it is called.
    pub name: &'static str,
    json: &'static str,
}

/// How to make a profile from a dataset on the Hub. There are no lengths in it: they are counted
/// with the served tokenizer on first use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipe {
    /// What it is called.
    pub name: &'static str,
    /// The dataset's id on the Hub.
    pub dataset: &'static str,
    /// Its split.
    pub split: &'static str,
    /// The field that is asked.
    pub input: &'static str,
    /// The field that is answered.
    pub output: &'static str,
    /// What one should know of it.
    pub note: &'static str,
}

macro_rules! embedded {
    ($($name:literal),+) => {
        [$(Embedded { name: $name, json: include_str!(concat!("../../../catalog/traffic/", $name, ".json")) }),+]
    };
}

const PROFILES: [Embedded; 4] =
    embedded!["wildchat-2024-03", "azure-conv-2023-11", "azure-code-2023-11", "mooncake-conv"];

const RECIPES: [Recipe; 3] = [
    Recipe {
        name: "openorca",
        dataset: "Open-Orca/OpenOrca",
        split: "train",
        input: "question",
        output: "response",
        note: "chat: instructions with their answers by GPT-3.5 and GPT-4; the system prompt is \
               left out",
    },
    Recipe {
        name: "mbpp",
        dataset: "google-research-datasets/mbpp",
        split: "test",
        input: "text",
        output: "code",
        note: "code: short Python exercises with a reference solution, shorter than a model's",
    },
    Recipe {
        name: "math-500",
        dataset: "HuggingFaceH4/MATH-500",
        split: "test",
        input: "problem",
        output: "solution",
        note: "mathematics: problems with a written solution, far shorter than a reasoning model's",
    },
];

/// Everything that `--traffic` knows by name, profiles first.
pub fn entries() -> impl Iterator<Item = Entry> {
    PROFILES.into_iter().map(Entry::Profile).chain(RECIPES.into_iter().map(Entry::Recipe))
}

/// The entry called `name`.
pub fn find(name: &str) -> Option<Entry> {
    entries().find(|entry| entry.name() == name)
}

impl Entry {
    /// What it is called.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Profile(embedded) => embedded.name,
            Self::Recipe(recipe) => recipe.name,
        }
    }
}

impl Embedded {
    /// The profile.
    pub fn traffic(&self) -> Result<Traffic, TrafficError> {
        Traffic::from_json(self.json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(name: &str) -> Traffic {
        let Some(Entry::Profile(embedded)) = find(name) else { panic!("no profile {name}") };
        embedded.traffic().unwrap()
    }

    #[test]
    fn every_profile_reads_and_says_where_it_is_from() {
        for embedded in PROFILES {
            let traffic = embedded.traffic().unwrap();
            assert_eq!(traffic.about.name.as_deref(), Some(embedded.name));
            let about = &traffic.about;
            assert!(about.source.is_some() && about.licence.is_some() && about.read_on.is_some());
            assert!(about.tokenizer.is_some() && about.counting.is_some(), "{}", embedded.name);
            let counted: u64 = traffic.joint.iter().map(|cell| cell.count).sum();
            assert_eq!(counted, traffic.requests, "{}", embedded.name);
            let means = crate::Lengths::of(&traffic).unwrap().means();
            assert!((means.0 - traffic.isl_tokens.mean).abs() < 1e-6, "{}", embedded.name);
            assert!((means.1 - traffic.osl_tokens.mean).abs() < 1e-6, "{}", embedded.name);
        }
    }

    #[test]
    fn the_published_figures_come_back() {
        let whole = |traffic: &Traffic| {
            (traffic.isl_tokens.mean.round() as u32, traffic.osl_tokens.mean.round() as u32)
        };
        let wildchat = profile("wildchat-2024-03");
        assert_eq!((wildchat.requests, whole(&wildchat)), (36_264, (2433, 422)));
        assert_eq!(wildchat.isl_tokens.percentile(50.0), Some(730.0));
        // The publisher's own table of the Mooncake traces.
        assert_eq!(whole(&profile("mooncake-conv")), (12_035, 343));
    }

    #[test]
    fn a_recipe_names_data_and_no_lengths() {
        let Some(Entry::Recipe(recipe)) = find("math-500") else { panic!() };
        assert_eq!((recipe.dataset, recipe.split), ("HuggingFaceH4/MATH-500", "test"));
        assert_eq!(find("never-heard-of"), None);
    }
}
