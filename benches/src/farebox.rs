//! The client under test: the real `farebox bench`, release build, as a child process.

use crate::children::{Finished, run};
use crate::error::BenchError;
use crate::pinning::{self, Role};
use farebox_core::run::RunManifest;
use serde::Deserialize;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// What to ask of the server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// Requests in flight.
    pub(crate) streams: usize,
    /// Requests in all.
    pub(crate) requests: u64,
    /// Output tokens of each.
    pub(crate) osl: u32,
}

/// What one run of a client came to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ran {
    /// Tokens received.
    pub(crate) tokens: f64,
    /// Seconds from the first request to the end of the last answer.
    pub(crate) wall_s: f64,
    /// Processor seconds of that time, as the client itself says.
    pub(crate) cpu_s: f64,
    /// Processor seconds of its whole life, as the system says.
    pub(crate) life_cpu_s: f64,
    /// Largest resident memory, in MB; none for the bare reader, which keeps nothing.
    pub(crate) peak_mb: Option<f64>,
    /// Time to first token and per further token in milliseconds, by request id.
    pub(crate) latencies: HashMap<String, (f64, f64)>,
    /// Seconds from the start of the process to its first request.
    pub(crate) start_up_s: f64,
    /// Of each request in open loop, in the order of the schedule: when it was due, by the run's
    /// clock, how much later it was sent, and its TTFT from then; milliseconds.
    pub(crate) scheduled: Vec<[f64; 3]>,
}

/// The fields of `requests.jsonl` that matter here; events are skipped.
#[derive(Deserialize)]
struct Line {
    request_id: String,
    sched_ns: Option<u64>,
    send_ns: u64,
    first_token_ns: Option<u64>,
    last_token_ns: Option<u64>,
    end_ns: u64,
    output_tokens: Option<u64>,
}

/// Runs `farebox bench` with `load` against the server at `address`.
pub(crate) fn bench(address: SocketAddr, load: Load) -> Result<Ran, BenchError> {
    let offered = [
        ["--concurrency", &load.streams.to_string()],
        ["--num-requests", &load.requests.to_string()],
        ["--osl", &load.osl.to_string()],
    ];
    ask(address, &offered.concat())
}

/// Runs `farebox bench` with these further words.
pub(crate) fn ask(address: SocketAddr, words: &[&str]) -> Result<Ran, BenchError> {
    let scratch = tempfile::tempdir().map_err(BenchError::io("a temporary directory"))?;
    let out = scratch.path().join("run");
    let mut command = pinning::command(Role::Client, program()?);
    command.args(["bench", "--base-url", &format!("http://{address}"), "--warmup", "0"]);
    command.args(["--isl", "128", "--format", "json"]).args(words).arg("--out").arg(&out);
    let born = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let Finished { cpu_s: life_cpu_s, .. } = run("farebox bench", command)?;

    let manifest: RunManifest = serde_json::from_slice(&read(&out.join("run.json"))?)
        .map_err(BenchError::json("run.json"))?;
    let client = manifest.client.ok_or(BenchError::Missing("client cost"))?;
    let lines = lines(&read(&out.join("requests.jsonl"))?)?;
    // Probes are requests too: the first of all is the first that the server saw.
    let first = manifest.epoch_unix_ns + lines.iter().map(|l| l.send_ns).min().unwrap_or_default();
    let lines: Vec<Line> = lines.into_iter().filter(Line::is_measured).collect();
    let started = lines.iter().map(|line| line.send_ns).min().unwrap_or_default();
    let ended = lines.iter().map(|line| line.end_ns).max().unwrap_or_default();
    Ok(Ran {
        tokens: lines.iter().filter_map(|line| line.output_tokens).sum::<u64>() as f64,
        wall_s: ended.saturating_sub(started) as f64 / 1e9,
        cpu_s: client.cpu_s,
        life_cpu_s,
        peak_mb: Some(client.peak_rss_bytes as f64 / 1e6),
        scheduled: scheduled(&lines),
        start_up_s: (first as f64 - born.as_nanos() as f64) / 1e9,
        latencies: lines.into_iter().filter_map(Line::timed).collect(),
    })
}

fn scheduled(lines: &[Line]) -> Vec<[f64; 3]> {
    let ms = |ns: u64| ns as f64 / 1e6;
    let of = |line: &Line| {
        let sched = line.sched_ns?;
        let ttft = line.first_token_ns?.saturating_sub(sched);
        Some([ms(sched), ms(line.send_ns.saturating_sub(sched)), ms(ttft)])
    };
    let mut scheduled: Vec<[f64; 3]> = lines.iter().filter_map(of).collect();
    scheduled.sort_by(|a, b| a[0].total_cmp(&b[0]));
    scheduled
}

impl Line {
    fn is_measured(&self) -> bool {
        !self.request_id.contains("-probe-") && !self.request_id.contains("-warmup-")
    }

    fn timed(self) -> Option<(String, (f64, f64))> {
        let (first, last) = (self.first_token_ns?, self.last_token_ns?);
        let later_tokens = self.output_tokens?.saturating_sub(1).max(1) as f64;
        let ttft = first.saturating_sub(self.send_ns) as f64 / 1e6;
        Some((self.request_id, (ttft, last.saturating_sub(first) as f64 / 1e6 / later_tokens)))
    }
}

/// `farebox` beside this binary, where cargo puts both.
pub(crate) fn program() -> Result<PathBuf, BenchError> {
    let own = std::env::current_exe().map_err(BenchError::io("the path of this binary"))?;
    Ok(own.with_file_name("farebox"))
}

fn lines(text: &[u8]) -> Result<Vec<Line>, BenchError> {
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let parsed = lines.map(serde_json::from_slice);
    parsed.collect::<Result<_, _>>().map_err(BenchError::json("requests.jsonl"))
}

fn read(path: &Path) -> Result<Vec<u8>, BenchError> {
    std::fs::read(path).map_err(BenchError::io(path.display().to_string()))
}
