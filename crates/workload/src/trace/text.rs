//! A whole trace, its shape told by its first row.

use super::{
    BurstGptColumns, MOONCAKE_BLOCK_TOKENS, RowError, azure_row, lengths_line, mooncake_line,
};
use crate::observed::{Calendar, Observed, ObservedTraffic};

/// Why a text is no trace.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// No row at all.
    #[error("there are no requests in it")]
    Empty,
    /// A shape that is not known here.
    #[error(
        "its first row is no trace's: lines of Mooncake or of `isl` and `osl` (JSON), rows of \
         Azure or BurstGPT (CSV) are read"
    )]
    Unknown,
    /// A row that is not like the first.
    #[error(transparent)]
    Row(#[from] RowError),
}

/// What a trace's rows look like.
enum Shape {
    Mooncake,
    Lengths,
    Azure,
    BurstGpt(BurstGptColumns),
}

/// Reads a trace. Blank lines are passed over; everything else must be a request.
pub fn parse(text: &str) -> Result<ObservedTraffic, TraceError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let rows = || {
        let numbered = text.lines().enumerate().map(|(index, line)| (index + 1, line));
        numbered.filter(|(_, line)| !line.trim().is_empty())
    };
    let (_, first) = rows().next().ok_or(TraceError::Empty)?;
    let shape = Shape::of(first)?;
    let requests = rows().filter_map(|(row, line)| shape.row(row, line, first).transpose());
    let requests: Vec<Observed> = requests.collect::<Result<_, RowError>>()?;
    if requests.is_empty() {
        return Err(TraceError::Empty);
    }
    let (calendar, block_tokens) = match shape {
        Shape::Mooncake => (Calendar::Relative, MOONCAKE_BLOCK_TOKENS),
        Shape::Lengths | Shape::Azure => (Calendar::Utc, 0),
        Shape::BurstGpt(_) => (Calendar::Relative, 0),
    };
    Ok(ObservedTraffic { calendar, block_tokens, requests })
}

impl Shape {
    fn of(first: &str) -> Result<Self, TraceError> {
        let has = |word: &str| first.contains(word);
        match first.trim_start().starts_with('{') {
            true if has("\"input_length\"") => Ok(Self::Mooncake),
            true if has("\"isl\"") => Ok(Self::Lengths),
            false if has("ContextTokens") => Ok(Self::Azure),
            false if has("Request tokens") => {
                Ok(Self::BurstGpt(BurstGptColumns::of_header(first)?))
            }
            _ => Err(TraceError::Unknown),
        }
    }

    /// The request of a row; none for the header.
    fn row(&self, row: usize, line: &str, first: &str) -> Result<Option<Observed>, RowError> {
        match self {
            Self::Mooncake => mooncake_line(row, line).map(Some),
            Self::Lengths => lengths_line(row, line).map(Some),
            Self::Azure => azure_row(row, line),
            Self::BurstGpt(_) if line == first => Ok(None),
            Self::BurstGpt(columns) => columns.row(row, line).map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_told_by_its_first_row() {
        let mooncake =
            r#"{"timestamp": 0, "input_length": 600, "output_length": 5, "hash_ids": [1, 2]}"#;
        let traffic = parse(mooncake).unwrap();
        assert_eq!((traffic.block_tokens, traffic.requests.len()), (512, 1));
        let lengths = "\u{feff}{\"isl\": 3, \"osl\": 4}\n\n{\"isl\": 5, \"osl\": 6}\n";
        assert_eq!(parse(lengths).unwrap().requests[1].isl, 5);
        let azure = "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.68,374,44\n";
        assert_eq!(parse(azure).unwrap().calendar, Calendar::Utc);
        let burst = "Timestamp,Model,Request tokens,Response tokens\n5,ChatGPT,472,18\n";
        assert_eq!(parse(burst).unwrap().requests.len(), 1);
    }

    #[test]
    fn what_is_no_trace_says_so_and_a_bad_row_says_where() {
        let error = |text: &str| parse(text).unwrap_err().to_string();
        assert_eq!(error("\n \n"), "there are no requests in it");
        assert_eq!(error("TIMESTAMP,ContextTokens,GeneratedTokens\n"), error(""));
        assert!(error("name,price\n").starts_with("its first row is no trace's"));
        assert!(error("{\"isl\": 3, \"osl\": 4}\n\n{\"isl\": 3}").starts_with("row 3: "));
    }
}
