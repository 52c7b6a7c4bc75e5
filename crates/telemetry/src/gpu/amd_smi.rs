//! `amd-smi metric --json`: an object per GPU, in a list or below `gpu_data`; its name is in
//! `amd-smi static --asic --json`.
//!
//! Numbers are `{"value": 22, "unit": "W"}` or bare, what a card lacks is `"N/A"`; the names are
//! those of ROCm 6. Source: <https://rocm.docs.amd.com/projects/amdsmi/en/latest/how-to/amdsmi-cli-tool.html>.

use super::{GpuCard, GpuError, GpuReading, MIB, garbage, values};
use farebox_core::Signal;
use serde_json::Value;

pub(super) const NAME: &str = "amd-smi";

pub(super) const ARGS: [&str; 2] = ["metric", "--json"];

pub(super) const NAME_ARGS: [&str; 3] = ["static", "--asic", "--json"];

/// Reads the document.
pub(super) fn parse(text: &str) -> Result<Vec<GpuReading>, GpuError> {
    of_each(text, gpu)
}

/// Reads the names.
pub(super) fn cards(text: &str) -> Result<Vec<GpuCard>, GpuError> {
    of_each(text, |card| {
        let name = card.pointer("/asic/market_name")?.as_str()?.trim().to_owned();
        Some(GpuCard { index: index(card)?, name })
    })
}

fn of_each<T>(text: &str, read: impl Fn(&Value) -> Option<T>) -> Result<Vec<T>, GpuError> {
    let wrong = || garbage(NAME, text);
    let document: Value = serde_json::from_str(text).map_err(|_| wrong())?;
    let cards = document.get("gpu_data").unwrap_or(&document).as_array().ok_or_else(wrong)?;
    let all: Option<Vec<T>> = cards.iter().map(read).collect();
    all.filter(|all| !all.is_empty()).ok_or_else(wrong)
}

fn index(card: &Value) -> Option<u32> {
    u32::try_from(card.get("gpu")?.as_u64()?).ok()
}

fn gpu(card: &Value) -> Option<GpuReading> {
    let at = |path: &str| number(card.pointer(path)?);
    let first = |paths: &[&str]| paths.iter().find_map(|path| at(path));
    Some(GpuReading {
        index: index(card)?,
        values: values([
            (Signal::MemoryUsedBytes, at("/mem_usage/used_vram").map(|mb| mb * MIB)),
            (Signal::MemoryTotalBytes, at("/mem_usage/total_vram").map(|mb| mb * MIB)),
            (Signal::UtilisationFraction, at("/usage/gfx_activity").map(|share| share / 100.0)),
            (Signal::PowerW, first(&["/power/socket_power", "/power/average_socket_power"])),
            (Signal::ClockMhz, first(&["/clock/gfx_0/clk", "/clock/gfx/clk"])),
            (
                Signal::TemperatureC,
                first(&["/temperature/hotspot", "/temperature/junction", "/temperature/edge"]),
            ),
        ]),
    })
}

fn number(value: &Value) -> Option<f64> {
    value.get("value").unwrap_or(value).as_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: &str = r#"{"gpu": 2, "usage": {"gfx_activity": {"value": 47, "unit": "%"}},
        "power": {"socket_power": {"value": 512, "unit": "W"}},
        "clock": {"gfx_0": {"clk": {"value": 2100, "unit": "MHz"}}},
        "temperature": {"edge": "N/A", "hotspot": {"value": 64, "unit": "C"}},
        "mem_usage": {"total_vram": {"value": 196592, "unit": "MB"}, "used_vram": 4096}}"#;

    #[test]
    fn a_list_and_its_newer_form_say_the_same() {
        let list = parse(&format!("[{CARD}]")).unwrap();
        let [card] = &list[..] else { panic!("one card") };
        assert_eq!((card.index, card.value(Signal::UtilisationFraction)), (2, Some(0.47)));
        assert_eq!(card.value(Signal::MemoryUsedBytes), Some(4096.0 * 1_048_576.0));
        assert_eq!(card.value(Signal::PowerW), Some(512.0));
        assert_eq!(card.value(Signal::ClockMhz), Some(2100.0));
        assert_eq!(card.value(Signal::TemperatureC), Some(64.0));
        assert_eq!(parse(&format!(r#"{{"gpu_data": [{CARD}]}}"#)).unwrap(), list);
    }

    #[test]
    fn what_a_card_lacks_is_left_out_and_other_words_are_garbage() {
        let bare = parse(r#"[{"gpu": 0, "usage": "N/A", "mem_usage": "N/A"}]"#).unwrap();
        assert_eq!(bare[0].values, []);
        for text in ["", "[]", "{}", r#"[{"card": 0}]"#, "Traceback (most recent call last):"] {
            assert!(matches!(parse(text), Err(GpuError::Garbage { who: NAME, .. })), "{text}");
        }
    }
}
