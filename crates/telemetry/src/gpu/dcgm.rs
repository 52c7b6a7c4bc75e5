//! A DCGM exporter, such as those that clusters run: Prometheus' format, a `gpu` label each.
//!
//! Source: <https://github.com/NVIDIA/dcgm-exporter/blob/main/etc/default-counters.csv>.

use super::{GpuCard, GpuError, GpuReading, MIB, garbage, values};
use farebox_core::Signal;
use farebox_wire::prometheus::Exposition;
use std::collections::{BTreeMap, BTreeSet};

const NAME: &str = "DCGM exporter";

/// Reads the metrics of all GPUs. With MIG, what is published per instance is added up.
pub(super) fn parse(body: &[u8]) -> Result<Vec<GpuReading>, GpuError> {
    let from = Exposition::parse(body);
    let ours = from.samples.iter().filter(|sample| sample.name.starts_with("DCGM_FI_DEV_"));
    let indices = ours.filter_map(|sample| sample.label("gpu")?.parse().ok());
    let readings: Vec<_> =
        indices.collect::<BTreeSet<u32>>().into_iter().map(|index| gpu(&from, index)).collect();
    if readings.is_empty() {
        return Err(garbage(NAME, &String::from_utf8_lossy(body)));
    }
    Ok(readings)
}

/// The names of all GPUs; with MIG, a GPU is one however it is divided.
pub(super) fn cards(body: &[u8]) -> Result<Vec<GpuCard>, GpuError> {
    let from = Exposition::parse(body);
    let named = from.samples.iter().filter_map(|sample| {
        let index: u32 = sample.label("gpu")?.parse().ok()?;
        Some((index, sample.label("modelName")?.to_owned()))
    });
    let named: BTreeMap<u32, String> = named.collect();
    if named.is_empty() {
        return Err(garbage(NAME, &String::from_utf8_lossy(body)));
    }
    Ok(named.into_iter().map(|(index, name)| GpuCard { index, name }).collect())
}

fn gpu(from: &Exposition<'_>, index: u32) -> GpuReading {
    let label = index.to_string();
    let field = |name: &str| {
        let samples = from.named(name).filter(|sample| sample.label("gpu") == Some(&label));
        samples.map(|sample| sample.value).reduce(|a, b| a + b)
    };
    let used = field("DCGM_FI_DEV_FB_USED");
    let rest = field("DCGM_FI_DEV_FB_FREE")
        .map(|free| free + field("DCGM_FI_DEV_FB_RESERVED").unwrap_or(0.0));
    let total = used.zip(rest).map(|(used, rest)| used + rest);
    GpuReading {
        index,
        values: values([
            (Signal::MemoryUsedBytes, used.map(|mib| mib * MIB)),
            (Signal::MemoryTotalBytes, total.map(|mib| mib * MIB)),
            (Signal::UtilisationFraction, field("DCGM_FI_DEV_GPU_UTIL").map(|share| share / 100.0)),
            (Signal::PowerW, field("DCGM_FI_DEV_POWER_USAGE")),
            (Signal::ClockMhz, field("DCGM_FI_DEV_SM_CLOCK")),
            (Signal::TemperatureC, field("DCGM_FI_DEV_GPU_TEMP")),
        ]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_gpu_has_its_own_values() {
        let body = concat!(
            "# TYPE DCGM_FI_DEV_SM_CLOCK gauge\n",
            "DCGM_FI_DEV_SM_CLOCK{gpu=\"0\",UUID=\"GPU-1\",modelName=\"NVIDIA H100\"} 1980\n",
            "DCGM_FI_DEV_FB_USED{gpu=\"0\"} 70000\n",
            "DCGM_FI_DEV_FB_FREE{gpu=\"0\"} 10000\n",
            "DCGM_FI_DEV_FB_RESERVED{gpu=\"0\"} 500\n",
            "DCGM_FI_DEV_GPU_UTIL{gpu=\"1\"} 25\n",
            "DCGM_FI_DEV_POWER_USAGE{gpu=\"1\"} 6.5e+02\n",
        );
        let [zero, one] = &parse(body.as_bytes()).unwrap()[..] else { panic!("two GPUs") };
        assert_eq!(zero.value(Signal::ClockMhz), Some(1980.0));
        assert_eq!(zero.value(Signal::MemoryTotalBytes), Some(80_500.0 * 1_048_576.0));
        assert_eq!(zero.value(Signal::PowerW), None);
        assert_eq!(one.value(Signal::PowerW), Some(650.0));
        assert_eq!(one.value(Signal::UtilisationFraction), Some(0.25));
        assert!(parse(b"up 1\n").is_err());
    }
}
