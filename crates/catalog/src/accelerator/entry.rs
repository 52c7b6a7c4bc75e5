//! The TOML shape of one accelerator, `gpus/<vendor>/<id>.toml`, and its reading.

use super::{
    Accelerator, Fabric, Link, Memory, NumberFormat, Peaks, Provenance, SourceRead, rules,
};
use crate::confidence::Confidence;
use crate::error::CatalogueError;
use crate::source_file::SourceFile;
use crate::units::{Bytes, BytesPerSecond, FlopsPerSecond, Watts};
use serde::Deserialize;
use std::collections::BTreeMap;

/// One file as written; unknown keys are refused so that a typing slip cannot hide a figure.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    name: String,
    #[serde(default)]
    aliases: Vec<String>,
    architecture: String,
    compute_capability: Option<String>,
    form_factor: String,
    launch: Option<String>,
    pub(super) tdp_w: Option<f64>,
    fp4_format: Option<String>,
    pub(super) confidence: Confidence,
    authority: Option<String>,
    notes: Option<String>,
    pub(super) memory: MemoryEntry,
    pub(super) dense_tflops: BTreeMap<NumberFormat, f64>,
    #[serde(default)]
    pub(super) exception: BTreeMap<String, String>,
    pub(super) link: LinkEntry,
    #[serde(default)]
    pub(super) source: Vec<SourceRead>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MemoryEntry {
    pub(super) label_gb: f64,
    pub(super) usable_gib: f64,
    kind: String,
    pub(super) bandwidth_gb_s: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkEntry {
    fabric: Fabric,
    kind: String,
    pub(super) one_way_gb_s: Option<f64>,
    pub(super) bidirectional_gb_s: Option<f64>,
    pub(super) domain: u32,
    gpus_per_node: Option<(u32, u32)>,
    pcie: Option<String>,
    pub(super) pcie_one_way_gb_s: Option<f64>,
    nic: Option<String>,
}

/// Reads and checks one file.
pub(super) fn read(file: &SourceFile) -> Result<Accelerator, CatalogueError> {
    let (vendor, id) = file.group_and_stem("gpus", ".toml").ok_or(CatalogueError::Misplaced {
        file: file.path.clone(),
        expected: "gpus/nvidia/h100-sxm.toml",
    })?;
    let entry: Entry =
        toml::from_str(&file.text).map_err(|e| CatalogueError::malformed(&file.path, &e))?;
    rules::check(&file.path, &entry)?;
    Ok(entry.into_accelerator(vendor, id))
}

impl Entry {
    fn into_accelerator(self, vendor: &str, id: &str) -> Accelerator {
        let mut peaks = Peaks::default();
        for (format, tflops) in self.dense_tflops {
            peaks.set(format, FlopsPerSecond::from_tflops(tflops));
        }
        Accelerator {
            id: id.to_owned(),
            name: self.name,
            aliases: self.aliases,
            vendor: vendor.to_owned(),
            architecture: self.architecture,
            compute_capability: self.compute_capability,
            form_factor: self.form_factor,
            launch: self.launch,
            memory: self.memory.into(),
            peaks,
            fp4_format: self.fp4_format,
            link: self.link.into(),
            tdp: self.tdp_w.map(Watts::new),
            provenance: Provenance {
                confidence: self.confidence,
                authority: self.authority,
                sources: self.source,
                notes: self.notes,
                exceptions: self.exception,
            },
        }
    }
}

impl From<MemoryEntry> for Memory {
    fn from(entry: MemoryEntry) -> Self {
        Self {
            usable: Bytes::from_gib(entry.usable_gib),
            label_gb: entry.label_gb,
            kind: entry.kind,
            bandwidth: BytesPerSecond::from_gb_per_s(entry.bandwidth_gb_s),
        }
    }
}

impl From<LinkEntry> for Link {
    fn from(entry: LinkEntry) -> Self {
        Self {
            fabric: entry.fabric,
            kind: entry.kind,
            one_way: entry.one_way_gb_s.map(BytesPerSecond::from_gb_per_s),
            domain: entry.domain,
            gpus_per_node: entry.gpus_per_node,
            pcie: entry.pcie,
            pcie_one_way: entry.pcie_one_way_gb_s.map(BytesPerSecond::from_gb_per_s),
            nic: entry.nic,
        }
    }
}
