//! What the names of traffic stand for.

use crate::cli::Global;
use crate::commands::profile::{self, Counting};
use crate::error::CliError;
use farebox_workload::catalogue::{self, Entry};
use farebox_workload::{HourlyRate, Lengths, Traffic};
use std::fs;
use std::path::Path;

/// The lengths of a profile.
pub(super) fn lengths(
    name: &str,
    counting: Counting<'_>,
    global: Global,
) -> Result<Lengths, CliError> {
    let traffic = match catalogue::find(name) {
        Some(Entry::Recipe(_)) => profile::traffic(name, counting, global)?,
        None if !Path::new(name).exists() && name.contains('/') => {
            profile::traffic(name, counting, global)?
        }
        _ => there(name, "--traffic")?,
    };
    of(&traffic, name)
}

fn of(traffic: &Traffic, name: &str) -> Result<Lengths, CliError> {
    Lengths::of(traffic).ok_or_else(|| {
        CliError::usage(format_args!("--traffic: {name}: there are no requests in its cells"))
    })
}

/// The hours of a profile's day, from `start` o'clock on.
pub(super) fn day(name: &str, start: u32) -> Result<HourlyRate, CliError> {
    let arrivals = there(name, "--day")?.arrivals;
    let hours = arrivals.and_then(|arrivals| arrivals.by_hour_utc_per_s).ok_or_else(|| {
        CliError::usage(format_args!("--day: {name} does not know the hours of its requests"))
            .hint("--day wildchat-2024-03, or a profile of requests with times in UTC")
    })?;
    HourlyRate::new(&hours, start)
        .map_err(|error| CliError::usage(format_args!("--day: {name}: {error}")))
}

/// A profile that needs no counting: one that comes with the product, or a file.
pub(crate) fn there(name: &str, flag: &str) -> Result<Traffic, CliError> {
    let wrong =
        |error: &dyn std::fmt::Display| CliError::usage(format_args!("{flag}: {name}: {error}"));
    match catalogue::find(name) {
        Some(Entry::Profile(embedded)) => embedded.traffic(),
        Some(Entry::Recipe(_)) => {
            return Err(wrong(&"a recipe has no profile yet: make one with `farebox profile`"));
        }
        None => Traffic::from_json(&fs::read_to_string(name).map_err(|error| {
            let names: Vec<&str> = catalogue::entries().map(|entry| entry.name()).collect();
            wrong(&error)
                .hint(format_args!("a file of `farebox profile`, or one of {}", names.join(", ")))
        })?),
    }
    .map_err(|error| wrong(&error))
}
