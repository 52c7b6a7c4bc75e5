//! The main job against servers nobody here wrote, each with a tiny random model: `transformers
//! serve`, and llama.cpp and vLLM where they are installed.

use serde_json::Value;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Set in CI: there, `transformers serve` is required. `all` requires vLLM too.
const REQUIRED: &str = "FAREBOX_REAL_SERVERS";

#[test]
fn transformers_serve_is_measured_and_priced() {
    let Some(scripts) = installed("hf", std::env::var(REQUIRED).is_ok()) else { return };
    let server = RealServer::start(&scripts.join("serve_hf.sh"));
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

#[test]
fn llama_server_says_who_it_is_and_how_long_it_took() {
    let Some(scripts) = installed("llamacpp", false) else { return };
    let run = measured(&scripts.join("serve_llamacpp.sh"), "llama.cpp");
    let times = &run.last["server_times"];
    assert!(times["prefill_ns"].as_u64() > Some(0), "{}", run.last);
    assert!(times["decode_ns"].as_u64() > Some(0), "{}", run.last);
}

/// Its start takes a minute: only where somebody asks for all servers.
#[test]
fn vllm_says_who_it_is_and_its_version() {
    if std::env::var(REQUIRED).is_ok_and(|value| value == "all") {
        let Some(scripts) = installed("vllm", true) else { return };
        let run = measured(&scripts.join("serve_vllm.sh"), "vllm");
        assert!(run.manifest["server"]["engine_version"].is_string(), "{}", run.manifest);
    }
}

/// What a short run left.
struct LiveRun {
    manifest: Value,
    /// Its last record.
    last: Value,
}

/// A few requests of a fixed length to an engine that can do it, told by itself.
fn measured(script: &Path, engine: &str) -> LiveRun {
    let server = RealServer::start(script);
    let home = tempfile::tempdir().unwrap();
    let url = &server.url;
    let bench = farebox(
        home.path(),
        &[
            &["bench", "--base-url", url, "--ready-timeout", "4m", "--skip-self-test"][..],
            &["--concurrency", "2", "--num-requests", "8", "--isl", "64", "--osl", "16"],
            &["--out", "run"],
        ],
    );
    let text = |name: &str| std::fs::read_to_string(home.path().join("run").join(name)).unwrap();
    assert!(bench.status.success(), "{}", String::from_utf8_lossy(&bench.stderr));
    let manifest: Value = serde_json::from_str(&text("run.json")).unwrap();
    assert_eq!(manifest["server"]["engine"], engine, "{}", manifest["server"]);
    assert_eq!(manifest["negotiation"], serde_json::json!([]), "it takes all that we ask");
    let last = serde_json::from_str(text("requests.jsonl").lines().last().unwrap()).unwrap();
    LiveRun { manifest, last }
}

/// The scripts' folder, if what they need is installed. One line says why not.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn installed(engine: &str, required: bool) -> Option<PathBuf> {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/real-servers");
    let home = std::env::var_os("REAL_SERVERS_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/real-servers")))?;
    if home.join(engine).join(".ready").exists() {
        return Some(scripts);
    }
    let lacking = format!("{engine} is not installed: tests/real-servers/install.sh {engine}");
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
    fn start(script: &Path) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new(script)
            .arg(free.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { url: format!("http://127.0.0.1:{free}"), process }
    }
}

impl Drop for RealServer {
    /// Asks first: who is killed at once leaves its own processes behind, as vLLM does.
    fn drop(&mut self) {
        drop(Command::new("kill").arg(self.process.id().to_string()).status());
        let give_up = Instant::now() + Duration::from_secs(20);
        while Instant::now() < give_up {
            if matches!(self.process.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
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
