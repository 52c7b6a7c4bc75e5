//! Spans of time as flags: `30s`, `500ms`, `2m`; a bare number is seconds.

use std::str::FromStr;
use std::time::Duration;

/// A span above zero, at most a week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span(pub(crate) Duration);

/// A week.
const LONGEST_S: f64 = 7.0 * 86_400.0;

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const UNITS: [(&str, f64); 4] = [("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
        let unit = UNITS.iter().find_map(|(unit, s)| Some((text.strip_suffix(unit)?, *s)));
        let (number, scale) = unit.unwrap_or((text, 1.0));
        let seconds = number.trim().parse::<f64>().map_or(f64::NAN, |n| n * scale);
        if seconds > 0.0 && seconds <= LONGEST_S {
            Ok(Self(Duration::from_secs_f64(seconds)))
        } else {
            Err(format!("`{text}` is no span of time: above 0 and up to a week, such as 30s or 2m"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_units_and_limits() {
        for (text, ms) in [("30s", 30_000), ("500ms", 500), ("2m", 120_000), ("0.5", 500)] {
            assert_eq!(text.parse(), Ok(Span(Duration::from_millis(ms))), "{text}");
        }
        for text in ["", "0", "-3s", "nan", "inf", "9999h", "s"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }
}
