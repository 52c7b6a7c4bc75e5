//! Azure LLM inference traces: `TIMESTAMP,ContextTokens,GeneratedTokens`.
//!
//! Patel et al., "Splitwise", ISCA 2024; the traces are under CC-BY 4.0 in
//! Azure/AzurePublicDataset. Their times are in UTC, `2023-11-16 18:15:46.6805900`.

use super::{Observed, RowError, bad, count, unix_ns};
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// The request of a row; none for the header.
pub fn azure_row(row: usize, text: &str) -> Result<Option<Observed>, RowError> {
    if text.starts_with("TIMESTAMP") {
        return Ok(None);
    }
    let mut fields = text.trim_end().split(',');
    let mut field = |column| fields.next().ok_or(RowError::Missing { row, column });
    let (time, context) = (field("TIMESTAMP")?, field("ContextTokens")?);
    let generated = field("GeneratedTokens")?;
    Ok(Some(Observed {
        at_ns: Some(utc_ns(time).ok_or_else(|| bad(row, "TIMESTAMP", time, "a time in UTC"))?),
        isl: count(row, "ContextTokens", context)?,
        osl: count(row, "GeneratedTokens", generated)?,
        ..Observed::default()
    }))
}

/// With an offset where there is one (the traces of 2024), else taken to be UTC.
fn utc_ns(time: &str) -> Option<i64> {
    let with_offset = time.parse::<jiff::Timestamp>();
    let in_utc = || Offset::UTC.to_timestamp(time.parse::<DateTime>().ok()?).ok();
    unix_ns(with_offset.ok().or_else(in_utc)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_both_years_and_what_is_none() {
        assert_eq!(azure_row(1, "TIMESTAMP,ContextTokens,GeneratedTokens").unwrap(), None);
        let request = azure_row(2, "2023-11-16 18:15:46.6805900,374,44\r\n").unwrap().unwrap();
        assert_eq!((request.isl, request.osl), (374, 44));
        assert_eq!(request.at_ns, Some(1_700_158_546_680_590_000));
        let request = azure_row(3, "2024-05-10 00:00:00.009930+00:00,2162,5").unwrap().unwrap();
        assert_eq!(request.at_ns, Some(1_715_299_200_009_930_000));
        for (text, error) in [
            ("yesterday,1,2", "row 9: `TIMESTAMP` is `yesterday`, not a time in UTC"),
            ("2023-11-16 18:15:46,1", "row 9: no column `GeneratedTokens`"),
            ("2023-11-16 18:15:46,-1,2", "row 9: `ContextTokens` is `-1`, not a number of tokens"),
        ] {
            assert_eq!(azure_row(9, text).unwrap_err().to_string(), error);
        }
    }
}
