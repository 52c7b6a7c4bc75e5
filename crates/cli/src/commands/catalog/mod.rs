//! `farebox catalog`: the facts that estimates and prices rest on, with their sources.
//!
//! [`lists`] makes a table of each kind; here one is chosen, or one entry is shown whole.

mod import;
mod lists;

use crate::args::catalogue::CatalogueArgs;
use crate::args::model::ModelArgs;
use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::flat;
use crate::output;
use clap::{Args, Subcommand};
use farebox_catalog::Catalogue;
use farebox_catalog::model::ModelCatalog;
use farebox_report::Format;
use farebox_report::grid::{Cell, Column, Grid};
use serde::Serialize;
use std::path::Path;

/// Show accelerators, models, cloud prices and hosted models, each with source and date.
///
/// Peaks are dense, links one way, memory what is usable. A folder of your own overrides or adds
/// entries: gpus/<vendor>/<id>.toml, prices/<provider>.csv, apis/<provider>/<model>.toml,
/// apis/<provider>.csv, models/<org>/<name>.json.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CatalogArgs {
    #[command(flatten)]
    catalogue: CatalogueArgs,
    #[command(subcommand)]
    what: What,
}

const EXAMPLES: &str = "\
Examples:
  farebox catalog gpus
  farebox catalog gpus h100-sxm --format json
  farebox catalog models llama
  farebox catalog models ./config.json
  farebox catalog prices b200-sxm
  farebox catalog apis openai/gpt-4
  farebox catalog import model_prices_and_context_window.json --dry-run";

#[derive(Debug, Subcommand)]
enum What {
    /// Accelerators: memory, bandwidth, dense peaks, links
    Gpus(NameArgs),
    /// Models: parameters, layers, KV cache, all from their config.json
    Models(Box<ModelArgs>),
    /// What clouds ask for accelerators by the hour
    Prices(NameArgs),
    /// What hosted models cost by the token
    Apis(NameArgs),
    /// Take over newer prices from a LiteLLM, genai-prices or CSV file
    Import(import::ImportArgs),
}

#[derive(Debug, Args)]
struct NameArgs {
    /// One entry whole, or all whose name holds this
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// Prints what was asked for.
pub(crate) fn run(args: &CatalogArgs, global: Global) -> Result<Exit, CliError> {
    let catalogue = args.catalogue.open()?;
    let (catalogue, format) = (&catalogue, global.format);
    match &args.what {
        What::Gpus(of) => gpus(catalogue, of.name.as_deref(), format),
        What::Models(of) => models(catalogue, of, global),
        What::Prices(of) => prices(catalogue, of.name.as_deref(), format),
        What::Apis(of) => apis(catalogue, of.name.as_deref(), format),
        What::Import(import) => import::run(import, &args.catalogue, catalogue, format),
    }?;
    Ok(Exit::Done)
}

fn gpus(catalogue: &Catalogue, name: Option<&str>, format: Format) -> Result<(), CliError> {
    let accelerators = catalogue.accelerators().map_err(CliError::usage)?;
    match name.map(|name| (name, accelerators.find(name))) {
        Some((_, Ok(one))) => show(Kind::Gpu, one, format),
        Some((name, Err(unknown))) => {
            let like: Vec<_> = accelerators.iter().filter(|a| holds(&a.id, name)).collect();
            if like.is_empty() {
                Err(CliError::usage(unknown))
            } else {
                list(Kind::Gpu, &like, &lists::gpus(&like, catalogue), format)
            }
        }
        None => {
            let all: Vec<_> = accelerators.iter().collect();
            list(Kind::Gpu, &all, &lists::gpus(&all, catalogue), format)
        }
    }
}

fn models(catalogue: &Catalogue, args: &ModelArgs, global: Global) -> Result<(), CliError> {
    let models = ModelCatalog::with_files(catalogue.files());
    let some = |part: &str| models.ids().filter(|id| holds(id, part)).collect::<Vec<_>>();
    let ids = match args.name() {
        _ if args.is_described() => Vec::new(),
        None => some(""),
        Some(name) if models.id(name).is_ok() || Path::new(name).exists() => Vec::new(),
        Some(name) => some(name),
    };
    if ids.is_empty() {
        let spec = args.spec(catalogue, global)?;
        return show(Kind::Model, &lists::model_document(&spec), global.format);
    }
    let specs: Vec<_> = ids.into_iter().filter_map(|id| models.find(id).ok()).collect();
    let documents: Vec<_> = specs.iter().map(lists::model_document).collect();
    list(Kind::Model, &documents, &lists::models(&specs), global.format)
}

fn prices(catalogue: &Catalogue, name: Option<&str>, format: Format) -> Result<(), CliError> {
    let offers = catalogue.offers().map_err(CliError::usage)?;
    let Some(name) = name else {
        let all: Vec<_> = offers.iter().collect();
        return list(Kind::Price, &all, &lists::prices(&all, today()), format);
    };
    let accelerators = catalogue.accelerators().map_err(CliError::usage)?;
    let gpu = accelerators.find(name).map(|accelerator| accelerator.id.clone());
    let of = |offer: &&farebox_catalog::Offer| match &gpu {
        Ok(id) => offer.gpu == *id,
        Err(_) => holds(&offer.provider, name) || holds(&offer.gpu, name),
    };
    let some: Vec<_> = offers.iter().filter(of).collect();
    match (some.is_empty(), gpu) {
        (true, Err(unknown)) => Err(CliError::usage(unknown)),
        (true, Ok(id)) => Err(CliError::no(format_args!("no price of {id} is in the catalogue"))),
        _ => list(Kind::Price, &some, &lists::prices(&some, today()), format),
    }
}

fn apis(catalogue: &Catalogue, name: Option<&str>, format: Format) -> Result<(), CliError> {
    let hosted = catalogue.hosted().map_err(CliError::usage)?;
    match name.map(|name| (name, hosted.find(name))) {
        Some((_, Ok(one))) => show(Kind::Api, one, format),
        Some((name, Err(unknown))) => {
            let like: Vec<_> = hosted.iter().filter(|model| holds(&model.id, name)).collect();
            if like.is_empty() {
                Err(CliError::usage(unknown))
            } else {
                list(Kind::Api, &like, &lists::apis(&like, today()), format)
            }
        }
        None => {
            let all: Vec<_> = hosted.iter().collect();
            list(Kind::Api, &all, &lists::apis(&all, today()), format)
        }
    }
}

fn holds(text: &str, part: &str) -> bool {
    text.to_lowercase().contains(&part.to_lowercase())
}

/// What entries are called in documents: one, and many.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Gpu,
    Model,
    Price,
    Api,
}

impl Kind {
    const fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Gpu => ("farebox.gpu/1", "farebox.gpus/1", "gpus"),
            Self::Model => ("farebox.model/1", "farebox.models/1", "models"),
            Self::Price => ("farebox.offer/1", "farebox.offers/1", "offers"),
            Self::Api => ("farebox.api/1", "farebox.apis/1", "apis"),
        }
    }
}

fn list<T: Serialize>(
    kind: Kind,
    entries: &[T],
    grid: &Grid,
    format: Format,
) -> Result<(), CliError> {
    match format {
        Format::Json => {
            let (_, schema, name) = kind.names();
            output::data(&output::json_list(schema, name, entries)?)
        }
        Format::Csv => {
            let documents: Result<Vec<_>, _> = entries.iter().map(serde_json::to_value).collect();
            print_grid(&flat::table(&documents.map_err(CliError::failed)?, &[]), format)
        }
        Format::Human | Format::Markdown => print_grid(grid, format),
    }
}

/// One entry, a line per field.
fn show<T: Serialize>(kind: Kind, entry: &T, format: Format) -> Result<(), CliError> {
    if format == Format::Json {
        return output::data(&output::json(kind.names().0, entry)?);
    }
    let value = serde_json::to_value(entry).map_err(CliError::failed)?;
    let columns = vec![Column::words("field"), Column::words("value")];
    let rows =
        flat::fields(&value).into_iter().map(|(field, value)| vec![Cell::Text(field), value]);
    print_grid(&Grid { columns, rows: rows.collect(), footers: Vec::new() }, format)
}

fn print_grid(grid: &Grid, format: Format) -> Result<(), CliError> {
    output::data(&match format {
        Format::Csv => grid.to_csv().map_err(CliError::failed)?,
        Format::Markdown => grid.to_markdown(),
        Format::Human | Format::Json => grid.to_human(),
    })
}

fn today() -> jiff::civil::Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}
