//! Just enough HTTP/1.1 to read a request and frame an answer.

use std::io::{self, BufRead, BufReader, Read};
use std::net::TcpStream;
use std::time::Instant;

use farebox_wire::request::Api;
use serde_json::Value;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Received {
    /// Which POST, from 0; `None` for other methods.
    pub ordinal: Option<usize>,
    /// The method.
    pub method: String,
    /// The path, with its query.
    pub path: String,
    /// All headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// The body as JSON, or null.
    pub json: Value,
    /// When the last byte had been read.
    pub received_at: Instant,
}

impl Received {
    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether the body has this field at its top level.
    pub fn has_field(&self, name: &str) -> bool {
        self.json.get(name).is_some()
    }

    /// Whether a stream is asked for; at TGI's path for it always.
    pub fn wants_stream(&self) -> bool {
        let asked = self.json.get("stream").and_then(Value::as_bool).unwrap_or(false);
        asked || Api::at(&self.path) == Api::TgiGenerate
    }

    /// Whether usage is asked for in the stream.
    pub fn wants_usage(&self) -> bool {
        let asked = self.json.pointer("/stream_options/include_usage");
        asked.and_then(Value::as_bool).unwrap_or(false)
    }

    /// The output limit, under any of its names.
    pub fn max_tokens(&self) -> Option<u32> {
        const NAMES: [&str; 5] = [
            "/max_tokens",
            "/max_completion_tokens",
            "/parameters/max_new_tokens",
            "/sampling_params/max_new_tokens",
            "/options/num_predict",
        ];
        let tokens = NAMES.iter().find_map(|name| self.json.pointer(name)?.as_u64())?;
        u32::try_from(tokens).ok()
    }

    /// Reads the next request of a connection; `None` where the client has closed it.
    pub(crate) fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Self>> {
        let Some(line) = read_line(stream)? else { return Ok(None) };
        let mut words = line.split(' ').map(str::to_owned);
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let mut headers = Vec::new();
        while let Some(line) = read_line(stream)?.filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').unwrap_or((&line, ""));
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut request = Self {
            ordinal: None,
            method,
            path,
            headers,
            body: Vec::new(),
            json: Value::Null,
            received_at: Instant::now(),
        };
        let length = request.header("content-length").and_then(|length| length.parse().ok());
        stream.take(length.unwrap_or(0)).read_to_end(&mut request.body)?;
        request.received_at = Instant::now();
        request.json = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        Ok(Some(request))
    }
}

fn read_line(stream: &mut BufReader<TcpStream>) -> io::Result<Option<String>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    Ok(Some(line.trim_end().to_owned()))
}

/// Status line and headers.
pub(crate) fn head(status: u16, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status} {}\r\n", reason(status));
    for (name, value) in headers {
        text.extend([name, ": ", value, "\r\n"]);
    }
    text.push_str("\r\n");
    text.into_bytes()
}

/// Wraps bytes as one chunk of a chunked body.
pub(crate) fn chunk(bytes: &[u8]) -> Vec<u8> {
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    chunk
}

/// The first half of a chunk whose size line promises the whole.
pub(crate) fn half_chunk(bytes: &[u8]) -> Vec<u8> {
    let mut half = chunk(bytes);
    half.truncate(half.len() - bytes.len() / 2 - 2);
    half
}

/// The end of a chunked body.
pub(crate) const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Scripted",
    }
}
