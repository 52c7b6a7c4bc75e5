//! Another client beside ours: vLLM's own in Rust, the most accurate one we know, where
//! `benches/peer` has put it.

use crate::children::run;
use crate::error::BenchError;
use crate::farebox::Load;
use crate::pinning::{self, Role};
use crate::say;
use crate::serve::{ServeKind, Truth};
use crate::server::Server;
use crate::table::Table;
use farebox_core::stats::Samples;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Where `benches/peer` puts the binary and its tokenizer, from the repository's root.
const PLACE: &str = "target/peers";

/// What it says of itself, under its own names.
#[expect(clippy::struct_field_names, reason = "its names")]
#[derive(Debug, Deserialize)]
struct Said {
    mean_ttft_ms: f64,
    median_ttft_ms: f64,
    p99_ttft_ms: f64,
    mean_tpot_ms: f64,
}

/// The accuracy of the peer, or why there is none.
pub(crate) fn accuracy() -> Result<String, BenchError> {
    let place = Path::new(PLACE);
    let (program, tokenizer) = (place.join("vllm-rs"), place.join("tokenizer"));
    if !program.exists() || !tokenizer.exists() {
        return Ok("`vllm-rs bench serve` beside them: **skipped**, it is not installed; \
                   `benches/peer` installs it where Python and a package registry are at hand.\n"
            .to_owned());
    }
    let mut table =
        Table::new(&["streams", "TTFT error mean, ms", "p50", "p99", "TPOT error mean"]);
    for streams in [64, 512, 1000] {
        say(&format!("accuracy: vllm-rs, {streams} streams"));
        let load = Load { streams, requests: streams as u64 * 3, osl: 128 };
        let server = Server::start(ServeKind::Exact)?;
        let said = match bench(&server, load, (&program, &tokenizer)) {
            Ok(said) => said,
            Err(error) => return Ok(format!("`vllm-rs bench serve` beside them: {error}.\n")),
        };
        let truth = server.truth()?;
        let [mean, p50, p99] = ttft(&truth);
        let tpot: Samples = truth.by_request.values().map(|served| served.tpot).collect();
        table.row([
            streams.to_string(),
            format!("{:.3}", said.mean_ttft_ms - mean),
            format!("{:.3}", said.median_ttft_ms - p50),
            format!("{:.3}", said.p99_ttft_ms - p99),
            format!("{:.3}", said.mean_tpot_ms - tpot.mean().unwrap_or_default()),
        ]);
    }
    Ok(format!(
        "`vllm-rs bench serve` beside them, against the same server, one round each. It keeps no \
         times by request, so these are its figures less those of the server's log.\n\n{table}"
    ))
}

fn ttft(truth: &Truth) -> [f64; 3] {
    let ttft: Samples = truth.by_request.values().map(|served| served.ttft).collect();
    let at = |percentile| ttft.percentile(percentile).unwrap_or_default();
    [ttft.mean().unwrap_or_default(), at(50.0), at(99.0)]
}

fn bench(server: &Server, load: Load, peer: (&Path, &Path)) -> Result<Said, BenchError> {
    let (program, tokenizer) = peer;
    let scratch = tempfile::tempdir().map_err(BenchError::io("a temporary directory"))?;
    let program: PathBuf = program.canonicalize().map_err(BenchError::io("the peer"))?;
    let mut command = pinning::command(Role::Client, program);
    command.args(["bench", "serve", "--backend", "openai-chat", "--model", "exact"]);
    command.args(["--base-url", &format!("http://{}", server.address())]);
    command.args(["--endpoint", "/v1/chat/completions", "--tokenizer"]).arg(tokenizer);
    command.args(["--dataset-name", "random", "--random-input-len", "128"]);
    command.args(["--random-output-len", &load.osl.to_string()]);
    command.args(["--num-prompts", &load.requests.to_string()]);
    command.args(["--max-concurrency", &load.streams.to_string()]);
    command.args(["--ignore-eos", "--disable-tqdm", "--save-result"]);
    command.args(["--metric-percentiles", "50,99", "--percentile-metrics", "ttft,tpot"]);
    command.args(["--result-filename", "peer.json", "--result-dir"]).arg(scratch.path());
    run("vllm-rs", command)?;
    let said = scratch.path().join("peer.json");
    let said = std::fs::read(said).map_err(BenchError::io("the peer's result"))?;
    serde_json::from_slice(&said).map_err(BenchError::json("the peer's result"))
}

/// Client, and CPU in ms per 1,000 tokens at cap64, coal64 and paced64, each with its ratio to the
/// reader beside it.
const MEASURED: [[&str; 4]; 3] = [
    ["reader beside them", "3.54", "0.25", "7.7"],
    ["`vllm-rs bench serve` 0.32.0", "4.66 (1.23)", "2.39 (8.4)", "15.4"],
    ["`vllm-bench` 0.1.0", "5.01 (1.46)", "1.80 (7.6)", "15.3"],
];

/// What other clients cost, for a sense of scale: measured once, by hand, and not by this program.
pub(crate) fn section() -> String {
    let mut table = Table::new(&["client", "cap64", "coal64", "paced64"]);
    for row in MEASURED {
        table.row(row.map(str::to_owned));
    }
    format!(
        "The two fastest other clients we know, from an earlier measurement of our own on a like \
         machine (two cores, server on one, client on the other, 2026-11-23; medians of three \
         runs). The server and the reader were other programs than those above, so these are for \
         a sense of scale and not a race: CPU in ms per 1,000 tokens, its ratio to that reader in \
         brackets.\n\n{table}"
    )
}
