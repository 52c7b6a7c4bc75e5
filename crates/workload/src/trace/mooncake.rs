//! Mooncake: `{"timestamp": ms, "input_length": n, "output_length": n, "hash_ids": [...]}`.
//!
//! Qin et al., "Mooncake: Trading More Storage for Less Computation", FAST 2025; the traces are
//! under Apache-2.0 in kvcache-ai/Mooncake.

use super::{Observed, RowError};
use serde::Deserialize;

/// Tokens per entry of `hash_ids`.
pub const MOONCAKE_BLOCK_TOKENS: u32 = 512;

#[derive(Deserialize)]
struct Line {
    timestamp: f64,
    input_length: u32,
    output_length: u32,
    #[serde(default)]
    hash_ids: Vec<u64>,
}

/// The request of a line. Times count from the trace's start.
pub fn mooncake_line(row: usize, text: &str) -> Result<Observed, RowError> {
    let line: Line = serde_json::from_str(text).map_err(|source| RowError::Json { row, source })?;
    Ok(Observed {
        at_ns: Some((line.timestamp * 1e6).round() as i64),
        isl: line.input_length,
        osl: line.output_length,
        blocks: line.hash_ids,
        ..Observed::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_and_what_is_none() {
        let text =
            r#"{"timestamp": 3000, "input_length": 600, "output_length": 5, "hash_ids": [0, 46]}"#;
        let request = mooncake_line(1, text).unwrap();
        assert_eq!((request.at_ns, request.isl, request.osl), (Some(3_000_000_000), 600, 5));
        assert_eq!(request.blocks, [0, 46]);
        let error = mooncake_line(7, r#"{"timestamp": 1}"#).unwrap_err().to_string();
        assert!(error.starts_with("row 7: missing field `input_length`"), "{error}");
        assert!(mooncake_line(8, "").unwrap_err().to_string().starts_with("row 8: "));
    }
}
