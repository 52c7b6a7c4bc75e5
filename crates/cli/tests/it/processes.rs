//! Memory and processor time of an engine that runs on this machine.

use crate::farebox::{Farebox, Process};
use crate::launched::FAREBOX;
use farebox_testkit::{Answer, Script, ScriptedServer, ms};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Stdio};

/// Long enough for the processes to be looked at more than once.
const LONG: [&str; 3] = ["--skip-self-test", "--duration", "2500ms"];

fn said(farebox: &Farebox, run: &str) -> String {
    let said = farebox.json(&format!("{run}/run.json"))["telemetry"]["processes"].clone();
    said.as_str().unwrap().to_owned()
}

fn first_point(farebox: &Farebox, run: &str) -> Value {
    farebox.json(&format!("{run}/curve.json"))["points"][0].clone()
}

/// A server in this process, without metrics.
fn server() -> ScriptedServer {
    let answer = Answer::stream().tokens_as_requested(ms(10), ms(3)).input_tokens(32);
    ScriptedServer::start(Script::always(answer)).unwrap()
}

#[test]
fn who_listens_is_looked_at_drawn_and_exported() {
    let (server, farebox) = (server(), Farebox::new());
    farebox.bench(&server.url(), &LONG).exits(0);
    let process = format!("process {} (", std::process::id());
    assert!(said(&farebox, "run").starts_with(&process), "{}", said(&farebox, "run"));
    let point = first_point(&farebox, "run");
    let used = &point["engine_resident_bytes"];
    assert!(used["mean"].as_f64() > Some(1e6) && used["max"].as_f64() < Some(1e11), "{point:#}");
    // The client is a child of this very process, and is not the engine.
    let processes = fs::read_to_string("/proc/self/statm").unwrap();
    let pages: f64 = processes.split(' ').nth(1).unwrap().parse().unwrap();
    assert!(used["max"].as_f64().unwrap() < 1.5 * pages * 4096.0, "{used} of {pages} pages");
    let cores = point["engine_cpu_cores"]["mean"].as_f64().unwrap();
    assert!(cores > 0.0 && cores < 64.0, "{cores}");
    assert_eq!(point["power_w"], Value::Null);

    let csv = farebox.run(&["export", "run", "--to", "csv"]).exits(0).stdout;
    let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    let column = rows[0].iter().position(|name| *name == "engine_resident_bytes_max").unwrap();
    assert_eq!(rows[1][column].parse::<f64>().ok(), used["max"].as_f64(), "read back: {csv}");
    assert!(rows[2][column].parse::<f64>().unwrap() > 1e6, "and of the whole run: {csv}");

    farebox.run(&["plot", "run", "--kind", "gpu-memory"]).exits(0);
    let svg = farebox.text("run/gpu-memory.svg");
    for words in ["processes (GiB)", "Cores that the engine keeps busy"] {
        assert!(svg.contains(words), "{words}");
    }
    farebox.run(&["report", "run", "-o", "report.html"]).exits(0);
    assert!(farebox.text("report.html").contains("Memory while it ran"));
}

#[test]
fn an_engine_that_is_not_to_be_seen_is_said_to_be_so() {
    let (server, farebox) = (server(), Farebox::new());
    farebox.bench(&server.url(), &["--skip-self-test", "--telemetry", "off"]).exits(0);
    assert_eq!(said(&farebox, "run"), "none: it was not asked (--telemetry off)");
    assert_eq!(first_point(&farebox, "run")["engine_resident_bytes"], Value::Null);
    let ran = farebox.run(&["plot", "run", "--kind", "gpu-memory"]).exits(2);
    assert!(ran.error().contains("the run has no telemetry.jsonl"), "{}", ran.error());
}

#[test]
fn an_engine_that_was_started_is_known_by_its_processes_and_its_flags() {
    let farebox = Farebox::new();
    let matrix = format!(
        r#"
        [engines.ours]
        kind = "vllm"
        command = ["sh", "-c", "sleep 600 & {FAREBOX} engine --port {{port}}; true", "vllm",
                   "--max-num-seqs", "8"]
        [bench]
        skip-self-test = true
        [traffic.short]
        isl = 32
        osl = 8
        [loads.two]
        concurrency = 2
        duration = "2500ms"
        "#
    );
    fs::write(farebox.path("m.toml"), matrix).unwrap();
    farebox.run(&["run", "m.toml", "--out", "out"]).exits(0);
    let cell = "out/cells/ours-base-tp1-short-two";
    assert_eq!(said(&farebox, cell), "the processes that were started for the run");
    let point = first_point(&farebox, cell);
    assert!(point["engine_resident_bytes"]["max"].as_f64() > Some(1e6), "{point:#}");

    // What it was told and does not publish itself.
    let manifest = farebox.json(&format!("{cell}/run.json"));
    let settings = &manifest["deployment"]["engine_settings"];
    assert_eq!(settings["max_running"], 8, "{settings:#}");
    assert_eq!(settings["sources"]["max_running"], "--max-num-seqs", "{settings:#}");
    assert!(settings["kv_capacity_tokens"].as_u64() > Some(0), "{settings:#}");
    assert_eq!(settings["sources"]["kv_capacity_tokens"], "engine", "{settings:#}");
}

/// Neither Docker nor its proxy is here: programs of their names stand in for them.
#[test]
fn a_container_has_no_processes_of_ours() {
    let farebox = Farebox::new();
    symlink(FAREBOX, farebox.path("docker-proxy")).unwrap();
    let mut proxy = Command::new(farebox.path("docker-proxy"));
    proxy.args(["engine", "--port", "0"]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut proxy = Process::start(proxy);
    farebox.bench(&proxy.line(), &["--skip-self-test"]).exits(0);
    let why = "none: docker-proxy listens there for another machine or a container";
    assert_eq!(said(&farebox, "run"), why);

    let docker = farebox.path("docker");
    let port = r"for word; do case $word in 127.0.0.1:*) port=${word#*:}; esac; done";
    let script = format!("#!/bin/sh\n{port}\nexec {FAREBOX} engine --port ${{port%:*}}\n");
    fs::write(&docker, script).unwrap();
    fs::set_permissions(&docker, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", farebox.path("").display());
    let farebox = farebox.env("PATH", &path);
    let short = ["--isl", "32", "--osl", "8", "--num-requests", "8", "--concurrency", "2"];
    let model = "meta-llama/Llama-3.1-8B-Instruct";
    let run = ["run", "--engine", "vllm", "--model", model, "--docker", "--out", "out"];
    farebox.run(&[&run[..], &short].concat()).exits(0);
    let cell = only_cell(&farebox);
    assert_eq!(said(&farebox, &cell), "none: it runs in a container");
}

/// The one cell of the matrix in `out`.
fn only_cell(farebox: &Farebox) -> String {
    let cell = fs::read_dir(farebox.path("out/cells")).unwrap().next().unwrap().unwrap();
    format!("out/cells/{}", cell.file_name().to_string_lossy())
}

#[test]
fn an_engine_within_the_client_has_no_processes_of_its_own() {
    let farebox = Farebox::new();
    let short = ["--isl", "32", "--osl", "8", "--num-requests", "8", "--concurrency", "2"];
    let run = ["run", "--engine", "farebox", "--out", "out"];
    farebox.run(&[&run[..], &short].concat()).exits(0);
    let cell = only_cell(&farebox);
    assert_eq!(said(&farebox, &cell), "none: it is simulated in this very process");
}
