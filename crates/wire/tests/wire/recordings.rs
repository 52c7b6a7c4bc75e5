//! Access to the recorded answers under `tests/transcripts`.

use std::fs;
use std::path::PathBuf;

pub(crate) const ENGINES: [&str; 3] = ["vllm", "llama-server", "transformers-serve"];

/// One recorded answer.
pub(crate) struct Recording {
    pub(crate) engine: &'static str,
    pub(crate) case: String,
    pub(crate) status: u16,
    pub(crate) streamed: bool,
    /// The body, with chunked framing taken off where the recording kept it.
    pub(crate) body: Vec<u8>,
}

/// Every `*.response.txt`, by engine and case.
pub(crate) fn all() -> Vec<Recording> {
    let mut recordings = Vec::new();
    for engine in ENGINES {
        for name in file_names(engine) {
            if let Some(case) = name.strip_suffix(".response.txt") {
                recordings.push(read(engine, case));
            }
        }
    }
    assert!(recordings.len() > 120, "only {} recordings found", recordings.len());
    recordings
}

/// The reads of every `80-*.reads.tsv`: engine, case, and the bytes of each read.
pub(crate) fn reads() -> Vec<(&'static str, String, Vec<Vec<u8>>)> {
    let mut streams = Vec::new();
    for engine in ENGINES {
        for name in file_names(engine) {
            if let Some(case) = name.strip_suffix(".reads.tsv") {
                let text = fs::read_to_string(folder(engine).join(&name)).unwrap();
                let read = |line: &str| -> String {
                    serde_json::from_str(line.split_once('\t').unwrap().1).unwrap()
                };
                let reads = text.lines().map(|line| read(line).into_bytes()).collect();
                streams.push((engine, case.to_owned(), reads));
            }
        }
    }
    assert_eq!(streams.len(), 4);
    streams
}

pub(crate) fn read(engine: &'static str, case: &str) -> Recording {
    let bytes = fs::read(folder(engine).join(format!("{case}.response.txt"))).unwrap();
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let body = &bytes[end + 4..];
    let raw_chunked = case.contains("raw-chunked");
    Recording {
        engine,
        case: case.to_owned(),
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        streamed: head.contains("text/event-stream"),
        body: if raw_chunked { dechunk(body) } else { body.to_vec() },
    }
}

fn folder(engine: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts").join(engine)
}

fn file_names(engine: &str) -> Vec<String> {
    let entries = fs::read_dir(folder(engine)).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn dechunk(mut body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let end = body.windows(2).position(|window| window == b"\r\n").unwrap();
        let size = usize::from_str_radix(std::str::from_utf8(&body[..end]).unwrap(), 16).unwrap();
        if size == 0 {
            return out;
        }
        out.extend_from_slice(&body[end + 2..end + 2 + size]);
        body = &body[end + 2 + size + 2..];
    }
}
