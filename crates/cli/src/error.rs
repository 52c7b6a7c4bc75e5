//! How things go wrong in front of the user: one line `error: ...`, and where it helps a `hint: ...`.

use crate::exit::Exit;
use crate::output;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use farebox_calculator::QuestionError;
use farebox_calculator::scenario::ScenarioError;
use farebox_engine::EngineError;
use farebox_experiment::matrix::{SpecError, StoreError};
use farebox_experiment::{BenchError, CurveError, RunDirError, TelemetryError};
use farebox_measure::PrepareError;
use std::fmt::Display;

/// An error with its exit code and, where it helps, the one thing to try.
#[derive(Debug)]
pub(crate) struct CliError {
    exit: Exit,
    message: String,
    hint: Option<String>,
}

impl CliError {
    /// Bad usage or input.
    pub(crate) fn usage(message: impl Display) -> Self {
        Self { exit: Exit::Usage, message: message.to_string(), hint: None }
    }

    /// The work failed.
    pub(crate) fn failed(message: impl Display) -> Self {
        Self { exit: Exit::Failed, message: message.to_string(), hint: None }
    }

    /// The answer is no.
    pub(crate) fn no(message: impl Display) -> Self {
        Self { exit: Exit::No, message: message.to_string(), hint: None }
    }

    /// Adds the one thing to try.
    pub(crate) fn hint(mut self, hint: impl Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }

    /// Says which flag it is about.
    pub(crate) fn of_flag(mut self, flag: &str) -> Self {
        self.message = format!("{flag}: {}", self.message);
        self
    }

    /// What it says.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Prints it and gives its exit code.
    pub(crate) fn report(&self) -> Exit {
        output::note(format_args!("error: {}", one_line(&self.message)));
        if let Some(hint) = &self.hint {
            output::note(format_args!("hint: {hint}"));
        }
        self.exit
    }
}

/// Server messages may have many lines; ours have one.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What clap has to say, in our form: help and version on stdout, anything else as one line.
pub(crate) fn report_usage(error: &clap::Error) -> Exit {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return output::data(&error.render().to_string()).map_or(Exit::Failed, |()| Exit::Done);
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        output::note(error.render());
        return Exit::Usage;
    }
    CliError { exit: Exit::Usage, message: words_of(error), hint: suggestion(error) }.report()
}

/// What clap says is wrong, in one paragraph.
pub(crate) fn words_of(error: &clap::Error) -> String {
    let rendered = error.render().to_string();
    let message = rendered.split("\n\n").next().unwrap_or(&rendered);
    message.trim_start_matches("error: ").to_owned()
}

/// The near miss that clap found, or where to read on. A value that was refused says itself what
/// would be right.
fn suggestion(error: &clap::Error) -> Option<String> {
    let kinds =
        [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    let near = kinds.into_iter().find_map(|kind| match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => texts.first().cloned(),
        _ => None,
    });
    match (near, error.kind()) {
        (Some(near), _) => Some(format!("did you mean `{near}`?")),
        (None, ErrorKind::ValueValidation | ErrorKind::InvalidValue) => None,
        (None, _) => {
            Some("`farebox help` lists commands, `farebox COMMAND --help` its flags".to_owned())
        }
    }
}

impl From<BenchError> for CliError {
    fn from(error: BenchError) -> Self {
        let message = error.to_string();
        match error {
            BenchError::Prepare(PrepareError::NotThere { .. }) => Self::failed(message).hint(
                "is it started, and does it listen on this port? --ready-timeout 5m waits longer",
            ),
            BenchError::Prepare(PrepareError::NoModel { .. }) => {
                Self::usage(message).hint("farebox bench --base-url URL MODEL")
            }
            BenchError::Prepare(PrepareError::Tls(_)) => Self::usage(message),
            BenchError::RunDir(error) => error.into(),
            BenchError::Resume(_) => Self::usage(message)
                .hint("a run goes on with the flags that it began with; another --out begins anew"),
            BenchError::Limits(error) => Self::failed(message).hint(error.hint()),
            BenchError::Prepare(PrepareError::Refused(_)) | BenchError::Records { .. } => {
                Self::failed(message)
            }
        }
    }
}

impl From<RunDirError> for CliError {
    fn from(error: RunDirError) -> Self {
        let taken = matches!(error, RunDirError::Exists(_));
        let error = Self::usage(error);
        if !taken {
            return error;
        }
        error.hint("choose another directory, or go on with a run that was cut short by --resume")
    }
}

impl From<CurveError> for CliError {
    fn from(error: CurveError) -> Self {
        Self::usage(error)
    }
}

impl From<TelemetryError> for CliError {
    fn from(error: TelemetryError) -> Self {
        Self::usage(error)
    }
}

impl From<SpecError> for CliError {
    fn from(error: SpecError) -> Self {
        Self::usage(error)
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        let message = error.to_string();
        match error {
            StoreError::Changed { .. } => Self::usage(message).hint(
                "another name or --out keeps both; --force moves what was measured aside and \
                 measures again",
            ),
            StoreError::Foreign(_) | StoreError::Busy(_) => {
                Self::usage(message).hint("another name or --out")
            }
            StoreError::Io { .. } => Self::failed(message),
            StoreError::RunDir(error) => error.into(),
        }
    }
}

impl From<QuestionError> for CliError {
    fn from(error: QuestionError) -> Self {
        let hint = error.hint();
        let error = match error {
            QuestionError::Promise(_) => Self::no(error),
            _ => Self::usage(error),
        };
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

impl From<ScenarioError> for CliError {
    fn from(error: ScenarioError) -> Self {
        match error {
            ScenarioError::Table(_) => Self::failed(error),
            _ => Self::usage(error),
        }
    }
}

impl From<EngineError> for CliError {
    fn from(error: EngineError) -> Self {
        let message = error.to_string();
        match error {
            EngineError::Listen { .. } | EngineError::Thread { .. } => Self::failed(message),
            EngineError::DoesNotFit { .. } => Self::no(message),
            _ => Self::usage(message),
        }
    }
}
