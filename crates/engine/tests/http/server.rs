//! An engine to talk to, and the raw HTTP to do it with.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use farebox_engine::{Engine, EngineConfig, EngineHandle, RequestTruth, TimeScale, preset};
use serde_json::Value;
use tokio::runtime::Runtime;

/// The name under which the engine serves its model.
pub(crate) const MODEL: &str = "meta-llama/Llama-3.1-8B-Instruct";

/// An engine on a runtime of its own, so that tests can block.
pub(crate) struct Server {
    runtime: Runtime,
    pub(crate) handle: EngineHandle,
}

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

pub(crate) fn config() -> EngineConfig {
    let model = preset::model("llama-3.1-8b").unwrap();
    EngineConfig::new(model, preset::accelerator("a100").unwrap())
}

impl Server {
    pub(crate) fn start(config: EngineConfig) -> Self {
        let runtime = Runtime::new().unwrap();
        let handle = runtime.block_on(Engine::start(config)).unwrap();
        Self { runtime, handle }
    }

    pub(crate) fn at(scale: f64) -> Self {
        Self::start(EngineConfig { time_scale: TimeScale::new(scale).unwrap(), ..config() })
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> Reply {
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: engine\r\nconnection: close\r\nx-request-id: mine\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        );
        exchange(self.handle.addr(), &[head.as_bytes(), body.as_bytes()])
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        let head = format!("GET {path} HTTP/1.1\r\nhost: engine\r\nconnection: close\r\n\r\n");
        exchange(self.handle.addr(), &[head.as_bytes()])
    }

    /// The records of the first `n` requests to end.
    pub(crate) fn truths(&self, n: usize) -> Vec<RequestTruth> {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let truths = self.handle.truth().snapshot();
            if truths.len() >= n {
                return truths;
            }
            assert!(Instant::now() < deadline, "{} of {n} requests ended", truths.len());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn stop(self) {
        self.runtime.block_on(self.handle.shutdown()).unwrap();
    }
}

pub(crate) fn exchange(addr: SocketAddr, parts: &[&[u8]]) -> Reply {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    for part in parts {
        stream.write_all(part).unwrap();
    }
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head[9..12].parse().unwrap();
    let is_chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    let body = if is_chunked { dechunk(body) } else { body.to_owned() };
    Reply { status, head: head.to_ascii_lowercase(), body }
}

fn dechunk(mut rest: &str) -> String {
    let mut body = String::new();
    loop {
        let (size, after) = rest.split_once("\r\n").unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return body;
        }
        body.push_str(&after[..size]);
        rest = &after[size + 2..];
    }
}

/// A chat request of `words + 10` prompt tokens with further fields.
pub(crate) fn chat(words: usize, fields: &str) -> String {
    let content = "word ".repeat(words);
    format!(r#"{{"model":"{MODEL}","messages":[{{"role":"user","content":"{content}"}}]{fields}}}"#)
}

pub(crate) fn events(body: &str) -> Vec<Value> {
    let events = body.split_terminator("\n\n").map(|event| event.strip_prefix("data: ").unwrap());
    events
        .filter(|event| *event != "[DONE]")
        .map(|event| serde_json::from_str(event).unwrap())
        .collect()
}
