//! What a user types to name a model or a dataset: `org/name`, perhaps with `@revision`.

use crate::name::{RepoId, Revision};
use std::fmt;
use std::str::FromStr;

/// A repository of the Hub at a revision. Read from a text it is a model.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RepoRef {
    /// What it holds.
    pub kind: RepoKind,
    /// The repository.
    pub repo: RepoId,
    /// Branch, tag or commit; `main` where none is typed.
    pub revision: Revision,
}

/// What a repository holds: models and datasets have names of their own and may share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum RepoKind {
    /// A model.
    #[default]
    Model,
    /// A dataset.
    Dataset,
}

impl RepoKind {
    /// What stands before the repository's name in an address.
    pub(crate) const fn route(self) -> &'static str {
        match self {
            Self::Model => "",
            Self::Dataset => "datasets/",
        }
    }

    /// The beginning of its folder in a cache, and its route in the API.
    pub(crate) const fn plural(self) -> &'static str {
        match self {
            Self::Model => "models",
            Self::Dataset => "datasets",
        }
    }
}

impl fmt::Display for RepoKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Model => "model",
            Self::Dataset => "dataset",
        })
    }
}

impl RepoRef {
    /// The same name, of a dataset.
    pub fn dataset(text: &str) -> Result<Self, RefError> {
        Ok(Self { kind: RepoKind::Dataset, ..text.parse()? })
    }

    /// The same repository at another revision.
    #[must_use]
    pub fn at(&self, revision: Revision) -> Self {
        Self { revision, ..self.clone() }
    }
}

/// A text that names no model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefError {
    /// Not `org/name`.
    #[error("`{0}` is no Hub id: write it like org/name or org/name@revision")]
    Repo(String),
    /// What follows the `@` is no revision.
    #[error("`{0}` is no revision: a branch, a tag or a commit stands after the `@`")]
    Revision(String),
}

impl FromStr for RepoRef {
    type Err = RefError;

    fn from_str(text: &str) -> Result<Self, RefError> {
        let (repo, revision) = match text.split_once('@') {
            None => (text, Some(Revision::main())),
            Some((repo, revision)) => (repo, Revision::parse(revision)),
        };
        let repo = RepoId::parse(repo).ok_or_else(|| RefError::Repo(repo.to_owned()))?;
        let typed = || text.split_once('@').map_or("", |(_, revision)| revision).to_owned();
        let revision = revision.ok_or_else(|| RefError::Revision(typed()))?;
        Ok(Self { kind: RepoKind::Model, repo, revision })
    }
}

impl fmt::Display for RepoRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.repo)?;
        if self.revision == Revision::main() { Ok(()) } else { write!(f, "@{}", self.revision) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_read_and_shown_as_typed() {
        for text in ["org/name", "gpt2", "org/name@v1.0", "org/name@refs/pr/1"] {
            assert_eq!(text.parse::<RepoRef>().unwrap().to_string(), text);
        }
        assert_eq!("org/name@main".parse::<RepoRef>().unwrap().to_string(), "org/name");
    }

    #[test]
    fn what_names_no_model_says_which_part() {
        let repo = |text: &str| Err(RefError::Repo(text.to_owned()));
        let revision = |text: &str| Err(RefError::Revision(text.to_owned()));
        for (text, error) in [
            ("", repo("")),
            ("../etc", repo("../etc")),
            ("org/name@", revision("")),
            ("org/name@../../x", revision("../../x")),
            ("org/name@a@b", revision("a@b")),
        ] {
            assert_eq!(text.parse::<RepoRef>(), error, "{text}");
        }
    }
}
