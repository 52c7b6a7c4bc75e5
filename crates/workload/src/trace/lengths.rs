//! Counted conversations: `{"timestamp": "2024-03-17T00:00:01+00:00", "isl": n, "osl": n}`.

use super::{Observed, RowError, bad, unix_ns};
use serde::Deserialize;

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, default)]
    timestamp: Option<&'a str>,
    isl: u32,
    osl: u32,
}

/// The request of a line; the timestamp (RFC 3339) may be missing.
pub fn lengths_line(row: usize, text: &str) -> Result<Observed, RowError> {
    let line: Line<'_> =
        serde_json::from_str(text).map_err(|source| RowError::Json { row, source })?;
    let at = |time: &str| {
        let parsed = time.parse().ok().and_then(unix_ns);
        parsed.ok_or_else(|| bad(row, "timestamp", time, "an RFC 3339 time"))
    };
    let at_ns = line.timestamp.map(at).transpose()?;
    Ok(Observed { at_ns, isl: line.isl, osl: line.osl, ..Observed::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_and_what_is_none() {
        let text = r#"{"timestamp": "2024-03-16T22:04:20+00:00", "isl": 17, "osl": 25}"#;
        let request = lengths_line(1, text).unwrap();
        assert_eq!(
            (request.at_ns, request.isl, request.osl),
            (Some(1_710_626_660_000_000_000), 17, 25)
        );
        assert_eq!(lengths_line(2, r#"{"isl": 1, "osl": 2}"#).unwrap().at_ns, None);
        let error = lengths_line(3, r#"{"timestamp": "noon", "isl": 1, "osl": 2}"#).unwrap_err();
        assert_eq!(error.to_string(), "row 3: `timestamp` is `noon`, not an RFC 3339 time");
    }
}
