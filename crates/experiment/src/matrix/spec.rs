//! What a matrix file asks for; `check` refuses what cannot be meant.

mod check;

use self::check::{check_name, check_width, is_plain};
use super::document::{Document, Listed, Value};
use super::engine::EngineSpec;
use super::error::{Place, SpecError};
use super::flags::{Flags, Section};
use super::price::PriceSpec;
use farebox_core::Slo;
use serde::Deserialize;
use toml::Spanned;

/// A whole matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    /// What people call it; its directory is `runs/<name>`.
    pub name: String,
    /// Same seed, same prompts; none for new ones at every run.
    pub seed: Option<u64>,
    /// In which order cells are run.
    pub order: Order,
    /// The accelerator, for the record.
    pub gpu: Option<String>,
    /// The engines.
    pub engines: Vec<EngineSpec>,
    /// What serves which precision.
    pub checkpoints: Vec<Checkpoint>,
    /// The precisions.
    pub precisions: Vec<String>,
    /// Accelerators per replica.
    pub tp: Vec<u32>,
    /// What requests are like.
    pub traffic: Vec<Named>,
    /// How many of them.
    pub loads: Vec<Named>,
    /// The promises.
    pub slos: Vec<Slo>,
    /// How all requests are sent.
    pub bench: Flags,
}

/// A model at a precision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The precision as it is typed: `base`, `w8a8`.
    pub precision: String,
    /// The checkpoint's id or path.
    pub model: String,
}

/// Flags under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The name; empty where there is only one and nobody named it.
    pub name: String,
    /// The flags.
    pub flags: Flags,
}

/// In which order cells are run. Cells of one server are neighbours in either.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// As the file lists them.
    #[default]
    Listed,
    /// Servers in an order drawn by the seed, and the cells of each: what drifts over hours does
    /// not favour what is listed first.
    Shuffled,
}

/// The precision of a matrix that names none.
pub const BASE: &str = "base";

impl Matrix {
    /// Reads a matrix; `file` is what errors call it, and names the matrix unless it says so.
    pub fn read(file: &str, text: &str) -> Result<Self, SpecError> {
        let place = Place { file, text };
        let document: Document = toml::from_str(text).map_err(|error| place.toml(&error))?;
        let price = PriceSpec::read(&document.price, place)?;
        let engines = document.engines.0.iter().map(|(name, table)| {
            check_name(name, "engines", place)?;
            EngineSpec::read((name, table), price.as_ref(), place)
        });
        let matrix = Self {
            name: name(&document, place)?,
            seed: document.seed,
            order: document.order,
            gpu: document.gpu.clone(),
            engines: engines.collect::<Result<_, _>>()?,
            checkpoints: checkpoints(&document),
            precisions: precisions(&document, place)?,
            tp: tp(&document, place)?,
            traffic: tables(&document.traffic, Section::Traffic, "traffic", place)?,
            loads: tables(&document.loads, Section::Loads, "loads", place)?,
            slos: slos(&document.slo, place)?,
            bench: Flags::read(&document.bench, Section::Bench, "bench", place)?,
        };
        matrix.check(&document, place)?;
        Ok(matrix)
    }

    /// The checkpoint of a precision.
    pub fn checkpoint(&self, precision: &str) -> Option<&str> {
        let found = self.checkpoints.iter().find(|checkpoint| checkpoint.precision == precision);
        found.map(|checkpoint| checkpoint.model.as_str())
    }
}

fn name(document: &Document, place: Place<'_>) -> Result<String, SpecError> {
    if let Some(name) = &document.name {
        check_name(name, "name", place)?;
        return Ok(name.get_ref().clone());
    }
    let stem = std::path::Path::new(place.file).file_stem().and_then(|stem| stem.to_str());
    let plain = |c: char| if is_plain(c) { c } else { '-' };
    Ok(stem.unwrap_or("matrix").chars().map(plain).collect())
}

fn checkpoints(document: &Document) -> Vec<Checkpoint> {
    let each = document.checkpoints.0.iter();
    each.map(|(precision, model)| Checkpoint {
        precision: precision.get_ref().clone(),
        model: model.get_ref().clone(),
    })
    .collect()
}

/// Those of the file, else those that have a checkpoint, else `base`.
fn precisions(document: &Document, place: Place<'_>) -> Result<Vec<String>, SpecError> {
    for (precision, _) in &document.checkpoints.0 {
        check_name(precision, "checkpoints", place)?;
    }
    let listed = |names: Vec<String>| if names.is_empty() { vec![BASE.to_owned()] } else { names };
    match &document.precisions {
        Some(list) if list.get_ref().is_empty() => {
            Err(place.wrong(&list.span(), "precisions: there is none in the list"))
        }
        Some(list) => Ok(list.get_ref().iter().map(|it| it.get_ref().clone()).collect()),
        None => Ok(listed(checkpoints(document).into_iter().map(|it| it.precision).collect())),
    }
}

fn tp(document: &Document, place: Place<'_>) -> Result<Vec<u32>, SpecError> {
    let Some(list) = &document.tp else { return Ok(vec![1]) };
    if list.get_ref().is_empty() {
        return Err(place.wrong(&list.span(), "tp: there is none in the list"));
    }
    for width in list.get_ref() {
        check_width(width, "tp", place)?;
    }
    Ok(list.get_ref().iter().map(|width| *width.get_ref()).collect())
}

fn tables(
    listed: &Listed<Listed<Value>>,
    section: Section,
    path: &str,
    place: Place<'_>,
) -> Result<Vec<Named>, SpecError> {
    let named = listed.0.iter().map(|(name, table)| {
        check_name(name, path, place)?;
        let path = format!("{path}.{}", name.get_ref());
        let flags = Flags::read(table, section, &path, place)?;
        Ok(Named { name: name.get_ref().clone(), flags })
    });
    let mut named = named.collect::<Result<Vec<_>, _>>()?;
    if named.is_empty() {
        named.push(Named { name: String::new(), flags: Flags::default() });
    }
    Ok(named)
}

fn slos(table: &Listed<Spanned<String>>, place: Place<'_>) -> Result<Vec<Slo>, SpecError> {
    let promise = |(name, terms): &(Spanned<String>, Spanned<String>)| {
        let (name, terms_text) = (name.get_ref(), terms.get_ref());
        let wrong = |error| place.wrong(&terms.span(), format!("slo.{name}: {error}"));
        format!("{name}:{terms_text}").parse::<Slo>().map_err(wrong)
    };
    table.0.iter().map(promise).collect()
}
