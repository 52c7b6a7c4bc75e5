//! The head of an answer: what matters to a client that reads streams.

use super::body::Framing;
use super::reader::HttpError;

/// Most header fields of one head.
const FIELDS: usize = 100;

/// What an answer's status line and header fields say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseHead {
    /// The status, 100 to 999.
    pub status: u16,
    /// How the end of the body is found.
    pub framing: Framing,
    /// Whether the server means to keep the connection after the answer.
    pub keeps_connection: bool,
    /// The `server` field.
    pub server: Option<String>,
}

impl ResponseHead {
    /// Reads a whole head, the blank line included.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, HttpError> {
        let mut fields = [httparse::EMPTY_HEADER; FIELDS];
        let mut response = httparse::Response::new(&mut fields);
        match response.parse(bytes) {
            Ok(httparse::Status::Complete(_)) => {}
            Ok(httparse::Status::Partial) => return Err(HttpError::Head("it breaks off")),
            Err(error) => return Err(HttpError::from_parser(error)),
        }
        let status = response.code.unwrap_or_default();
        let mut said = Said { keeps: response.version == Some(1), ..Said::default() };
        for field in response.headers.iter() {
            said.hear(field.name, field.value)?;
        }
        let framing = match (status, said.transfer, said.length) {
            (100..=199 | 204 | 304, ..) => Framing::Length(0),
            (_, Some(Transfer::Chunked), _) => Framing::Chunked,
            (_, Some(Transfer::Other), _) | (_, None, None) => Framing::UntilClose,
            (_, None, Some(length)) => Framing::Length(length),
        };
        let keeps_connection = said.keeps && framing != Framing::UntilClose;
        Ok(Self { status, framing, keeps_connection, server: said.server })
    }
}

/// The last transfer coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transfer {
    Chunked,
    Other,
}

/// What the fields have said so far.
#[derive(Debug, Default)]
struct Said {
    transfer: Option<Transfer>,
    length: Option<u64>,
    keeps: bool,
    server: Option<String>,
}

impl Said {
    fn hear(&mut self, name: &str, value: &[u8]) -> Result<(), HttpError> {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        if is("transfer-encoding") {
            let last = items(value).last();
            let chunked = last.is_some_and(|coding| coding.eq_ignore_ascii_case(b"chunked"));
            self.transfer = Some(if chunked { Transfer::Chunked } else { Transfer::Other });
        } else if is("content-length") {
            for item in items(value) {
                let length = decimal(item).ok_or(HttpError::Head("its length is no number"))?;
                if self.length.is_some_and(|other| other != length) {
                    return Err(HttpError::Head("it states two lengths"));
                }
                self.length = Some(length);
            }
        } else if is("connection") {
            for item in items(value) {
                self.keeps &= !item.eq_ignore_ascii_case(b"close");
                self.keeps |= item.eq_ignore_ascii_case(b"keep-alive");
            }
        } else if is("server") {
            self.server = std::str::from_utf8(value).ok().map(str::to_owned);
        }
        Ok(())
    }
}

/// The items of a comma list.
fn items(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).filter(|item| !item.is_empty())
}

/// Digits and nothing else, up to 18 of them.
fn decimal(text: &[u8]) -> Option<u64> {
    let digits = (1..=18).contains(&text.len()) && text.iter().all(u8::is_ascii_digit);
    digits.then(|| text.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Result<ResponseHead, HttpError> {
        ResponseHead::parse(text.as_bytes())
    }

    #[test]
    fn the_end_of_the_body_is_found_as_the_standard_says() {
        for (fields, framing) in [
            ("Transfer-Encoding: chunked", Framing::Chunked),
            ("transfer-encoding: gzip, Chunked\r\nContent-Length: 5", Framing::Chunked),
            ("Transfer-Encoding: gzip", Framing::UntilClose),
            ("Content-Length: 5", Framing::Length(5)),
            ("Content-Length: 5, 5", Framing::Length(5)),
            ("X: y", Framing::UntilClose),
        ] {
            let head = head(&format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n")).unwrap();
            assert_eq!(head.framing, framing, "{fields}");
        }
        let empty = head("HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n").unwrap();
        assert_eq!(empty.framing, Framing::Length(0));
        for fields in ["Content-Length: 5\r\nContent-Length: 6", "Content-Length: -1"] {
            assert!(head(&format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n")).is_err(), "{fields}");
        }
        assert!(head("ICY 200 OK\r\n\r\n").is_err());
    }

    #[test]
    fn a_connection_is_kept_where_both_ends_may() {
        for (text, keeps) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 1", true),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: Close", false),
            ("HTTP/1.0 200 OK\r\nContent-Length: 1", false),
            ("HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive", true),
            ("HTTP/1.1 200 OK\r\nConnection: keep-alive", false),
        ] {
            assert_eq!(head(&format!("{text}\r\n\r\n")).unwrap().keeps_connection, keeps, "{text}");
        }
        let named = head("HTTP/1.1 200 OK\r\nServer: uvicorn\r\n\r\n").unwrap();
        assert_eq!(named.server.as_deref(), Some("uvicorn"));
    }
}
