//! Lengths that were counted before, kept under a name that everything they depend on is in.
//!
//! A change of one byte of the input, of the tokenizer, its template, the window or the fields
//! makes another name, so what is found is never stale.

use crate::count::Basis;
use crate::error::DatasetError;
use crate::hash::{sha256, sha256_file};
use crate::profiled::Profiled;
use crate::read::ReadRequest;
use crate::skip::{Skip, SkipReport, Skipped};
use farebox_workload::{Calendar, Observed, ObservedTraffic};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Bump when the same inputs give other lengths than before.
const VERSION: &str = "farebox.lengths/1";

/// A folder of kept lengths.
#[derive(Debug, Clone)]
pub struct Kept {
    folder: PathBuf,
}

/// The name of what a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptKey(String);

#[derive(Serialize, Deserialize)]
struct Document {
    schema: String,
    utc: bool,
    block_tokens: u32,
    bases: Vec<(Basis, u64)>,
    shape: String,
    rows: u64,
    outside_window: u64,
    skipped: Vec<(Skip, Skipped)>,
    requests: Vec<Row>,
}

/// `at_ns, isl, osl, session, turn, shared_prefix, blocks`.
type Row = (Option<i64>, u32, u32, Option<u64>, u32, Option<u32>, Vec<u64>);

impl Kept {
    /// The folder, made when first written to.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The name of `request`, `None` where an input cannot be read twice. Reads all inputs once.
    pub fn key(request: &ReadRequest<'_>) -> Result<Option<KeptKey>, DatasetError> {
        let mut parts = vec![VERSION.to_owned(), request.counter.fingerprint()];
        parts.push(format!("{:?} {:?}", request.window, request.field_map));
        for input in request.inputs {
            let Some(path) = input.path() else { return Ok(None) };
            let content = sha256_file(path)
                .map_err(|source| DatasetError::Open { input: input.name(), source })?;
            parts.push(content);
        }
        let parts: Vec<&[u8]> = parts.iter().map(String::as_bytes).collect();
        Ok(Some(KeptKey(sha256(&parts))))
    }

    /// What is kept under `key`; what cannot be read counts for nothing.
    pub fn load(&self, key: &KeptKey) -> Option<Profiled> {
        let file = File::open(self.path(key)).ok()?;
        let document: Document = serde_json::from_reader(BufReader::new(file)).ok()?;
        (document.schema == VERSION).then(|| document.into())
    }

    /// Keeps `profiled`, beside its place first, so that nobody reads half of it.
    pub fn store(&self, key: &KeptKey, profiled: &Profiled) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let path = self.path(key);
        let beside = path.with_extension(format!("{}.incomplete", std::process::id()));
        let written = write(&beside, profiled).and_then(|()| fs::rename(&beside, &path));
        if written.is_err() {
            // Nothing may be there to remove; the first error is the one to tell.
            let _ = fs::remove_file(&beside);
        }
        written
    }

    fn path(&self, key: &KeptKey) -> PathBuf {
        self.folder.join(format!("{}.json", key.0))
    }
}

fn write(path: &Path, profiled: &Profiled) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    serde_json::to_writer(&mut file, &Document::from(profiled))?;
    file.flush()
}

impl From<&Profiled> for Document {
    fn from(profiled: &Profiled) -> Self {
        let row = |request: &Observed| {
            let Observed { at_ns, isl, osl, session, turn, shared_prefix, blocks } =
                request.clone();
            (at_ns, isl, osl, session, turn, shared_prefix, blocks)
        };
        let skipped = profiled.skipped.reasons();
        Self {
            schema: VERSION.to_owned(),
            utc: profiled.traffic.calendar == Calendar::Utc,
            block_tokens: profiled.traffic.block_tokens,
            bases: profiled.bases.clone(),
            shape: profiled.shape.clone(),
            rows: profiled.rows,
            outside_window: profiled.outside_window,
            skipped: skipped.map(|(reason, it)| (reason.clone(), it.clone())).collect(),
            requests: profiled.traffic.requests.iter().map(row).collect(),
        }
    }
}

impl From<Document> for Profiled {
    fn from(document: Document) -> Self {
        let request = |(at_ns, isl, osl, session, turn, shared_prefix, blocks): Row| Observed {
            at_ns,
            isl,
            osl,
            session,
            turn,
            shared_prefix,
            blocks,
        };
        let mut skipped = SkipReport::default();
        for (reason, it) in document.skipped {
            skipped.restore(reason, it);
        }
        Self {
            traffic: ObservedTraffic {
                calendar: if document.utc { Calendar::Utc } else { Calendar::Relative },
                block_tokens: document.block_tokens,
                requests: document.requests.into_iter().map(request).collect(),
            },
            bases: document.bases,
            shape: document.shape,
            rows: document.rows,
            outside_window: document.outside_window,
            skipped,
        }
    }
}
