//! Just enough HTTP/1.1 to know what is asked.

use serde::Deserialize;

/// A whole request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// Tokens are asked for.
    Completion { id: String, tokens: u32 },
    /// The list of models.
    Models,
    /// Anything else that is a GET.
    Get,
    /// Anything else: not served.
    Other,
    /// Not HTTP, or too much of it.
    Bad,
}

/// Most headers looked at.
const HEADERS: usize = 64;
/// Output tokens where a request sets no limit.
const TOKENS: u32 = 16;

#[derive(Deserialize)]
struct Body {
    max_tokens: Option<u32>,
    max_completion_tokens: Option<u32>,
}

/// Reads the request at the start of `bytes` and how long it is; none until it is whole.
pub(crate) fn parse(bytes: &[u8]) -> Option<(Request, usize)> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let head = match request.parse(bytes) {
        Ok(httparse::Status::Complete(head)) => head,
        Ok(httparse::Status::Partial) => return None,
        Err(_) => return Some((Request::Bad, bytes.len())),
    };
    let header = |name: &str| {
        let found = request.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        found.and_then(|header| std::str::from_utf8(header.value).ok())
    };
    let length = header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let whole = head.saturating_add(length);
    let body = bytes.get(head..whole)?;
    let asked = match (request.method, request.path) {
        (Some("POST"), Some(path)) if path.ends_with("completions") => {
            let body: Option<Body> = serde_json::from_slice(body).ok();
            let limit = body.and_then(|body| body.max_tokens.or(body.max_completion_tokens));
            let id = header("x-request-id").unwrap_or_default().to_owned();
            Request::Completion { id, tokens: limit.unwrap_or(TOKENS).max(1) }
        }
        (_, Some("/v1/models")) => Request::Models,
        (Some("GET"), _) => Request::Get,
        _ => Request::Other,
    };
    Some((asked, whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_when_it_is_whole_and_not_before() {
        let bytes = b"POST /v1/chat/completions HTTP/1.1\r\nX-Request-Id: a7\r\n\
            content-length: 17\r\n\r\n{\"max_tokens\": 5}GET /health HTTP/1.1\r\n\r\n";
        let second = memchr::memmem::find(bytes, b"GET").unwrap();
        assert!((0..second).all(|cut| parse(&bytes[..cut]).is_none()));
        let first = Request::Completion { id: "a7".to_owned(), tokens: 5 };
        assert_eq!(parse(bytes), Some((first, second)));
        assert_eq!(parse(&bytes[second..]).unwrap().0, Request::Get);
        assert_eq!(parse(b"\0\0\0").unwrap().0, Request::Bad);
    }
}
