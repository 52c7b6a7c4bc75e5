//! What an accelerator entry must satisfy before it is believed.
//!
//! Published tables mix sparse peaks with dense ones, both directions of a link with one, one die
//! with the whole package, and GB with GiB. Each such slip breaks a ratio that hardware has, so
//! the ratios are asserted; a chip that truly differs says why under `[exception]`, and an
//! exception that is not needed is refused, for it would hide the next slip.

use super::NumberFormat::{self, Bf16, Fp4, Fp8, Fp16, Int8};
use super::entry::{Entry, LinkEntry};
use crate::confidence::Confidence;
use crate::error::{CatalogueError, Problem};

/// Datasheets round: ratios may be off by this share.
const TOLERANCE: f64 = 0.03;

/// A ratio of two dense peaks, and the values hardware has.
struct Ratio {
    /// The name under `[exception]`.
    name: &'static str,
    over: NumberFormat,
    under: &'static [NumberFormat],
    allowed: &'static [f64],
    expected: &'static str,
}

const RATIOS: [Ratio; 4] = [
    Ratio {
        name: "fp8_per_half",
        over: Fp8,
        under: &[Fp16, Bf16],
        allowed: &[1.0, 2.0],
        expected: "1 or 2",
    },
    Ratio { name: "fp4_per_fp8", over: Fp4, under: &[Fp8], allowed: &[2.0], expected: "2" },
    Ratio {
        name: "int8_per_half",
        over: Int8,
        under: &[Fp16, Bf16],
        allowed: &[2.0],
        expected: "2",
    },
    Ratio { name: "bf16_per_fp16", over: Bf16, under: &[Fp16], allowed: &[1.0], expected: "1" },
];

/// The names of [`RATIOS`], for the error.
const KNOWN: &str = "fp8_per_half, fp4_per_fp8, int8_per_half, bf16_per_fp16";

/// Checks one entry; the first rule that fails is the error.
pub(super) fn check(file: &str, entry: &Entry) -> Result<(), CatalogueError> {
    memory(file, entry)?;
    if let Some(tdp) = entry.tdp_w {
        within(file, "tdp_w", tdp, (20.0, 1500.0))?;
    }
    peaks(file, entry)?;
    link(file, &entry.link)?;
    if entry.confidence == Confidence::High && entry.source.is_empty() {
        return Err(CatalogueError::field(file, "source", Problem::Missing));
    }
    Ok(())
}

fn memory(file: &str, entry: &Entry) -> Result<(), CatalogueError> {
    let memory = &entry.memory;
    within(file, "memory.label_gb", memory.label_gb, (4.0, 2048.0))?;
    within(file, "memory.usable_gib", memory.usable_gib, (1.0, memory.label_gb))?;
    within(file, "memory.bandwidth_gb_s", memory.bandwidth_gb_s, (100.0, 10_000.0))
}

fn peaks(file: &str, entry: &Entry) -> Result<(), CatalogueError> {
    for (format, tflops) in &entry.dense_tflops {
        within(file, &format!("dense_tflops.{format}"), *tflops, (1.0, 100_000.0))?;
    }
    let half = entry.dense_tflops.get(&Fp16).or_else(|| entry.dense_tflops.get(&Bf16));
    if half.is_none() {
        return Err(CatalogueError::field(file, "dense_tflops.fp16", Problem::Missing));
    }
    for ratio in &RATIOS {
        peak_ratio(file, entry, ratio)?;
    }
    let known = |name: &String| RATIOS.iter().any(|ratio| ratio.name == name);
    match entry.exception.keys().find(|name| !known(name)) {
        Some(name) => {
            let problem = Problem::UnknownRule { known: KNOWN };
            Err(CatalogueError::field(file, format!("exception.{name}"), problem))
        }
        None => Ok(()),
    }
}

/// Holds `ratio` unless the entry states an exception; a needless exception is an error too.
fn peak_ratio(file: &str, entry: &Entry, ratio: &Ratio) -> Result<(), CatalogueError> {
    let peak = |format: &NumberFormat| entry.dense_tflops.get(format).copied();
    let excepted = entry.exception.contains_key(ratio.name);
    let found = peak(&ratio.over).and_then(|over| Some(over / ratio.under.iter().find_map(peak)?));
    let holds = found.is_none_or(|found| {
        ratio.allowed.iter().any(|allowed| (found / allowed - 1.0).abs() <= TOLERANCE)
    });
    match (holds, excepted) {
        (true, true) => {
            let field = format!("exception.{}", ratio.name);
            Err(CatalogueError::field(file, field, Problem::NeedlessException))
        }
        (false, false) => {
            let field = format!("dense_tflops.{}", ratio.over);
            let problem =
                Problem::Ratio { ratio: found.unwrap_or(f64::NAN), expected: ratio.expected };
            Err(CatalogueError::field(file, field, problem))
        }
        _ => Ok(()),
    }
}

fn link(file: &str, link: &LinkEntry) -> Result<(), CatalogueError> {
    within(file, "link.domain", f64::from(link.domain), (1.0, 10_000.0))?;
    if let Some(pcie) = link.pcie_one_way_gb_s {
        within(file, "link.pcie_one_way_gb_s", pcie, (1.0, 256.0))?;
    }
    let (Some(one_way), Some(both)) = (link.one_way_gb_s, link.bidirectional_gb_s) else {
        return match (link.one_way_gb_s, link.bidirectional_gb_s) {
            (None, None) if link.domain == 1 => Ok(()),
            (None, _) => Err(CatalogueError::field(file, "link.one_way_gb_s", Problem::Missing)),
            _ => Err(CatalogueError::field(file, "link.bidirectional_gb_s", Problem::Missing)),
        };
    };
    within(file, "link.one_way_gb_s", one_way, (1.0, 10_000.0))?;
    let ratio = both / one_way;
    if (ratio / 2.0 - 1.0).abs() > TOLERANCE {
        let problem = Problem::Ratio { ratio, expected: "2" };
        return Err(CatalogueError::field(file, "link.bidirectional_gb_s", problem));
    }
    Ok(())
}

fn within(
    file: &str,
    field: &str,
    value: f64,
    (low, high): (f64, f64),
) -> Result<(), CatalogueError> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(CatalogueError::field(file, field, Problem::OutOfRange { value, low, high }))
}

#[cfg(test)]
mod tests {
    use super::super::entry;
    use super::*;
    use crate::source_file::SourceFile;

    const GOOD: &str = r#"
name = "X1"
architecture = "X"
form_factor = "SXM"
tdp_w = 700
confidence = "high"
[memory]
label_gb = 80
usable_gib = 79.65
kind = "HBM3"
bandwidth_gb_s = 3350
[dense_tflops]
fp16 = 989.4
bf16 = 989.4
fp8 = 1979
int8 = 1979
[link]
fabric = "nvlink"
kind = "NVLink 4"
one_way_gb_s = 450
bidirectional_gb_s = 900
domain = 8
[[source]]
read = "datasheet"
checked = "2026-11-23"
"#;

    fn read(text: &str) -> Result<(), CatalogueError> {
        entry::read(&SourceFile::new("gpus/x/x1.toml", text.to_owned())).map(|_| ())
    }

    #[test]
    fn each_known_slip_is_refused_and_names_its_field() {
        assert_eq!(read(GOOD), Ok(()));
        for (slip, from, to, field) in [
            ("sparse fp8", "fp8 = 1979", "fp8 = 3958", "dense_tflops.fp8"),
            ("sparse fp16", "\nfp16 = 989.4", "\nfp16 = 1979", "dense_tflops.int8"),
            ("both ways", "one_way_gb_s = 450", "one_way_gb_s = 900", "link.bidirectional_gb_s"),
            ("gib above gb", "usable_gib = 79.65", "usable_gib = 85.9", "memory.usable_gib"),
            ("tb/s", "bandwidth_gb_s = 3350", "bandwidth_gb_s = 3.35", "memory.bandwidth_gb_s"),
            ("kilowatt", "tdp_w = 700", "tdp_w = 0.7", "tdp_w"),
            ("not a number", "fp8 = 1979", "fp8 = nan", "dense_tflops.fp8"),
            (
                "no source",
                "[[source]]\nread = \"datasheet\"\nchecked = \"2026-11-23\"",
                "",
                "source",
            ),
            ("no link rate", "one_way_gb_s = 450", "", "link.one_way_gb_s"),
        ] {
            let text = GOOD.replacen(from, to, 1);
            assert_ne!(text, GOOD, "{slip}: nothing was replaced");
            match read(&text) {
                Err(CatalogueError::Field { field: found, .. }) => {
                    assert_eq!(found, field, "{slip}");
                }
                other => panic!("{slip}: {other:?}"),
            }
        }
    }

    #[test]
    fn an_exception_must_be_needed_and_known() {
        let with = |text: &str, rule: &str| format!("{text}\n[exception]\n{rule} = \"why\"\n");
        let tripled = GOOD.replacen("fp8 = 1979", "fp8 = 2968", 1);
        assert_eq!(read(&with(&tripled, "fp8_per_half")), Ok(()));
        for (text, rule, words) in [
            (with(GOOD, "fp8_per_half"), "exception.fp8_per_half", "remove the exception"),
            (with(GOOD, "fp9_per_half"), "exception.fp9_per_half", "no such rule"),
        ] {
            let error = read(&text).unwrap_err().to_string();
            assert!(error.contains(rule) && error.contains(words), "{error}");
        }
    }

    #[test]
    fn an_unknown_key_is_refused() {
        let error = read(&GOOD.replace("tdp_w", "tdp_watts")).unwrap_err().to_string();
        assert!(error.starts_with("gpus/x/x1.toml: ") && error.contains("tdp_watts"), "{error}");
    }
}
