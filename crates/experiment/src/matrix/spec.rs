//! What a matrix file asks for, checked.

use super::document::{Document, Listed, Value};
use super::engine::{EngineSpec, Start};
use super::error::{Place, SpecError};
use super::flags::{Flags, Section};
use super::price::PriceSpec;
use farebox_core::Slo;
use farebox_launch::How;
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

    /// What only the whole can tell.
    fn check(&self, document: &Document, place: Place<'_>) -> Result<(), SpecError> {
        if self.engines.is_empty() {
            let message = "engines: there is none; [engines.vllm] is one";
            return Err(place.wrong(&(0..0), message));
        }
        for ((name, table), engine) in document.engines.0.iter().zip(&self.engines) {
            let path = format!("engines.{}", engine.name);
            let asks = matches!(&engine.start, Start::Launched { spec, .. }
                if !matches!(spec.how, How::Custom(_)));
            if asks && engine.model.is_none() && self.checkpoints.is_empty() {
                let message = format!(
                    "{path}: nothing says which model it serves; [checkpoints] base = \"org/model\""
                );
                return Err(place.wrong(&name.span(), message));
            }
            for precision in table.precisions.iter().flat_map(Spanned::get_ref) {
                self.check_precision(precision, &format!("{path}.precisions"), place)?;
            }
            for width in table.tp.iter().flat_map(Spanned::get_ref) {
                check_width(width, &format!("{path}.tp"), place)?;
            }
        }
        for precision in document.precisions.iter().flat_map(Spanned::get_ref) {
            self.check_precision(precision, "precisions", place)?;
        }
        self.check_lengths(document, place)
    }

    fn check_precision(
        &self,
        precision: &Spanned<String>,
        key: &str,
        place: Place<'_>,
    ) -> Result<(), SpecError> {
        let name = precision.get_ref();
        if self.checkpoints.is_empty() || self.checkpoint(name).is_some() {
            return check_name(precision, key, place);
        }
        let known: Vec<&str> = self.checkpoints.iter().map(|c| c.precision.as_str()).collect();
        let message = format!("{key}: [checkpoints] has no `{name}`, only {}", known.join(", "));
        Err(place.wrong(&precision.span(), message))
    }

    /// A load set may say how long answers are only where traffic says lengths itself.
    fn check_lengths(&self, document: &Document, place: Place<'_>) -> Result<(), SpecError> {
        const OTHERS: [&str; 4] = ["traffic", "dataset", "trace", "prompts"];
        let drawn = self.traffic.iter().find_map(|traffic| {
            let other = OTHERS.iter().find(|other| traffic.flags.says(other))?;
            (*other != "prompts").then_some(&traffic.name)
        });
        let osl = document.loads.0.iter().find_map(|(name, table)| {
            let (key, _) = table.0.iter().find(|(key, _)| key.get_ref() == "osl")?;
            Some((name.get_ref(), key.span()))
        });
        if let (Some(traffic), Some((load, span))) = (drawn, osl) {
            let message = format!(
                "loads.{load}.osl: the lengths of traffic.{traffic} are its own; say isl there, or \
                 leave this out"
            );
            return Err(place.wrong(&span, message));
        }
        Ok(())
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

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.".contains(c)
}

/// Names become parts of directory names.
fn check_name(name: &Spanned<String>, key: &str, place: Place<'_>) -> Result<(), SpecError> {
    let text = name.get_ref();
    if !text.is_empty() && text.chars().all(is_plain) && !text.starts_with('.') {
        return Ok(());
    }
    let message = format!(
        "{key}: `{text}` becomes part of a directory's name: letters, digits, `-`, `_` and `.`"
    );
    Err(place.wrong(&name.span(), message))
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

/// More accelerators than one replica spans.
const WIDEST: u32 = 4096;

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

fn check_width(width: &Spanned<u32>, key: &str, place: Place<'_>) -> Result<(), SpecError> {
    if (1..=WIDEST).contains(width.get_ref()) {
        return Ok(());
    }
    Err(place.wrong(&width.span(), format!("{key}: accelerators per replica, from 1 to {WIDEST}")))
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
