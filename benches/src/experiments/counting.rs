//! Tokens of Parquet conversations counted, beside pyarrow and the Python `tokenizers`.

use crate::conversations;
use crate::error::BenchError;
use crate::farebox::program;
use crate::say;
use crate::table::Table;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Text in the file, in MB, and how much of it the slower ways count.
const MEGABYTES: u64 = 1000;
const PEER_MEGABYTES: u64 = 60;

/// Small, but with the steps of a real one; another can be named.
const TOKENIZER: &str = "crates/dataset/tests/fixtures/byte-level-bpe.json";

/// One way of counting.
struct Ran {
    name: &'static str,
    megabytes: f64,
    seconds: f64,
    peak_mb: Option<f64>,
}

pub(super) fn run(rounds: usize) -> Result<String, BenchError> {
    let scratch = tempfile::tempdir().map_err(BenchError::io("a temporary directory"))?;
    let file = scratch.path().join("conversations.parquet");
    say(&format!("counting: writing {MEGABYTES} MB of conversations"));
    conversations::write(&file, MEGABYTES * 1_000_000)?;
    let tokenizer = std::env::var("FAREBOX_BENCH_TOKENIZER").unwrap_or(TOKENIZER.to_owned());
    let mut ways = Vec::new();
    for round in 1..=rounds {
        say(&format!("counting: round {round}"));
        ways.push(farebox(&file, &tokenizer)?);
        ways.extend(peer("encode_batch, Python", "batch", &file, &tokenizer));
        ways.extend(peer("encode per row, Python", "rows", &file, &tokenizer));
    }
    let mut table = Table::new(&["way", "MB of text", "MB/s", "peak MB"]);
    for ran in &ways {
        table.row([
            ran.name.to_owned(),
            format!("{:.0}", ran.megabytes),
            format!("{:.1}", ran.megabytes / ran.seconds),
            ran.peak_mb.map_or("-".to_owned(), |mb| format!("{mb:.0}")),
        ]);
    }
    let absent = if ways.len() == rounds {
        "\n\nThe peers are absent: no `python3` (or FAREBOX_BENCH_PYTHON) with pyarrow and \
         tokenizers was found."
    } else {
        ""
    };
    Ok(format!(
        "`farebox profile` on all cores over {MEGABYTES} MB of text in Parquet conversations, made \
         from this repository's own sources; the Python package `tokenizers` over the first \
         {PEER_MEGABYTES} MB of the same file, `encode_batch` on all cores and `encode` row by row. \
         Reading the file is in every figure, and so is farebox's whole start.\n\n{table}{absent}"
    ))
}

fn farebox(file: &Path, tokenizer: &str) -> Result<Ran, BenchError> {
    let mut command = Command::new(program()?);
    command.arg("profile").arg(file).args(["--tokenizer", tokenizer, "--no-cache"]);
    command.args(["--format", "json"]).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let mut child = command.spawn().map_err(BenchError::io("farebox profile"))?;
    let mut peak_mb = None;
    let status = loop {
        peak_mb = resident_mb(child.id()).or(peak_mb);
        if let Some(status) = child.try_wait().map_err(BenchError::io("farebox profile"))? {
            break status;
        }
        thread::sleep(Duration::from_millis(20));
    };
    let seconds = start.elapsed().as_secs_f64();
    if !status.success() {
        let said = String::new();
        return Err(BenchError::Child { program: "farebox profile", status, said });
    }
    Ok(Ran { name: "farebox profile", megabytes: MEGABYTES as f64, seconds, peak_mb })
}

/// Largest resident memory so far.
fn resident_mb(pid: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024.0 / 1e6)
}

/// None where Python or one of its packages is absent.
fn peer(name: &'static str, mode: &str, file: &Path, tokenizer: &str) -> Option<Ran> {
    let python = std::env::var("FAREBOX_BENCH_PYTHON").unwrap_or("python3".to_owned());
    let mut command = Command::new(python);
    command.arg("benches/peers/count_tokens.py").arg(mode).arg(file);
    command.args([tokenizer, &PEER_MEGABYTES.to_string()]);
    let output = command.output().ok().filter(|output| output.status.success())?;
    let json: Value = serde_json::from_slice(&output.stdout).ok()?;
    let (bytes, seconds) = (json["bytes"].as_f64()?, json["seconds"].as_f64()?);
    Some(Ran { name, megabytes: bytes / 1e6, seconds, peak_mb: None })
}
