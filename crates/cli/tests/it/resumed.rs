//! Runs that were cut short and are gone on with.

use crate::farebox::{Farebox, Ran, bench_args, wait_until};
use farebox_testkit::{Answer, Script, ScriptedServer, ms};
use std::collections::BTreeSet;
use std::fs::{self, File};

/// Three loads of so many requests each.
const EACH: usize = 40;
const LOADS: [&str; 6] =
    ["--concurrency", "1,2,3", "--num-requests", "40", "--slo", "any:e2e.p50=9s"];

/// Ten milliseconds a request.
fn server() -> ScriptedServer {
    ScriptedServer::start(Script::always(Answer::stream().tokens_as_requested(ms(3), ms(1))))
        .unwrap()
}

/// A run whose first load is complete and whose second was killed on its way.
fn killed(farebox: &Farebox, server: &ScriptedServer) {
    let mut child = farebox.command(&bench_args(&server.url(), &LOADS)).spawn().unwrap();
    let records = farebox.path("run/requests.jsonl");
    wait_until("the second load", || {
        fs::read_to_string(&records).is_ok_and(|text| text.matches("\"point\":1").count() > 5)
    });
    child.kill().unwrap();
    child.wait().unwrap();
}

fn resume(farebox: &Farebox, server: &ScriptedServer, more: &[&str]) -> Ran {
    let more = [&LOADS[..], &["--resume"], more].concat();
    farebox.run(&bench_args(&server.url(), &more))
}

/// The ids of the measured requests that reached the server, by what they have in common.
fn asked(server: &ScriptedServer, kind: &str) -> Vec<String> {
    let truth = server.truth();
    let ids = truth.iter().filter_map(|exchange| exchange.request_id.clone());
    ids.filter(|id| id.contains(kind)).collect()
}

#[test]
fn a_killed_run_goes_on_where_it_was_and_runs_nothing_again() {
    let (server, farebox) = (server(), Farebox::new());
    killed(&farebox, &server);
    let first = farebox.json("run/run.json");
    assert_eq!(asked(&server, "-p0-").len(), EACH);
    // A kill may tear the last line of either file.
    for file in ["requests.jsonl", "telemetry.jsonl"] {
        let path = farebox.path("run").join(file);
        if path.exists() {
            let torn = fs::read_to_string(&path).unwrap() + "{\"request_id\":\"torn";
            fs::write(&path, torn).unwrap();
        }
    }
    let ran = resume(&farebox, &server, &["--format", "json"]).exits(0);
    assert!(ran.stderr.contains("going on: 1 load is kept; concurrency 2 is measured again"));

    // By the server's own count: the first load once, the second a second time with other prompts
    // and ids, then the third.
    assert_eq!(asked(&server, "-p0-").len(), EACH, "the first load was not run again");
    let (again, third) = (asked(&server, "-p2-"), asked(&server, "-p3-"));
    assert_eq!((again.len(), third.len()), (EACH, EACH));
    let bodies: Vec<Vec<u8>> =
        server.truth().iter().map(|exchange| exchange.body.clone()).collect();
    let distinct: BTreeSet<&Vec<u8>> = bodies.iter().collect();
    // The probes alone, which count the tokens of a word, are as they were.
    assert!(bodies.len() - distinct.len() <= 2, "{} of {}", distinct.len(), bodies.len());

    let curve = ran.json();
    let points = curve["points"].as_array().unwrap();
    let loads: Vec<f64> = points.iter().map(|p| p["offered"]["value"].as_f64().unwrap()).collect();
    assert_eq!(loads, [1.0, 2.0, 3.0]);
    assert!(points.iter().all(|point| point["requests"]["ok"] == EACH), "{curve}");
    assert!(points.iter().all(|point| point["repeats"].as_u64().unwrap_or(1) == 1), "{curve}");
    assert_eq!(curve["complete"], true);

    // One run with one clock: everything that came later is later.
    let run = farebox.json("run/run.json");
    assert_eq!(run["state"], "complete");
    for same in ["epoch_unix_ns", "started_at", "seed", "command"] {
        assert_eq!(run[same], first[same], "{same}");
    }
    let resumed = run["resumed"].as_array().unwrap();
    assert_eq!((resumed.len(), &resumed[0]["set_aside"]), (1, &1.into()));
    let at = resumed[0]["at_ns"].as_u64().unwrap();
    for record in farebox.records("run") {
        let is_later = record["send_ns"].as_u64().unwrap() >= at;
        let id = record["request_id"].as_str().unwrap();
        if record["phase"] != "warmup" {
            assert_eq!(is_later, id.contains("-p2-") || id.contains("-p3-"), "{record}");
        }
    }
    for list in ["points", "health"] {
        assert_eq!(run[list].as_array().unwrap().len(), 4, "{list} stay in step");
    }
    // What is read back from the records is what was printed.
    let stored = farebox.run(&["price", "run", "--price-per-hour", "1", "--format", "json"]);
    assert_eq!(stored.exits(0).json()["partial"], false);
}

#[test]
fn a_run_that_was_interrupted_measures_its_last_load_again() {
    let (server, farebox) = (server(), Farebox::new());
    let mut child = farebox.command(&bench_args(&server.url(), &LOADS)).spawn().unwrap();
    wait_until("the second load", || asked(&server, "-p1-").len() > 5);
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    child.wait().unwrap();
    assert_eq!(farebox.json("run/run.json")["state"], "interrupted");
    resume(&farebox, &server, &[]).exits(0);
    assert_eq!((asked(&server, "-p0-").len(), asked(&server, "-p2-").len()), (EACH, EACH));
    let verdict = farebox.json("run/verdict.json").to_string();
    assert!(!verdict.contains("partial"), "{verdict}");
    let ok = |n: usize| farebox.json("run/curve.json")["points"][n]["requests"]["ok"].clone();
    assert_eq!([ok(0), ok(1), ok(2)], [EACH, EACH, EACH].map(serde_json::Value::from));
}

#[test]
fn a_complete_run_says_so_and_asks_nobody() {
    let (server, farebox) = (server(), Farebox::new());
    let url = server.url();
    farebox.run(&bench_args(&url, &LOADS)).exits(0);
    let (sent, files) = (server.truth().len(), farebox.text("run/run.json"));
    let ran = resume(&farebox, &server, &["--format", "json"]).exits(0);
    assert!(ran.stderr.contains("run: this run is complete"), "{}", ran.stderr);
    assert_eq!(ran.json()["points"].as_array().unwrap().len(), 3);
    assert_eq!((server.truth().len(), farebox.text("run/run.json")), (sent, files));
}

#[test]
fn other_settings_are_refused_by_name() {
    let (server, farebox) = (server(), Farebox::new());
    killed(&farebox, &server);
    let sent = server.truth().len();
    for (more, said) in [
        (&["--isl", "64"][..], "--isl was 32 when the run began, and is 64 now"),
        (&["--osl", "9"], "--osl was 8 when the run began, and is 9 now"),
        (&["--temperature", "0.5"], "--temperature was 0.0 when the run began, and is 0.5 now"),
        (&["--price-per-hour", "2"], "the price was not given when the run began, and is $2 for "),
        (&["--warmup", "3"], "--warmup was not given when the run began, and is 3 now"),
        (&["--extra-body", "{\"a\":1}"], "--extra-body was {} when the run began"),
    ] {
        let ran = resume(&farebox, &server, more).exits(2);
        assert!(ran.error().starts_with("--resume: run: "), "{}", ran.error());
        assert!(ran.error().contains(said), "{}", ran.error());
    }
    let url = server.url();
    let loads = ["--resume", "--concurrency", "1,4", "--num-requests", "40", "--slo", LOADS[5]];
    let ran = farebox.run(&bench_args(&url, &loads)).exits(2);
    assert!(ran.error().contains("the list of loads was concurrency 1, concurrency 2"), "{ran:?}");
    let seed: Vec<&str> =
        [&["bench", "--base-url", &url, "--out", "run", "--seed", "8"][..], &LOADS]
            .concat()
            .into_iter()
            .chain(["--isl", "32", "--osl", "8", "--resume"])
            .collect();
    assert!(farebox.run(&seed).exits(2).error().contains("--seed was 7"));
    assert_eq!(server.truth().len(), sent, "nothing was asked");
}

#[test]
fn a_directory_that_is_no_run_is_refused_and_so_is_one_under_way() {
    let (server, farebox) = (server(), Farebox::new());
    fs::create_dir(farebox.path("run")).unwrap();
    let ran = resume(&farebox, &server, &[]).exits(2);
    assert_eq!(ran.error(), "--resume: run is no run directory: it has no run.json");
    fs::remove_dir(farebox.path("run")).unwrap();

    killed(&farebox, &server);
    let held = File::options().append(true).open(farebox.path("run/requests.jsonl")).unwrap();
    held.lock().unwrap();
    let ran = resume(&farebox, &server, &[]).exits(2);
    assert_eq!(ran.error(), "run: this run is under way in another process");
    drop(held);
    resume(&farebox, &server, &[]).exits(0);
}

#[test]
fn without_a_run_one_begins() {
    let (server, farebox) = (server(), Farebox::new());
    resume(&farebox, &server, &[]).exits(0);
    assert_eq!(farebox.json("run/run.json")["resumed"], serde_json::Value::Null);
}

#[test]
fn a_search_goes_on_from_what_it_knows() {
    let (server, farebox) = (server(), Farebox::new());
    let search =
        ["--search", "--concurrency", "1..4", "--num-requests", "40", "--slo", "e2e.p50=9s"];
    let url = server.url();
    let mut child = farebox.command(&bench_args(&url, &search)).spawn().unwrap();
    wait_until("the second load", || asked(&server, "-p1-").len() > 2);
    child.kill().unwrap();
    child.wait().unwrap();
    let first = asked(&server, "-p0-").len();
    farebox.run(&bench_args(&url, &[&search[..], &["--resume"]].concat())).exits(0);
    assert_eq!(asked(&server, "-p0-").len(), first);
    let report = farebox.json("run/search.json");
    assert_eq!(report["tiers"][0]["load_line"], 4.0, "{report}");
}
