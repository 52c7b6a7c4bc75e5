//! The main job against a server nobody here wrote: `transformers serve` with a tiny random model.

use serde_json::Value;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// Set in CI: there, a test that cannot run is a failure.
const REQUIRED: &str = "FAREBOX_REAL_SERVERS";

#[test]
fn transformers_serve_is_measured_and_priced() {
    let Some(scripts) = installed() else { return };
    let server = RealServer::start(&scripts);
    let home = tempfile::tempdir().unwrap();
    let bench = farebox(
        home.path(),
        &[
            &["bench", "model/hf", "--base-url", &server.url, "--ready-timeout", "4m"][..],
            &["--concurrency", "1,4", "--num-requests", "24", "--isl", "64", "--osl", "16"],
            // Other words are other tokens: the length they are fitted to wavers with the seed.
            &["--seed", "2"],
            &["--price-per-hour", "1", "--slo", "patient:ttft.p90=1m", "--out", "run"],
            &["--format", "json"],
        ],
    );
    assert!(bench.status.success(), "{}", String::from_utf8_lossy(&bench.stderr));
    let curve: Value = serde_json::from_slice(&bench.stdout).unwrap();
    let [alone, crowd] = [&curve["points"][0], &curve["points"][1]];
    for point in [alone, crowd] {
        assert_eq!(point["requests"]["ok"], 24, "{point}");
        assert_eq!(point["requests"]["failed"], serde_json::json!({}));
        assert_eq!(point["requests"]["token_source"]["usage_final"], 24);
        assert_eq!(point["requests"]["early_stop"], 0, "greedy answers never end by themselves");
    }
    // It serves one request at a time: four in flight wait for each other.
    let ttft = |point: &Value| point["ttft_ms"]["p50"].as_f64().unwrap();
    assert!(ttft(crowd) > 2.0 * ttft(alone), "{} against {}", ttft(crowd), ttft(alone));
    let observed = curve["workload"]["isl_observed"].as_f64().unwrap();
    assert!((observed - 64.0).abs() < 6.0, "words were fitted to its tokenizer: {observed}");

    let manifest = std::fs::read(home.path().join("run/run.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest["server"]["engine"], "transformers", "{}", manifest["server"]);
    assert_eq!(manifest["deployment"]["engine"], "transformers");
    assert_eq!(manifest["negotiation"][0]["field"], "ignore_eos", "it refuses unknown fields");

    let price = farebox(home.path(), &[&["price", "run", "--format", "json"]]);
    assert!(price.status.success(), "{}", String::from_utf8_lossy(&price.stderr));
    let sheet: Value = serde_json::from_slice(&price.stdout).unwrap();
    let recovery = sheet["tiers"][0]["recovery"].as_f64().unwrap();
    assert!((recovery - 1.0).abs() < 1e-9, "{recovery}");
}

/// The scripts' folder, if what they need is installed. One line says why not.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn installed() -> Option<PathBuf> {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/real-servers");
    let home = std::env::var_os("REAL_SERVERS_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/real-servers")))?;
    if home.join("hf/.ready").exists() {
        return Some(scripts);
    }
    let lacking = "transformers serve is not installed: tests/real-servers/install.sh hf";
    let required = std::env::var(REQUIRED).is_ok_and(|value| value == "required");
    assert!(!required, "{lacking}");
    eprintln!("skipped: {lacking}");
    None
}

/// The server, ended with the test.
struct RealServer {
    url: String,
    process: Child,
}

impl RealServer {
    fn start(scripts: &Path) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new(scripts.join("serve_hf.sh"))
            .arg(free.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { url: format!("http://127.0.0.1:{free}"), process }
    }
}

impl Drop for RealServer {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn farebox(dir: &Path, arguments: &[&[&str]]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_farebox"))
        .current_dir(dir)
        .args(arguments.concat())
        .output()
        .unwrap()
}
