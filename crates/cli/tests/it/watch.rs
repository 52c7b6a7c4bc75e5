//! `farebox watch` against the project's own engine, servers without metrics, and a stand-in for
//! nvidia-smi.

use crate::farebox::{Farebox, Process, bench_args};
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::thread;

/// The project's own engine and its address.
fn engine(farebox: &Farebox) -> (Process, String) {
    let mut engine = Process::start(farebox.command(&["engine", "--port", "0"]));
    let url = engine.line();
    (engine, url)
}

/// A server that answers every request with this status and body.
fn answers(status: u16, body: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut asked = [0; 1024];
            drop(stream.read(&mut asked));
            let length = body.len();
            drop(write!(stream, "HTTP/1.1 {status} x\r\ncontent-length: {length}\r\n\r\n{body}"));
        }
    });
    addr
}

#[test]
fn one_look_at_an_idle_engine() {
    let farebox = Farebox::new().env("PATH", "");
    let (_engine, url) = engine(&farebox);
    let ran = farebox.run(&["watch", "--base-url", &url, "--once"]).exits(0);
    let screen = ran.stdout.replace(&url, "URL");
    insta::assert_snapshot!(screen, @r"
    farebox at URL
      requests      0 running, 0 waiting
      KV cache      ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 0.0 % of 426784 tokens
      tokens in     0 in all
      tokens out    0 in all
      preemptions   0
      prefix hits   nothing looked up
    ");
    assert_eq!(ran.stderr, "");
}

#[test]
fn json_counts_what_was_benched() {
    let farebox = Farebox::new().env("PATH", "");
    let (_engine, url) = engine(&farebox);
    farebox.run(&bench_args(&url, &[])).exits(0);
    let sent: u64 =
        farebox.records("run").iter().map(|r| r["output_tokens"].as_u64().unwrap()).sum();
    let args = ["watch", "--base-url", &url, "--once", "--format", "json"];
    let ran = farebox.run(&args).exits(0);
    let samples: Vec<Value> =
        ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let value = |metric: &str| {
        let sample = samples.iter().find(|sample| sample["metric"] == metric);
        sample.unwrap_or_else(|| panic!("no {metric} in {}", ran.stdout))["value"].as_f64()
    };
    assert!(samples.iter().all(|sample| sample["scope"] == "engine"));
    assert_eq!(value("generation_tokens_total"), Some(sent as f64), "each token, and no other");
    assert_eq!(value("requests_running"), Some(0.0));
    assert_eq!(value("preemptions_total"), Some(0.0));
    assert!(value("ttft_seconds_total").unwrap() > 0.0);
}

#[test]
fn lines_have_rates_and_the_gpu() {
    let farebox = Farebox::new();
    let (_engine, url) = engine(&farebox);
    let tools = farebox.path("tools");
    fs::create_dir(&tools).unwrap();
    let tool = tools.join("nvidia-smi");
    fs::write(&tool, "#!/bin/sh\necho '0, 40960, 81920, 87, 341.22, 1410, 61'\n").unwrap();
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = farebox.command(&["watch", "--base-url", &url, "--interval", "50ms"]);
    command.env("PATH", &tools);
    let mut watch = Process::start(command);
    let (first, second) = (watch.line(), watch.line());
    let gpu = "GPU 0 40.0 of 80.0 GiB, 87 % busy, 341 W, 1410 MHz, 61 °C";
    let rest = format!("preemptions 0 | prefix hits - % | {gpu}");
    assert!(first.ends_with(&format!("kv 0.0 % | in - tok/s | out - tok/s | {rest}")), "{first}");
    assert!(second.ends_with(&format!("in 0.0 tok/s | out 0.0 tok/s | {rest}")), "{second}");
}

#[test]
fn a_server_without_metrics_is_one_clear_line() {
    let farebox = Farebox::new().env("PATH", "");
    let url = format!("http://{}", answers(404, "{\"detail\":\"Not Found\"}"));
    let ran = farebox.run(&["watch", "--base-url", &url]).exits(1);
    assert_eq!(ran.error(), format!("{url}: /metrics answered 404"));
    assert!(ran.stderr.contains("hint: vLLM and TGI always publish metrics"), "{}", ran.stderr);
    let foreign = format!("http://{}", answers(200, "up 1\n"));
    let ran = farebox.run(&["watch", "--base-url", &foreign, "--once"]).exits(1);
    assert_eq!(ran.error(), format!("{foreign}: /metrics holds no metrics of a known engine"));
    let ran = farebox.run(&["watch", "--base-url", &url, "--engine", "transformers"]).exits(1);
    assert_eq!(ran.error(), format!("{url}: transformers publishes no metrics"));
    let args = ["watch", "--base-url", &url, "--engine", "sglang"];
    assert!(farebox.run(&args).exits(1).stderr.contains("start it with --enable-metrics"));
}

#[test]
fn nobody_there_and_wrong_words_are_refused() {
    let farebox = Farebox::new().env("PATH", "");
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}");
    let ran = farebox.run(&["watch", "--base-url", &url]).exits(1);
    assert!(ran.error().starts_with(&format!("{url}: /metrics: cannot connect to")), "{ran:?}");
    for (args, says) in [
        (&["--format", "csv"][..], "--format csv: watch prints human or json"),
        (&["--interval", "1ms"], "--interval: from 50ms up"),
        (&["--dcgm", "gpu-node"], "--dcgm: `gpu-node` is not a URL"),
        (&["--engine", "vlm"], "no engine is called `vlm`"),
    ] {
        let ran = farebox.run(&[&["watch", "--base-url", &url], args].concat()).exits(2);
        assert!(ran.error().contains(says), "{}", ran.error());
    }
}
