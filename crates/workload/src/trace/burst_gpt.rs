//! BurstGPT: `Timestamp,[Session ID,]Model,Request tokens,Response tokens,Total tokens,Log Type`.
//!
//! Wang et al., "BurstGPT: A Real-world Workload Dataset to Optimize LLM Serving Systems", 2024;
//! under CC-BY 4.0. Times are seconds since the trace's start. An answer of 0 tokens is a request
//! that failed: it was asked all the same.

use super::{Observed, RowError, bad, count};

/// Where the columns of a BurstGPT file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BurstGptColumns {
    timestamp: usize,
    session: Option<usize>,
    request: usize,
    response: usize,
}

impl BurstGptColumns {
    /// Reads the header.
    pub fn of_header(header: &str) -> Result<Self, RowError> {
        let find = |column: &str| header.trim_end().split(',').position(|c| c.trim() == column);
        let need = |column| find(column).ok_or(RowError::Missing { row: 1, column });
        Ok(Self {
            timestamp: need("Timestamp")?,
            session: find("Session ID"),
            request: need("Request tokens")?,
            response: need("Response tokens")?,
        })
    }

    /// The request of a row. A file's sessions name no turns; their order counts.
    pub fn row(&self, row: usize, text: &str) -> Result<Observed, RowError> {
        let fields: Vec<&str> = text.trim_end().split(',').map(str::trim).collect();
        let field = |at: usize, column| fields.get(at).ok_or(RowError::Missing { row, column });
        let time = field(self.timestamp, "Timestamp")?;
        let seconds = time.parse::<f64>().ok().filter(|s| s.is_finite() && s.abs() < 9e9);
        let seconds = seconds.ok_or_else(|| bad(row, "Timestamp", time, "seconds"))?;
        let session = match self.session {
            None => None,
            Some(at) => {
                let given = field(at, "Session ID")?;
                Some(given.parse().map_err(|_| bad(row, "Session ID", given, "a number"))?)
            }
        };
        Ok(Observed {
            at_ns: Some((seconds * 1e9).round() as i64),
            isl: count(row, "Request tokens", field(self.request, "Request tokens")?)?,
            osl: count(row, "Response tokens", field(self.response, "Response tokens")?)?,
            session,
            ..Observed::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_with_and_without_sessions() {
        let plain = "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type";
        let columns = BurstGptColumns::of_header(plain).unwrap();
        let request = columns.row(2, "5,ChatGPT,472,18,490,Conversation log").unwrap();
        assert_eq!((request.at_ns, request.isl, request.osl), (Some(5_000_000_000), 472, 18));
        let sessions = plain.replace("Model", "Session ID,Model");
        let columns = BurstGptColumns::of_header(&sessions).unwrap();
        let request = columns.row(2, "5.5,8,GPT-4,472,0,472,API log").unwrap();
        assert_eq!((request.session, request.osl), (Some(8), 0));
        for (text, error) in [
            ("5,x,GPT-4,1,2,3,API log", "row 3: `Session ID` is `x`, not a number"),
            ("NaN,8,GPT-4,1,2,3,API log", "row 3: `Timestamp` is `NaN`, not seconds"),
            ("5,8,GPT-4,1", "row 3: no column `Response tokens`"),
        ] {
            assert_eq!(columns.row(3, text).unwrap_err().to_string(), error);
        }
        let error = BurstGptColumns::of_header("a,b").unwrap_err().to_string();
        assert_eq!(error, "row 1: no column `Timestamp`");
    }
}
