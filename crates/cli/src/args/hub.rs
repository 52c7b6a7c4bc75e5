//! The Hub as the environment and `--offline` allow it, and what it says to whoever waits.

use crate::cli::Global;
use crate::error::CliError;
use crate::output;
use farebox_hub::{Hub, HubError, HubEvent, HubSettings, Listener, Network};

/// A client that tells of its waits on stderr.
pub(crate) fn hub(global: Global) -> Result<Hub, CliError> {
    Hub::new(settings(global)?, Listener::new(tell)).map_err(failed)
}

/// The environment's Hub, cache and token, as far as `--offline` allows.
pub(crate) fn settings(global: Global) -> Result<HubSettings, CliError> {
    let settings = HubSettings::from_values(|name| std::env::var(name).ok());
    let mut settings = settings.map_err(CliError::usage)?;
    if global.offline {
        settings.network = Network::Offline;
    }
    Ok(settings)
}

/// A Hub error with its own advice.
pub(crate) fn failed(error: HubError) -> CliError {
    match error.hint() {
        Some(hint) => CliError::failed(&error).hint(hint),
        None => CliError::failed(error),
    }
}

/// Tells whoever waits for a download what is going on.
fn tell(event: &HubEvent) {
    match event {
        HubEvent::Downloading { file, bytes, resumed_from } => {
            let size = bytes.map_or(String::new(), |bytes| format!(", {}", megabytes(bytes)));
            let resumed = match resumed_from {
                0 => String::new(),
                bytes => format!(", from {} on", megabytes(*bytes)),
            };
            output::note(format_args!("fetching {file}{size}{resumed} ..."));
        }
        HubEvent::RateLimited { wait } => {
            output::note(format_args!("the Hub asks for a pause of {wait:.0?}"));
        }
        HubEvent::Retrying { reason, wait } => {
            output::note(format_args!("{reason}; trying again in {wait:.1?}"));
        }
        HubEvent::UsingCached { file, reason } => {
            output::note(format_args!("using the {file} of an earlier fetch: {reason}"));
        }
    }
}

fn megabytes(bytes: u64) -> String {
    if bytes < 1_000_000 {
        return format!("{} kB", bytes.div_ceil(1000));
    }
    format!("{:.0} MB", bytes as f64 / 1e6)
}
