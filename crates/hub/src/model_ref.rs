//! What a user types to name a model: `org/name`, perhaps with `@revision`.

use crate::name::{RepoId, Revision};
use std::fmt;
use std::str::FromStr;

/// A model on the Hub at a revision.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModelRef {
    /// The repository.
    pub repo: RepoId,
    /// Branch, tag or commit; `main` where none is typed.
    pub revision: Revision,
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

impl FromStr for ModelRef {
    type Err = RefError;

    fn from_str(text: &str) -> Result<Self, RefError> {
        let (repo, revision) = match text.split_once('@') {
            None => (text, Some(Revision::main())),
            Some((repo, revision)) => (repo, Revision::parse(revision)),
        };
        let repo = RepoId::parse(repo).ok_or_else(|| RefError::Repo(repo.to_owned()))?;
        let typed = || text.split_once('@').map_or("", |(_, revision)| revision).to_owned();
        let revision = revision.ok_or_else(|| RefError::Revision(typed()))?;
        Ok(Self { repo, revision })
    }
}

impl fmt::Display for ModelRef {
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
            assert_eq!(text.parse::<ModelRef>().unwrap().to_string(), text);
        }
        assert_eq!("org/name@main".parse::<ModelRef>().unwrap().to_string(), "org/name");
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
            assert_eq!(text.parse::<ModelRef>(), error, "{text}");
        }
    }
}
