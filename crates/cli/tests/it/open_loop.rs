//! `bench` by a schedule, and with lengths that differ.

use crate::farebox::Farebox;
use farebox_testkit::{Answer, Script, ScriptedServer, ms};
use std::collections::HashSet;
use std::fs;

fn server(first_ms: u64) -> ScriptedServer {
    let answer = Answer::stream().tokens_as_requested(ms(first_ms), ms(1));
    ScriptedServer::start(Script::always(answer)).unwrap()
}

#[test]
fn every_rate_is_a_point_and_promises_count_from_the_schedule() {
    let (server, farebox) = (server(3), Farebox::new());
    let ran = farebox.run(&[
        "bench",
        "--base-url",
        &server.url(),
        "--out",
        "run",
        "--seed",
        "7",
        "--format",
        "json",
        "--isl",
        "lognormal:40,30",
        "--osl",
        "8",
        "--request-rate",
        "40,80",
        "--burstiness",
        "0.7",
        "--num-requests",
        "30",
        "--slo",
        "chat:ttft.p50=1s",
    ]);
    let curve = ran.exits(0).json();
    let points = curve["points"].as_array().unwrap();
    let offered: Vec<_> =
        points.iter().map(|p| (&p["offered"]["kind"], &p["offered"]["value"])).collect();
    assert_eq!(offered, [(&"rate".into(), &40.0.into()), (&"rate".into(), &80.0.into())]);
    for point in points {
        assert_eq!(point["requests"]["ok"], 30);
        let p50 = |metric: &str| point[metric]["p50"].as_f64().unwrap();
        assert!(p50("ttft_sched_ms") >= p50("ttft_ms") && p50("send_lag_ms") >= 0.0, "{point}");
    }
    let workload = &farebox.json("run/run.json")["workload"];
    assert_eq!(workload["lengths"], "isl lognormal:40,30, osl 8");
    assert_eq!((&workload["arrivals"], &workload["isl"]), (&"gamma:0.7".into(), &40.into()));
    assert_eq!(&curve["workload"], workload);

    let records = farebox.records("run");
    let of_point =
        |n: u64| records.iter().filter(move |r| r["point"] == n && r["phase"] != "warmup");
    let lengths = |n| {
        let mut lengths: Vec<_> =
            of_point(n).map(|r| r["isl_requested"].as_u64().unwrap()).collect();
        lengths.sort_unstable();
        lengths
    };
    assert_eq!(lengths(0), lengths(1), "loads differ by the load alone");
    assert!(lengths(0).iter().collect::<HashSet<_>>().len() > 10, "{:?}", lengths(0));
    for record in of_point(0) {
        assert!(record["sched_ns"].as_u64().unwrap() <= record["send_ns"].as_u64().unwrap());
    }
    let price =
        farebox.run(&["price", "run", "--price-per-hour", "2", "--format", "json"]).exits(0);
    assert_eq!(price.json()["tiers"][0]["clock"], "scheduled");
}

#[test]
fn what_a_cap_kept_back_to_the_end_is_a_failure_with_its_reason() {
    let (server, farebox) = (server(60), Farebox::new());
    let ran = farebox.run(&[
        "bench",
        "--base-url",
        &server.url(),
        "--out",
        "run",
        "--isl",
        "20",
        "--osl",
        "4",
        "--request-rate",
        "60",
        "--arrivals",
        "constant",
        "--max-concurrency",
        "2",
        "--duration",
        "500ms",
        "--format",
        "json",
    ]);
    let curve = ran.exits(3).json();
    let requests = &curve["points"][0]["requests"];
    let (ok, missed) = (requests["ok"].as_u64(), requests["failed"]["never_sent"].as_u64());
    assert_eq!(ok.unwrap() + missed.unwrap(), 30, "{requests}");
    assert!(missed > Some(5), "{requests}");
    let verdict = farebox.json("run/verdict.json");
    assert_eq!(verdict["verdict"], "INVALID");
    let reasons = verdict["reasons"].as_array().unwrap();
    let codes: HashSet<_> = reasons.iter().filter_map(|reason| reason["code"].as_str()).collect();
    for code in ["late_sends", "failures", "rate_not_reached"] {
        assert!(codes.contains(code), "{codes:?}");
    }
}

#[test]
fn a_trace_is_sent_at_every_speed_asked_for() {
    let (server, farebox) = (server(3), Farebox::new());
    let rows =
        "2023-11-16 18:15:46.0,30,5\n2023-11-16 18:15:46.2,60,9\n2023-11-16 18:15:46.3,10,3\n";
    let trace = format!("TIMESTAMP,ContextTokens,GeneratedTokens\n{rows}");
    fs::write(farebox.path("azure.csv"), &trace).unwrap();
    let url = server.url();
    let bench = |out: &str| {
        farebox.run(&[
            "bench",
            "--base-url",
            &url,
            "--out",
            out,
            "--trace",
            "azure.csv",
            "--trace-speed",
            "1,4",
            "--format",
            "json",
        ])
    };
    let curve = bench("run").exits(0).json();
    let speeds: Vec<_> =
        curve["points"].as_array().unwrap().iter().map(|p| p["offered"].clone()).collect();
    assert_eq!((&speeds[0]["kind"], &speeds[1]["value"]), (&"trace".into(), &4.0.into()));
    let run = farebox.json("run/run.json");
    assert_eq!(run["workload"]["lengths"], "trace azure.csv");
    assert_eq!((&run["workload"]["isl"], &run["workload"]["osl"]), (&33.into(), &6.into()));
    let records = farebox.records("run");
    let due = |point: u64| -> Vec<u64> {
        let of_point = records.iter().filter(|r| r["point"] == point && !r["sched_ns"].is_null());
        let mut due: Vec<u64> = of_point.map(|r| r["sched_ns"].as_u64().unwrap()).collect();
        due.sort_unstable();
        due.iter().map(|at| (at - due[0]) / 1_000_000).collect()
    };
    assert_eq!((due(0), due(1)), (vec![0, 200, 300], vec![0, 50, 75]));

    fs::write(farebox.path("azure.csv"), trace.replace(",60,", ",sixty,")).unwrap();
    let skipping = bench("again").exits(0);
    let said =
        "warning: --trace: azure.csv: skipped 1 (`ContextTokens` is of another type; first: row 3)";
    assert!(skipping.stderr.contains(said), "{}", skipping.stderr);
    fs::write(farebox.path("azure.csv"), "name,price\nx,1\n").unwrap();
    let refused = bench("third").exits(2);
    assert!(refused.error().starts_with("--trace: azure.csv: "), "{}", refused.stderr);
}

/// What a prefix cache of blocks of so many words would have found, in words.
fn cached_words(prompts: &[String], block: usize) -> Vec<usize> {
    let mut known = HashSet::new();
    let hit = |prompt: &String| {
        let words: Vec<&str> = prompt.split(' ').collect();
        let beginnings = (1..=words.len() / block).map(|blocks| words[..blocks * block].join(" "));
        let beginnings: Vec<String> = beginnings.collect();
        let found = beginnings.iter().take_while(|beginning| known.contains(*beginning)).count();
        known.extend(beginnings);
        found * block
    };
    prompts.iter().map(hit).collect()
}

#[test]
fn a_server_with_a_prefix_cache_finds_what_the_trace_declares() {
    let (server, farebox) = (server(1), Farebox::new());
    let row = |at: u32, isl: u32, ids: &str| {
        format!(
            "{{\"timestamp\": {at}, \"input_length\": {isl}, \"output_length\": 2, \"hash_ids\": [{ids}]}}\n"
        )
    };
    let rows = [
        row(0, 1200, "1, 2, 3"),
        row(200, 1700, "1, 2, 4, 5"),
        row(400, 600, "9, 8"),
        row(600, 1100, "1, 7, 3"),
    ];
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, rows.concat().as_bytes()).unwrap();
    fs::write(farebox.path("mooncake.jsonl.gz"), gzip.finish().unwrap()).unwrap();
    let url = server.url();
    let args = [
        "bench",
        "--base-url",
        &url,
        "--out",
        "run",
        "--trace",
        "mooncake.jsonl.gz",
        "--seed",
        "7",
    ];
    farebox.run(&[&args[..], &["--trace-speed", "1,2", "--warmup", "0"]].concat()).exits(0);
    let sent: Vec<String> = server
        .truth()
        .iter()
        .filter(|it| it.request_id.as_deref().is_some_and(|id| !id.contains("probe")))
        .filter_map(|it| it.json()["messages"][0]["content"].as_str().map(str::to_owned))
        .collect();
    // Two blocks of 512, nothing, one block; and the second load finds nothing of the first.
    assert_eq!(cached_words(&sent, 16), [0, 1024, 0, 512, 0, 1024, 0, 512]);
}

#[test]
fn a_trace_without_times_is_sent_at_a_rate() {
    let (server, farebox) = (server(1), Farebox::new());
    fs::write(farebox.path("lengths.csv"), "isl,osl\n30,2\n40,3\n").unwrap();
    let url = server.url();
    let args = ["bench", "--base-url", &url, "--out", "run", "--trace", "lengths.csv"];
    let refused = farebox.run(&args).exits(2);
    assert_eq!(refused.error(), "--trace: lengths.csv: request 1 of the trace has no time");
    assert!(refused.stderr.contains("hint: --request-rate"), "{}", refused.stderr);
    farebox.run(&[&args[..], &["--request-rate", "100", "--num-requests", "4"]].concat()).exits(0);
    let mut isl: Vec<u64> =
        farebox.measured("run").iter().map(|r| r["isl_requested"].as_u64().unwrap()).collect();
    isl.sort_unstable();
    assert_eq!(isl, [30, 30, 40, 40]);
}

#[test]
fn prefixes_and_hours_are_what_the_flags_say() {
    let (server, farebox) = (server(1), Farebox::new());
    let url = server.url();
    let args = ["bench", "--base-url", &url, "--out", "run", "--osl", "2", "--warmup", "0"];
    let more =
        ["--isl", "100", "--prefix-groups", "2", "--prefix-tokens", "64", "--prefix-zipf", "1"];
    let load = ["--request-rate", "200", "--num-requests", "30", "--day", "wildchat-2024-03"];
    farebox.run(&[&args[..], &more, &load, &["--day-length", "10s"]].concat()).exits(0);
    let workload = &farebox.json("run/run.json")["workload"];
    assert_eq!(workload["lengths"], "2 prefixes of 64, zipf 1");
    assert_eq!(workload["arrivals"], "poisson, by the hours of wildchat-2024-03");
    let starts: HashSet<String> = server
        .truth()
        .iter()
        .filter(|it| it.request_id.as_deref().is_some_and(|id| !id.contains("probe")))
        .filter_map(|it| it.json()["messages"][0]["content"].as_str().map(str::to_owned))
        .map(|text| text.split(' ').take(64).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(starts.len(), 2);
    let refused = farebox.run(&[
        "bench",
        "--base-url",
        &url,
        "--request-rate",
        "2",
        "--day",
        "mooncake-conv",
    ]);
    assert_eq!(
        refused.exits(2).error(),
        "--day: mooncake-conv does not know the hours of its requests"
    );
    let refused =
        farebox.run(&["bench", "--base-url", &url, "--traffic", "mbpp", "--offline"]).exits(1);
    assert!(refused.error().starts_with("--traffic: offline, and "), "{refused:?}");
}

#[test]
fn a_profile_gives_lengths_in_closed_loop_too() {
    let (server, farebox) = (server(1), Farebox::new());
    let ran = farebox.run(&[
        "bench",
        "--base-url",
        &server.url(),
        "--out",
        "run",
        "--traffic",
        "azure-code-2023-11",
        "--concurrency",
        "2",
        "--num-requests",
        "20",
    ]);
    ran.exits(0);
    let run = farebox.json("run/run.json");
    assert_eq!(run["workload"]["lengths"], "traffic azure-code-2023-11");
    assert_eq!((&run["workload"]["isl"], &run["workload"]["osl"]), (&2048.into(), &28.into()));
    let records = farebox.records("run");
    let lengths: HashSet<_> = records
        .iter()
        .filter(|r| r["phase"] != "warmup")
        .map(|r| r["isl_requested"].as_u64())
        .collect();
    assert!(lengths.len() > 10, "{lengths:?}");
    assert!(records.iter().all(|r| r["sched_ns"].is_null()));

    fs::write(farebox.path("mine.json"), "{\"schema\": \"farebox.curve/1\"}").unwrap();
    let refused =
        farebox.run(&["bench", "--base-url", "http://127.0.0.1:9", "--traffic", "mine.json"]);
    assert!(
        refused.exits(2).stderr.starts_with("error: --traffic: mine.json: not a traffic profile")
    );
}
