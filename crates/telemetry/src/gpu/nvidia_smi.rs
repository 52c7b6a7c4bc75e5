//! `nvidia-smi --query-gpu`: a line per GPU, its fields between commas.
//!
//! Source: `nvidia-smi --help-query-gpu`.

use super::{GpuCard, GpuError, GpuReading, MIB, garbage, values};
use farebox_core::Signal;

pub(super) const NAME: &str = "nvidia-smi";

pub(super) const ARGS: [&str; 2] = [
    "--query-gpu=index,memory.used,memory.total,utilization.gpu,power.draw,clocks.sm,\
     temperature.gpu",
    "--format=csv,noheader,nounits",
];

pub(super) const NAME_ARGS: [&str; 2] = ["--query-gpu=name", "--format=csv,noheader"];

/// Reads a name a line, in the order of the indices.
pub(super) fn cards(text: &str) -> Result<Vec<GpuCard>, GpuError> {
    let names = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let cards: Vec<GpuCard> =
        (0..).zip(names).map(|(index, name)| GpuCard { index, name: name.to_owned() }).collect();
    if cards.is_empty() { Err(garbage(NAME, text)) } else { Ok(cards) }
}

/// Reads the lines. A field may say `[N/A]` or `[Not Supported]`; the index may not.
pub(super) fn parse(text: &str) -> Result<Vec<GpuReading>, GpuError> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let readings: Vec<_> =
        lines.map(|line| gpu(line).ok_or_else(|| garbage(NAME, line))).collect::<Result<_, _>>()?;
    if readings.is_empty() { Err(garbage(NAME, text)) } else { Ok(readings) }
}

fn gpu(line: &str) -> Option<GpuReading> {
    let fields: Vec<_> = line.split(',').map(str::trim).collect();
    let &[index, used, total, busy, watts, clock, temperature] = &fields[..] else { return None };
    let scaled = |text: &str, unit: f64| text.parse().ok().map(|value: f64| value * unit);
    Some(GpuReading {
        index: index.parse().ok()?,
        values: values([
            (Signal::MemoryUsedBytes, scaled(used, MIB)),
            (Signal::MemoryTotalBytes, scaled(total, MIB)),
            (Signal::UtilisationFraction, scaled(busy, 0.01)),
            (Signal::PowerW, scaled(watts, 1.0)),
            (Signal::ClockMhz, scaled(clock, 1.0)),
            (Signal::TemperatureC, scaled(temperature, 1.0)),
        ]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_in_the_units_of_the_vocabulary() {
        let text = "0, 40536, 81920, 87, 341.22, 1410, 61\n1, 3, 81920, 0, [N/A], 210, 30\n";
        let [first, second] = &parse(text).unwrap()[..] else { panic!("two lines") };
        assert_eq!(first.value(Signal::MemoryUsedBytes), Some(40_536.0 * 1_048_576.0));
        assert_eq!(first.value(Signal::UtilisationFraction), Some(0.87));
        assert_eq!(first.value(Signal::PowerW), Some(341.22));
        assert_eq!(first.value(Signal::ClockMhz), Some(1410.0));
        assert_eq!((second.index, second.value(Signal::PowerW)), (1, None), "a passive card");
        assert_eq!(second.value(Signal::TemperatureC), Some(30.0));
    }

    #[test]
    fn other_words_are_garbage() {
        for text in ["", "No devices were found\n", "0, 1, 2\n", "x, 1, 2, 3, 4, 5, 6\n"] {
            assert!(matches!(parse(text), Err(GpuError::Garbage { who: NAME, .. })), "{text}");
        }
    }
}
