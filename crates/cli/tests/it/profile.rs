//! Real requests, summed up: what a person and a script see.

use crate::farebox::Farebox;
use std::collections::HashSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::thread;

/// Six requests of two conversations, one of them outside the window.
const ROWS: &str = "\
{\"timestamp\":\"2024-03-16T22:04:20+00:00\",\"isl\":17,\"osl\":25}
{\"timestamp\":\"2024-03-17T10:00:00+00:00\",\"isl\":100,\"osl\":10}
{\"timestamp\":\"2024-03-17T10:00:09+00:00\",\"isl\":300,\"osl\":30}
{\"timestamp\":\"2024-03-17T10:00:19+00:00\",\"isl\":20000,\"osl\":500}
{\"isl\":5}
";

const TOKENIZER: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../dataset/tests/fixtures/byte-level-bpe.json");

#[test]
fn lengths_are_summed_up_and_nothing_is_lost() {
    let farebox = Farebox::new();
    fs::write(farebox.path("rows.jsonl"), ROWS).unwrap();
    let args =
        ["profile", "rows.jsonl", "--window", "2024-03-17..2024-03-23", "--compat", "seed-000"];
    let json = farebox.run(&[&args[..], &["--format", "json"]].concat()).exits(0);
    assert!(json.stdout.starts_with("{\"schema\":\"farebox.traffic/1\""), "{}", json.stdout);
    let json = json.json();
    assert_eq!(json["requests"], 3);
    assert_eq!(
        (&json["isl_tokens"]["mean"], &json["osl_tokens"]["mean"]),
        (&6800.0.into(), &180.0.into())
    );
    assert_eq!(json["reading"]["rows"], 5);
    assert_eq!(json["reading"]["requests_outside_window"], 1);
    assert_eq!(json["reading"]["skipped"][0]["first_row"], 5);
    assert_eq!(json["compat"]["kept_requests"], 2);
    assert_eq!(json["compat"]["kept_isl_mean"], 200.0);
    let human = farebox.run(&args).exits(0).stdout;
    for words in ["input tokens", "Skipped: 1 of 5", "█", "lengths as the source declares them"] {
        assert!(human.contains(words), "{words}: {human}");
    }
    assert_eq!(
        farebox.run(&[&args[..], &["--format", "csv"]].concat()).exits(0).stdout.lines().count(),
        3
    );
}

#[test]
fn a_pipe_is_read_and_a_picture_and_a_profile_are_written() {
    let farebox = Farebox::new();
    let args = ["profile", "-", "--out", "mine.json", "--plot", "mine.svg"];
    let mut command = farebox.command(&args);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(ROWS.as_bytes()).unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
    assert_eq!(farebox.json("mine.json")["requests"], 4);
    assert!(farebox.text("mine.svg").starts_with("<svg"));
}

#[test]
fn counts_are_kept_until_something_changes() {
    let farebox = Farebox::new();
    let cache = farebox.path("cache").display().to_string();
    let farebox = farebox.env("XDG_CACHE_HOME", &cache);
    fs::write(farebox.path("rows.csv"), "prompt,response\nThe river does not hurry,Yes\n").unwrap();
    let args = ["profile", "rows.csv", "--tokenizer", TOKENIZER, "--format", "json"];
    let first = farebox.run(&args).exits(0);
    assert!(!first.stderr.contains("counted before"), "{}", first.stderr);
    let second = farebox.run(&args).exits(0);
    assert!(second.stderr.contains("counted before"), "{}", second.stderr);
    assert_eq!(first.stdout, second.stdout);
    assert!(first.json()["counting"].as_str().unwrap().contains("no chat template"));
    fs::write(farebox.path("rows.csv"), "prompt,response\nThe river does not hurry.,Yes\n")
        .unwrap();
    let third = farebox.run(&args).exits(0);
    assert!(!third.stderr.contains("counted before"), "{}", third.stderr);
    assert_ne!(first.stdout, third.stdout, "one more token");
    let estimated = farebox.run(&["profile", "rows.csv", "--format", "json"]).exits(0).json();
    assert!(estimated["counting"].as_str().unwrap().contains("ESTIMATED"), "{estimated}");
}

#[test]
fn what_is_wrong_is_one_line_with_what_to_do() {
    let farebox = Farebox::new();
    fs::write(farebox.path("odd.jsonl"), "{\"this\":1,\"that\":2}\n").unwrap();
    fs::write(farebox.path("empty.jsonl"), "").unwrap();
    for (args, error) in [
        (&["odd.jsonl"][..], "odd.jsonl: no known shape has the fields `that`, `this`"),
        (
            &["odd.jsonl", "--field-map", "a,b"],
            "odd.jsonl: has no field `a`; its fields are `that`, `this`",
        ),
        (&["empty.jsonl"], "empty.jsonl: is empty"),
        (&["no-such-thing"], "`no-such-thing` is no file, no dataset id and no name of ours"),
        (&[], "what is to be profiled?"),
        (
            &["odd.jsonl", "--tokenizer", "nowhere"],
            "--tokenizer: `nowhere` is no file and no Hub id",
        ),
    ] {
        let ran = farebox.run(&[&["profile"], args].concat()).exits(2);
        assert_eq!(ran.error(), error);
        assert!(ran.stdout.is_empty());
    }
    let cache = farebox.path("hub").display().to_string();
    let offline = farebox.env("HF_HUB_CACHE", &cache).run(&["profile", "org/rows", "--offline"]);
    assert!(offline.exits(1).error().starts_with("offline, and "));
}

#[test]
fn names_of_ours_are_listed_and_shown() {
    let farebox = Farebox::new();
    let list = farebox.run(&["profile", "--list", "--format", "json"]).exits(0).json();
    let names: Vec<&str> = list["profiles"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["name"].as_str().unwrap())
        .collect();
    for name in ["wildchat-2024-03", "openorca", "mbpp", "math-500"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let shown = farebox.run(&["profile", "wildchat-2024-03", "--format", "json"]).exits(0).json();
    assert!((shown["isl_tokens"]["mean"].as_f64().unwrap() - 2432.95).abs() < 0.01);
}

/// A Hub with one dataset of two splits.
fn hub() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            answer(stream);
        }
    });
    url
}

fn answer(mut stream: TcpStream) {
    let mut request = [0; 4096];
    let read = stream.read(&mut request).unwrap_or(0);
    let text = String::from_utf8_lossy(&request[..read]).into_owned();
    let path = text.split(' ').nth(1).unwrap_or_default();
    let (status, body) = match path {
        "/api/datasets/org/rows/tree/main?recursive=true" => (
            200,
            r#"[{"type":"file","path":"data/test-0.jsonl","size":9},
                {"type":"file","path":"data/train-1.jsonl","size":9},
                {"type":"file","path":"data/train-0.jsonl","size":9}]"#,
        ),
        "/api/datasets/HuggingFaceH4/MATH-500/tree/main?recursive=true" => {
            (200, r#"[{"type":"file","path":"test.jsonl","size":9}]"#)
        }
        "/datasets/HuggingFaceH4/MATH-500/resolve/main/test.jsonl" => {
            (200, "{\"problem\":\"What is 6 times 7?\",\"solution\":\"It is 42.\"}\n")
        }
        "/datasets/org/rows/resolve/main/data/train-0.jsonl" => (200, "{\"isl\":10,\"osl\":1}\n"),
        "/datasets/org/rows/resolve/main/data/train-1.jsonl" => (200, "{\"isl\":30,\"osl\":3}\n"),
        "/datasets/org/rows/resolve/main/data/test-0.jsonl" => (200, "{\"isl\":99,\"osl\":9}\n"),
        _ => (404, ""),
    };
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let etag = body.bytes().map(u64::from).sum::<u64>();
    let head = format!(
        "HTTP/1.1 {status} Scripted\r\nConnection: close\r\nX-Repo-Commit: {commit}\r\n\
         ETag: \"{etag:040x}\"\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    // The client may hang up, which is no failure of the server.
    let _ = stream.write_all([head.as_bytes(), body.as_bytes()].concat().as_slice());
}

#[test]
fn a_dataset_is_fetched_once_and_read_offline_afterwards() {
    let farebox = Farebox::new();
    let cache = farebox.path("hub").display().to_string();
    let farebox = farebox.env("HF_HUB_CACHE", &cache).env("HF_ENDPOINT", &hub());
    let means = |args: &[&str]| {
        let ran = farebox.run(&[&["profile", "org/rows", "--format", "json"], args].concat());
        ran.exits(0).json()["isl_tokens"]["mean"].as_f64().unwrap()
    };
    assert!((means(&[]) - 20.0).abs() < 1e-9, "both shards of train");
    assert!((means(&["--offline"]) - 20.0).abs() < 1e-9);
    assert!((means(&["--split", "test"]) - 99.0).abs() < 1e-9);
    let ran = farebox.run(&["profile", "org/rows", "--split", "dev"]).exits(2);
    assert_eq!(ran.error(), "org/rows has no split `dev`");
}

#[test]
fn a_dataset_or_a_recipe_is_traffic_counted_on_first_use() {
    let (server, farebox) = (crate::prompts::server(), Farebox::new());
    let cache = farebox.path("hub").display().to_string();
    let farebox = farebox.env("HF_HUB_CACHE", &cache).env("HF_ENDPOINT", &hub());
    let bench = |name: &str, out: &str, more: &[&str]| {
        let url = server.url();
        let args = ["bench", "--base-url", &url, "--out", out, "--traffic", name];
        farebox.run(&[&args[..], &["--num-requests", "6", "--concurrency", "1"], more].concat())
    };
    bench("org/rows", "first", &[]).exits(0);
    bench("org/rows", "again", &["--offline"]).exits(0);
    for out in ["first", "again"] {
        let workload = &farebox.json(&format!("{out}/run.json"))["workload"];
        assert_eq!((&workload["isl"], &workload["osl"]), (&20.into(), &2.into()));
        let lengths: HashSet<(u64, u64)> = farebox
            .measured(out)
            .iter()
            .map(|r| (r["isl_requested"].as_u64().unwrap(), r["osl_requested"].as_u64().unwrap()))
            .collect();
        let of_a_cell = |(isl, osl): &(u64, u64)| (8..=30).contains(isl) && (1..=3).contains(osl);
        assert!(lengths.iter().all(of_a_cell), "{lengths:?}");
    }
    let said = bench("math-500", "recipe", &[]).exits(0).stderr;
    assert!(said.contains("warning: --traffic: math-500: lengths are estimated"), "{said}");
    let workload = &farebox.json("recipe/run.json")["workload"];
    assert_eq!((&workload["isl"], &workload["osl"]), (&5.into(), &3.into()));
    let refused = bench("mbpp", "none", &["--offline"]).exits(1);
    assert!(refused.error().starts_with("--traffic: offline, and "), "{refused:?}");
    assert!(!farebox.path("none").exists());
}
