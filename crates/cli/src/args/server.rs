//! How a server is reached: flags and environment as a target.

use crate::cli::Global;
use crate::error::CliError;
use clap::Args;
use farebox_measure::{BaseUrl, Target, Trust};
use std::env;
use std::fs::File;
use std::path::PathBuf;

/// What is said to the server, and whom it must prove to be.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct ServerArgs {
    /// A header for every request, such as "X-Team: 7"; repeatable [env: OPENAI_API_KEY adds a bearer token]
    #[arg(long, value_name = "HEADER")]
    header: Vec<String>,
    /// Trust the certificates in this PEM file too
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,
    /// Trust any certificate
    #[arg(long, conflicts_with = "cacert")]
    insecure: bool,
}

impl ServerArgs {
    /// The server at `base_url`, or at `OPENAI_BASE_URL`.
    pub(crate) fn target(&self, base_url: Option<&str>) -> Result<Target, CliError> {
        let from_env = || env::var("OPENAI_BASE_URL").ok().filter(|url| !url.is_empty());
        let base = base_url.map(str::to_owned).or_else(from_env).ok_or_else(|| {
            CliError::usage("which server? --base-url is missing")
                .hint("--base-url http://127.0.0.1:8000")
        })?;
        let base = BaseUrl::parse(&base)
            .map_err(|error| CliError::usage(format_args!("--base-url: {error}")))?;
        let mut target = Target::new(base);
        target.trust = self.trust()?;
        if let Some(key) = env::var("OPENAI_API_KEY").ok().filter(|key| !key.trim().is_empty()) {
            target.add_api_key(&key).map_err(|_| {
                CliError::usage("OPENAI_API_KEY holds signs that no header can carry")
            })?;
        }
        self.add_headers(&mut target)?;
        target.proxy = proxy(&target.base)?;
        Ok(target)
    }

    fn trust(&self) -> Result<Trust, CliError> {
        let Some(file) = &self.cacert else {
            return Ok(if self.insecure { Trust::Anybody } else { Trust::PublicRoots });
        };
        // Before anything is asked of anybody, whatever the scheme of the address.
        File::open(file).map_err(|error| {
            CliError::usage(format_args!("--cacert: {}: {error}", file.display()))
        })?;
        Ok(Trust::PublicRootsAnd(file.clone()))
    }

    fn add_headers(&self, target: &mut Target) -> Result<(), CliError> {
        let bad_header = |error| CliError::usage(format_args!("--header: {error}"));
        for header in &self.header {
            let (name, value) = header.split_once(':').unwrap_or((header, ""));
            if value.is_empty() {
                let name = name.split(['=', ' ']).next().unwrap_or_default();
                return Err(bad_header(farebox_measure::target::HeaderError(name.to_owned())));
            }
            target.add_header(name, value).map_err(bad_header)?;
        }
        Ok(())
    }
}

/// `HTTPS_PROXY`, unless `NO_PROXY` names the host.
fn proxy(base: &BaseUrl) -> Result<Option<BaseUrl>, CliError> {
    let variable = |names: [&str; 2]| names.into_iter().find_map(|name| env::var(name).ok());
    let Some(proxy) = variable(["HTTPS_PROXY", "https_proxy"]).filter(|url| !url.is_empty()) else {
        return Ok(None);
    };
    let spared = variable(["NO_PROXY", "no_proxy"]).unwrap_or_default();
    let names_host = |name: &str| {
        let name = name.trim().trim_start_matches('.');
        !name.is_empty()
            && (name == "*" || base.host() == name || base.host().ends_with(&format!(".{name}")))
    };
    if !base.is_https() || is_here(base) || spared.split(',').any(names_host) {
        return Ok(None);
    }
    let parsed = BaseUrl::parse(&proxy);
    parsed.map(Some).map_err(|error| CliError::usage(format_args!("HTTPS_PROXY: {error}")))
}

/// Whether the address is this machine's own.
pub(crate) fn is_here(base: &BaseUrl) -> bool {
    let address = base.host().parse::<std::net::IpAddr>();
    base.host() == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// `--offline` touches no network.
pub(crate) fn stays_here(base: &BaseUrl, global: Global) -> Result<(), CliError> {
    if !global.offline || is_here(base) {
        return Ok(());
    }
    Err(CliError::usage(format_args!(
        "--offline touches no network, and {base} is not on this machine"
    )))
}
