//! `farebox serve`: the calculator, the scenarios and the JSON API, in a browser.

mod open;

use crate::args::catalogue::CatalogueArgs;
use crate::args::hub;
use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use clap::Args;
use farebox_report::Format;
use farebox_web::{AccessToken, Limits, ServeError, WebServer, WebSettings};
use open::Opening;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

/// Serve the calculator's pages and the JSON API.
///
/// Everything is computed here and nothing is loaded from elsewhere. A model that is not in the
/// catalogue is fetched from the Hub when somebody asks for that, never with --offline.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ServeArgs {
    /// The port; 0 takes a free one
    #[arg(long, default_value_t = 8080, allow_negative_numbers = true)]
    port: u16,
    /// The address to bind; beyond this machine a token is asked for
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    host: IpAddr,
    /// Open a browser in any case; without it one is opened at a terminal on a screen
    #[arg(long, conflicts_with = "no_open")]
    open: bool,
    /// Open none
    #[arg(long)]
    no_open: bool,
    /// The folder whose runs are shown
    #[arg(long, value_name = "DIR", default_value = RUNS)]
    runs: PathBuf,
    #[command(flatten)]
    catalogue: CatalogueArgs,
}

/// Where runs are when nobody says.
const RUNS: &str = "runs";

const EXAMPLES: &str = "\
Examples:
  farebox serve                prints the address and opens a browser at it
  farebox serve --port 0 --no-open
  farebox serve \\
      --runs runs              watch a bench, look at what was measured
  farebox serve --host 0.0.0.0";

/// Serves until Ctrl-C.
pub(crate) fn run(args: &ServeArgs, global: Global) -> Result<Exit, CliError> {
    global.prints("serve", &[Format::Human])?;
    args.look_for_runs()?;
    let settings = settings(args, global)?;
    super::runtime()?.block_on(async {
        let server = WebServer::bind(settings).await?;
        let url = server.url();
        output::data(&format!("{url}\n"))?;
        if !args.host.is_loopback() {
            output::note(
                "warning: other machines can reach this address, unencrypted; whoever has the token \
                 in it can use it",
            );
        }
        if Opening::of(args.open, args.no_open).is_wanted() {
            open::open(&url);
        }
        tokio::select! {
            () = server.run() => {}
            () = super::interrupted() => {}
        }
        Ok(Exit::Done)
    })
}

impl ServeArgs {
    /// Refuses what is no folder, and warns of one that is not there: a run may yet make it.
    fn look_for_runs(&self) -> Result<(), CliError> {
        let runs = self.runs.display();
        match self.runs.metadata() {
            Ok(found) if found.is_dir() => Ok(()),
            Ok(_) => Err(CliError::usage(format_args!("--runs: {runs} is no folder"))),
            Err(error) => {
                if self.runs != Path::new(RUNS) {
                    output::note(format_args!("warning: --runs: {runs}: {error}; no run is shown"));
                }
                Ok(())
            }
        }
    }
}

fn settings(args: &ServeArgs, global: Global) -> Result<WebSettings, CliError> {
    let random = || {
        AccessToken::random()
            .map_err(|error| CliError::failed(format_args!("no token can be drawn: {error}")))
    };
    Ok(WebSettings {
        addr: SocketAddr::new(args.host, args.port),
        token: if args.host.is_loopback() { None } else { Some(random()?) },
        catalogue: args.catalogue.open()?,
        // Without a home there is no cache, and without one no Hub; the rest works all the same.
        hub: hub::settings(global).ok(),
        runs: args.runs.clone(),
        limits: Limits::default(),
    })
}

impl From<ServeError> for CliError {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Listen { .. } => Self::failed(error).hint("--port 0 takes a free port"),
            ServeError::NoToken { .. } | ServeError::Broken(_) => Self::usage(error),
        }
    }
}
