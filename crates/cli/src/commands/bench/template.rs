//! A measurement that is asked of one server after another.

use super::args::BenchArgs;
use super::plan;
use crate::cli::Global;
use crate::error::{CliError, words_of};
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use farebox_experiment::BenchPlan;
use std::path::{Path, PathBuf};

/// The flags of `farebox bench` without the rest of the program.
#[derive(Debug, Parser)]
#[command(name = "bench", no_binary_name = true, disable_help_flag = true)]
struct Line {
    #[command(flatten)]
    args: BenchArgs,
}

/// A plan that lacks its server.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    args: BenchArgs,
    plan: BenchPlan,
    global: Global,
}

/// What stands in for the server until there is one.
const NOWHERE: &str = "http://127.0.0.1:9";

impl Template {
    /// The measurement that these flags ask for.
    pub(crate) fn of(words: &[String], global: Global) -> Result<Self, CliError> {
        let line = Line::try_parse_from(words);
        let mut args = line.map_err(|error| CliError::usage(words_of(&error)))?.args;
        args.base_url = Some(NOWHERE.to_owned());
        args.place.out = Some(PathBuf::from("."));
        // The place is decided later.
        args.place.label = Some(String::new());
        let plan = plan::anywhere(&args, None, global)?;
        Ok(Self { args, plan, global })
    }

    /// The same against the server at `url`, into `out`, which also names it.
    pub(crate) fn against(&self, url: &str, out: &Path) -> Result<BenchPlan, CliError> {
        let mut target = self.args.way.server.target(Some(url))?;
        target.secrets.add_fields(&self.plan.settings.options.extra);
        crate::args::server::stays_here(&target.base, self.global)?;
        let label = out.file_name().map(|name| name.to_string_lossy().into_owned());
        Ok(BenchPlan {
            target,
            out: out.to_owned(),
            label: label.unwrap_or_default(),
            ..self.plan.clone()
        })
    }
}

/// What is wrong with the value of one flag, if anything.
pub(crate) fn wrong_value(words: &[String]) -> Option<String> {
    let error = Line::try_parse_from(words).err()?;
    let is_value = matches!(
        error.kind(),
        ErrorKind::ValueValidation
            | ErrorKind::InvalidValue
            | ErrorKind::TooFewValues
            | ErrorKind::TooManyValues
            | ErrorKind::WrongNumberOfValues
    );
    is_value.then(|| words_of(&error))
}

/// Every flag of `farebox bench`, for reading it back from a command line.
pub(crate) fn flags() -> Vec<clap::Arg> {
    Line::command().get_arguments().cloned().collect()
}
