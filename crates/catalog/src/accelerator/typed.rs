//! An accelerator typed by hand: `--gpu cpu` or `--gpu custom` with its figures as flags.

use super::{Accelerator, Fabric, Link, Memory, NumberFormat, Peaks, Provenance};
use crate::confidence::Confidence;
use crate::units::{Bytes, BytesPerSecond, FlopsPerSecond};
use std::collections::BTreeMap;

/// The figures a person types; all decimal, all positive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TypedAccelerator {
    /// Usable memory in GB (1e9 bytes).
    pub memory_gb: f64,
    /// Memory bandwidth in GB/s.
    pub bandwidth_gb_per_s: f64,
    /// Dense TFLOP/s at 16 bits; also taken for 32 bits, no wider claim being made.
    pub tflops: f64,
}

/// Less than any machine has, of GB, GB/s and TFLOP/s alike.
pub const LEAST: f64 = 1e-3;

/// A typed figure that cannot be one.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("{field} must be from {LEAST} to {high}, not {value}")]
pub struct TypedError {
    /// The field, with its unit.
    pub field: &'static str,
    /// What was typed.
    pub value: f64,
    /// The most that is believed.
    pub high: f64,
}

impl TypedAccelerator {
    /// The accelerator called `id`, alone in its domain.
    ///
    /// Fails when a figure is not finite, below a thousandth, or a thousand times beyond any machine.
    pub fn build(self, id: &str) -> Result<Accelerator, TypedError> {
        let tflops = believed("tflops", self.tflops, 1e8)?;
        let mut peaks = Peaks::default();
        for format in [NumberFormat::Fp32, NumberFormat::Fp16, NumberFormat::Bf16] {
            peaks.set(format, FlopsPerSecond::from_tflops(tflops));
        }
        let memory_gb = believed("mem_gb", self.memory_gb, 1e6)?;
        let bandwidth = believed("mem_bw_gb_per_s", self.bandwidth_gb_per_s, 1e7)?;
        Ok(Accelerator {
            id: id.to_owned(),
            name: format!("{id} (typed by hand)"),
            aliases: Vec::new(),
            vendor: "typed".to_owned(),
            architecture: "unknown".to_owned(),
            compute_capability: None,
            form_factor: "unknown".to_owned(),
            launch: None,
            memory: Memory {
                usable: Bytes::from_gb(memory_gb),
                label_gb: memory_gb,
                kind: "unknown".to_owned(),
                bandwidth: BytesPerSecond::from_gb_per_s(bandwidth),
            },
            peaks,
            fp4_format: None,
            link: alone(),
            tdp: None,
            provenance: by_hand(),
        })
    }
}

fn believed(field: &'static str, value: f64, high: f64) -> Result<f64, TypedError> {
    let good = (LEAST..=high).contains(&value);
    if good { Ok(value) } else { Err(TypedError { field, value, high }) }
}

fn alone() -> Link {
    Link {
        fabric: Fabric::None,
        kind: "none".to_owned(),
        one_way: None,
        domain: 1,
        gpus_per_node: None,
        pcie: None,
        pcie_one_way: None,
        nic: None,
    }
}

fn by_hand() -> Provenance {
    Provenance {
        confidence: Confidence::Low,
        authority: None,
        sources: Vec::new(),
        notes: Some("figures typed by hand".to_owned()),
        exceptions: BTreeMap::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_figures_become_an_accelerator_that_claims_nothing_else() {
        let typed = TypedAccelerator { memory_gb: 64.0, bandwidth_gb_per_s: 80.0, tflops: 2.0 };
        let cpu = typed.build("cpu").unwrap();
        assert_eq!(cpu.memory.usable, Bytes::new(64_000_000_000));
        assert_eq!(cpu.ridge_flop_per_byte(), Some(25.0));
        assert_eq!(cpu.peak(NumberFormat::Fp8), None);
    }

    #[test]
    fn absurd_figures_name_their_field() {
        let good = TypedAccelerator { memory_gb: 64.0, bandwidth_gb_per_s: 80.0, tflops: 2.0 };
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e30] {
            let field = |typed: TypedAccelerator| typed.build("custom").unwrap_err().field;
            assert_eq!(field(TypedAccelerator { memory_gb: bad, ..good }), "mem_gb");
            assert_eq!(field(TypedAccelerator { tflops: bad, ..good }), "tflops");
            let bandwidth = TypedAccelerator { bandwidth_gb_per_s: bad, ..good };
            assert_eq!(field(bandwidth), "mem_bw_gb_per_s");
        }
    }
}
