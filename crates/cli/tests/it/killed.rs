//! Runs that are cut short: killed, or asked to stop.

use crate::farebox::{Farebox, bench_args, wait_until};
use farebox_testkit::{Answer, Script, ScriptedServer, ms};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::process::{Child, Command};

/// A sweep under way: its first load is done, its second has come some way.
fn under_way(farebox: &Farebox, server: &ScriptedServer) -> Child {
    let url = server.url();
    let more =
        ["--concurrency", "2,3", "--num-requests", "60", "--warmup", "0", "--slo", "any:e2e:9000"];
    let mut command = farebox.command(&bench_args(&url, &more));
    let child = command.spawn().unwrap();
    let records = farebox.path("run/requests.jsonl");
    wait_until("the second load", || {
        fs::read_to_string(&records).is_ok_and(|text| text.matches("\"point\":1").count() > 5)
    });
    child
}

/// Twenty milliseconds a request.
fn server() -> ScriptedServer {
    ScriptedServer::start(Script::always(Answer::stream().tokens_as_requested(ms(6), ms(2))))
        .unwrap()
}

/// Prices what is left of a run and checks that it says so.
fn priced_as_partial(farebox: &Farebox) {
    let price = |format| ["price", "run", "--price-per-hour", "1", "--format", format];
    let sheet = farebox.run(&price("json")).exits(0).json();
    assert_eq!((&sheet["partial"], &sheet["tiers"][0]["partial"]), (&true.into(), &true.into()));
    assert!(sheet["tiers"][0]["usd_per_mtok_output"].as_f64().unwrap() > 0.0);
    let table = farebox.run(&price("human")).exits(0);
    assert!((table.stdout + &table.stderr).contains("cut short"), "a reader is told");
}

#[test]
fn a_killed_run_can_be_priced_and_says_that_it_is_partial() {
    let (server, farebox) = (server(), Farebox::new());
    let mut child = under_way(&farebox, &server);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(farebox.json("run/run.json")["state"], "running");
    let answered = server.truth().iter().filter(|e| e.tokens() == 8).count();
    let text = farebox.text("run/requests.jsonl");
    // A probe has four tokens.
    let whole = |line: &&str| line.contains("\"output_tokens\":8,") && line.ends_with('}');
    let written = text.lines().filter(whole).count();
    assert!(answered <= written + 3, "{written} of {answered} answers are in the file");
    priced_as_partial(&farebox);
    farebox.run(&["plot", "run", "--price-per-hour", "1"]).exits(0);
}

/// Answers that were sent before a kill and are not in the file, of a server that answers at once:
/// whatever keeps a record back keeps many of them back.
fn lost_in_a_kill(in_flight: &str) -> usize {
    let at_once = Script::always(Answer::stream().tokens_as_requested(ms(0), ms(0)));
    let (server, farebox) = (ScriptedServer::start(at_once).unwrap(), Farebox::new());
    let load = ["--concurrency", in_flight, "--num-requests", "1000000", "--warmup", "0"];
    let mut child = farebox.command(&bench_args(&server.url(), &load)).spawn().unwrap();
    let records = farebox.path("run/requests.jsonl");
    wait_until("some hundred answers", || {
        fs::read_to_string(&records).is_ok_and(|text| text.lines().count() > 300)
    });
    child.kill().unwrap();
    child.wait().unwrap();
    let answered = server.truth().iter().filter(|e| e.tokens() == 8).count();
    let text = farebox.text("run/requests.jsonl");
    let written = text.lines().filter(|line| line.contains("\"output_tokens\":8,")).count();
    answered.saturating_sub(written)
}

#[test]
fn a_kill_loses_what_is_in_flight_and_nothing_else() {
    // A busy machine may keep the writer waiting for a processor now and then, not every time.
    let lost: Vec<usize> = (0..5).map(|_| lost_in_a_kill("2")).collect();
    assert!(lost.iter().any(|lost| *lost <= 2), "two were in flight, and {lost:?} were lost");
}

#[test]
fn a_torn_last_line_is_left_out_and_a_broken_one_is_named() {
    let (server, farebox) = (server(), Farebox::new());
    farebox.bench(&server.url(), &["--price-per-hour", "1"]).exits(0);
    let whole = farebox.run(&["price", "run", "--format", "json"]).exits(0).json();
    let records = farebox.path("run/requests.jsonl");
    let mut file = OpenOptions::new().append(true).open(&records).unwrap();
    file.write_all(br#"{"request_id":"fb-7-p0-99","point":0,"pha"#).unwrap();
    drop(file);
    // The same prices, and a word that something was lost.
    let torn = farebox.run(&["price", "run", "--format", "json"]).exits(0).json();
    assert_eq!((&torn["partial"], &torn["tiers"][0]["partial"]), (&true.into(), &true.into()));
    for part in ["usd_per_mtok_input", "usd_per_mtok_output", "load"] {
        assert_eq!(torn["tiers"][0][part], whole["tiers"][0][part], "{part}");
    }
    assert_eq!(whole["partial"], false);

    let mut lines: Vec<String> =
        farebox.text("run/requests.jsonl").lines().map(str::to_owned).collect();
    lines[4] = "{\"request_id\": 5}".to_owned();
    fs::write(&records, lines.join("\n")).unwrap();
    for command in ["price", "plot"] {
        let ran = farebox.run(&[command, "run", "--price-per-hour", "1"]).exits(2);
        assert!(ran.error().starts_with("run/requests.jsonl, line 5: "), "{}", ran.error());
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn a_damaged_manifest_is_named() {
    let (server, farebox) = (server(), Farebox::new());
    farebox.bench(&server.url(), &[]).exits(0);
    fs::write(farebox.path("run/run.json"), "{").unwrap();
    let ran = farebox.run(&["price", "run", "--price-per-hour", "1"]).exits(2);
    assert!(ran.error().starts_with("run/run.json: EOF while parsing"), "{}", ran.error());
}

#[test]
fn an_interrupt_ends_cleanly_with_everything_kept() {
    let (server, farebox) = (server(), Farebox::new());
    let child = under_way(&farebox, &server);
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let ran = crate::farebox::Ran::from(child.wait_with_output().unwrap()).exits(1);
    assert_eq!(ran.error(), "interrupted; what was measured is in run");
    assert!(ran.stderr.contains("stopping: what was measured is kept"), "{}", ran.stderr);
    assert_eq!(farebox.json("run/run.json")["state"], "interrupted");
    assert_eq!(farebox.json("run/curve.json")["complete"], false);
    assert_eq!(farebox.json("run/verdict.json")["reasons"][0]["code"], "partial");
    let sent = server.truth().len();
    assert_eq!(farebox.records("run").len(), sent, "what was in flight is written down too");
    let cancelled = farebox.records("run").iter().filter(|r| r["status"] == "cancelled").count();
    assert!((1..=3).contains(&cancelled), "{cancelled} were in flight");
    priced_as_partial(&farebox);
    // The output of those in flight counts and their input does not: nobody is billed by that.
    let price = ["price", "run", "--price-per-hour", "1", "--format", "json"];
    let tier = farebox.run(&price).exits(0).json()["tiers"][0].clone();
    assert_eq!(tier["load"]["value"], 2.0, "{tier}");
    assert!(tier["notes"].to_string().contains("concurrency 3 was cut off with"), "{tier}");
}
