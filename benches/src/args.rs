//! The three commands of this binary; two of them only it itself ever types.

use crate::bare::{BareLoad, Stamps};
use crate::error::BenchError;
use crate::serve::ServeKind;
use std::str::FromStr;

/// What to do.
pub(crate) enum Command {
    /// Measure and write the document.
    Report(ReportOptions),
    /// Be the server.
    Serve(ServeKind),
    /// Be the bare reader.
    Bare(BareLoad),
}

/// How the report is made.
#[derive(Debug, Clone)]
pub(crate) struct ReportOptions {
    /// How often each pair of clients takes turns.
    pub(crate) rounds: usize,
    /// Print this experiment alone and leave the document as it is.
    pub(crate) only: Option<String>,
    /// Whether to time a release build of a fresh clone.
    pub(crate) cold_build: ColdBuild,
}

/// Whether to time a release build of a fresh clone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColdBuild {
    /// It takes minutes.
    Skip,
    /// It was asked for.
    Time,
}

impl Command {
    /// Reads the words after the program's name.
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, BenchError> {
        match words.next().as_deref() {
            Some("report") => ReportOptions::parse(words).map(Self::Report),
            Some("serve") => word(&mut words, "serve").map(Self::Serve),
            Some("bare") => Ok(Self::Bare(BareLoad {
                address: word(&mut words, "bare")?,
                streams: word(&mut words, "bare")?,
                requests: word(&mut words, "bare")?,
                osl: word(&mut words, "bare")?,
                stamps: match words.next().as_deref() {
                    Some("stamps") => Stamps::Tokens,
                    _ => Stamps::None,
                },
            })),
            other => Err(BenchError::Usage(other.unwrap_or_default().to_owned())),
        }
    }
}

impl ReportOptions {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, BenchError> {
        let mut options = Self { rounds: 3, only: None, cold_build: ColdBuild::Skip };
        while let Some(flag) = words.next() {
            match flag.as_str() {
                "--rounds" => options.rounds = word(&mut words, "--rounds")?,
                "--only" => options.only = Some(word(&mut words, "--only")?),
                "--cold-build" => options.cold_build = ColdBuild::Time,
                _ => return Err(BenchError::Usage(flag)),
            }
        }
        options.rounds = options.rounds.max(1);
        Ok(options)
    }
}

fn word<T: FromStr>(words: &mut impl Iterator<Item = String>, of: &str) -> Result<T, BenchError> {
    let word = words.next();
    let parsed = word.as_deref().and_then(|word| word.parse().ok());
    parsed.ok_or_else(|| BenchError::Usage(format!("{of} {}", word.unwrap_or_default())))
}
