//! Producers of curves from files of other tools.

pub mod pricing_seed;
pub mod vllm_bench;
