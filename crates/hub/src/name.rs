//! Names that become addresses and paths, each checked before it is either.
//!
//! Whatever a user types or a server answers passes through one of these types, so that no text
//! with `..`, a separator or a control character ever reaches the file system.

use std::fmt;

/// A repository: `org/name`, or the bare `name` of the Hub's oldest models.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RepoId(String);

/// A branch, a tag, a pull request's `refs/pr/1`, or a commit.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Revision(String);

/// A commit: 40 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Commit(String);

/// What the Hub calls a file's content; the name of its blob in the cache.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Etag(String);

/// A file's path inside its repository, with `/` between folders.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileName(String);

/// Longest part of a repository's name, in bytes: the Hub's own limit.
const LONGEST_PART: usize = 96;

/// Longest revision, file name or tag accepted, in bytes.
const LONGEST: usize = 255;

impl RepoId {
    /// Reads `org/name` or `name` by the Hub's rules; `None` if it breaks one.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let legal = parts.by_ref().take(2).all(is_repo_part);
        (legal && parts.next().is_none() && !text.contains("--")).then(|| Self(text.to_owned()))
    }

    /// As typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The folder of this repository in a Hub cache, `plural` being `models` or `datasets`.
    pub(crate) fn folder(&self, plural: &str) -> String {
        format!("{plural}--{}", self.0.replace('/', "--"))
    }
}

impl Revision {
    /// The branch that is meant where none is named.
    pub fn main() -> Self {
        Self("main".to_owned())
    }

    /// Where the Hub keeps its own Parquet copy of a dataset.
    pub fn converted() -> Self {
        Self("refs/convert/parquet".to_owned())
    }

    /// Reads a revision; `None` for anything that could leave its folder.
    pub fn parse(text: &str) -> Option<Self> {
        is_relative_path(text).then(|| Self(text.to_owned()))
    }

    /// As typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The commit, if that is what the revision is: it can never change.
    pub fn as_commit(&self) -> Option<Commit> {
        Commit::parse(&self.0)
    }

    /// As one segment of an address.
    pub(crate) fn encoded(&self) -> String {
        self.0.replace('/', "%2F").replace('+', "%2B")
    }
}

impl Commit {
    /// Reads a full commit.
    pub fn parse(text: &str) -> Option<Self> {
        let hexadecimal = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        (text.len() == 40 && text.bytes().all(hexadecimal)).then(|| Self(text.to_owned()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Etag {
    /// Reads a header's value: quotes and the mark of a weak tag are dropped.
    pub fn parse(header: &str) -> Option<Self> {
        let bare = header.trim().trim_start_matches("W/").trim_matches('"');
        (is_relative_path(bare) && !bare.contains('/')).then(|| Self(bare.to_owned()))
    }

    /// Without quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FileName {
    /// Reads a path inside a repository; `None` for anything that could leave it.
    pub fn parse(text: &str) -> Option<Self> {
        is_relative_path(text).then(|| Self(text.to_owned()))
    }

    /// The architecture of a model.
    pub fn config() -> Self {
        Self("config.json".to_owned())
    }

    /// What messages call the list of all files, which is no file of its own.
    pub(crate) fn listing() -> Self {
        Self("list-of-files".to_owned())
    }

    /// How a checkpoint of NVIDIA's ModelOpt is quantised, where its configuration does not say.
    pub fn quantisation() -> Self {
        Self("hf_quant_config.json".to_owned())
    }

    /// The list of a sharded model's tensors.
    pub fn weight_index() -> Self {
        Self("model.safetensors.index.json".to_owned())
    }

    /// The weights of a model that is not sharded.
    pub fn single_weights() -> Self {
        Self("model.safetensors".to_owned())
    }

    /// With `/` between folders.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_repo_part(part: &str) -> bool {
    let edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_');
    is_component(part)
        && part.len() <= LONGEST_PART
        && !part.contains(['+', ','])
        && edge(part.bytes().next())
        && edge(part.bytes().last())
        && part.strip_suffix(".git").is_none()
}

fn is_relative_path(text: &str) -> bool {
    text.len() <= LONGEST && text.split('/').all(is_component)
}

/// One name between separators. The alphabet leaves out what a file system or an address could
/// read as something else; a leading dot would hide a file and begins `..`.
fn is_component(part: &str) -> bool {
    let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'+');
    !part.is_empty() && !part.starts_with('.') && !part.contains("..") && part.bytes().all(known)
}

macro_rules! shown_as_typed {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}
shown_as_typed!(RepoId, Revision, Commit, Etag, FileName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_are_refused() {
        for text in [
            "", "/", "a/", "/a", "..", "../a", "a/..", "a/../b", "a//b", "a\\b", "C:", "a\0b",
            "a b", "a\nb", ".git", "a/.ssh", "a%2e%2e", "a?b", "a#b", "ä",
        ] {
            assert_eq!(FileName::parse(text), None, "{text:?}");
            assert_eq!(Revision::parse(text), None, "{text:?}");
            assert_eq!(Etag::parse(text), None, "{text:?}");
            assert_eq!(RepoId::parse(text), None, "{text:?}");
        }
        assert_eq!(FileName::parse(&"a".repeat(256)), None);
        assert_eq!(Etag::parse("a/b"), None);
    }

    #[test]
    fn repositories_follow_the_rules_of_the_hub() {
        for good in ["meta-llama/Llama-3.3-70B-Instruct", "gpt2", "01-ai/Yi-1.5_v2"] {
            assert!(RepoId::parse(good).is_some(), "{good}");
        }
        for bad in ["a/b/c", "a/b--c", "-a/b", "a/b-", "a/b.git", "a/b+c", "datasets/a/b"] {
            assert!(RepoId::parse(bad).is_none(), "{bad}");
        }
        assert_eq!(RepoId::parse("org/name").unwrap().folder("models"), "models--org--name");
    }

    #[test]
    fn tags_lose_their_quotes_and_commits_are_whole() {
        assert_eq!(Etag::parse("W/\"abc\"").unwrap().as_str(), "abc");
        assert_eq!(Etag::parse("\"0123-16\"").unwrap().as_str(), "0123-16");
        assert!(Commit::parse(&"0a".repeat(20)).is_some());
        for bad in ["main", "0a0a0a0", &"0A".repeat(20), &"0g".repeat(20)] {
            assert!(Commit::parse(bad).is_none(), "{bad}");
        }
        assert_eq!(Revision::parse("refs/pr/1").unwrap().encoded(), "refs%2Fpr%2F1");
    }
}
