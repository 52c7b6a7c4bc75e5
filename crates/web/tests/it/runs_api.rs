//! Runs for programs: the documents of the command line, and nothing from outside the folder.

use crate::support::Site;
use crate::written::Written;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::symlink;
use std::time::{Duration, SystemTime};

#[test]
fn the_list_says_what_the_page_says() {
    let site = Site::start();
    assert_eq!(site.get("/api/v1/runs").json(), json!([]), "no folder, no runs");
    Written::whole(&site, "done");
    Written::new(&site, "live").load(1);
    let killed = Written::new(&site, "killed");
    let long_ago = SystemTime::now() - Duration::from_hours(1);
    fs::File::options()
        .write(true)
        .open(killed.path.join("run.json"))
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
    let judged = Written::whole(&site, "matrix/cells/x");
    let verdict = json!({"schema": "farebox.verdict/1", "verdict": "WARN", "reasons": []});
    fs::write(judged.path.join("verdict.json"), verdict.to_string()).unwrap();
    fs::create_dir_all(site.runs().join("damaged")).unwrap();
    fs::write(site.runs().join("damaged/run.json"), "{").unwrap();

    let list = site.get("/api/v1/runs").json();
    let row = |name: &str| {
        let mut rows = list.as_array().unwrap().iter();
        rows.find(|row| row["name"] == name).unwrap_or_else(|| panic!("{name}: {list}")).clone()
    };
    assert_eq!(list.as_array().unwrap().len(), 5);
    for (name, state, points, words) in [
        ("done", "complete", 2, "complete"),
        ("live", "live", 1, "under way"),
        ("killed", "cut_short", 0, "cut short"),
        ("matrix/cells/x", "complete", 2, "complete"),
    ] {
        let row = row(name);
        assert_eq!((&row["state"], &row["points"]), (&json!(state), &json!(points)), "{name}");
        assert_eq!((&row["model"], &row["engine"]), (&json!("m/8b"), &json!("vllm")), "{name}");
        assert_eq!(row["pools"][0]["gpu"], "h100-sxm");
        assert_eq!(row["started_at"], "2026-01-01T00:00:00Z");
        assert!(site.get("/runs").body.contains(words), "the page says {words}");
    }
    assert_eq!(
        (row("done")["verdict"].clone(), row("matrix/cells/x")["verdict"].clone()),
        (Value::Null, json!("WARN"))
    );
    let damaged = row("damaged");
    assert_eq!((&damaged["state"], &damaged["model"]), (&json!("unreadable"), &Value::Null));
    assert!(damaged["problem"].as_str().unwrap().contains("run.json"), "{damaged}");
    let found = site.get("/api/v1/runs?q=CELLS").json();
    assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
}

#[test]
fn one_run_leads_to_all_that_is_known_of_it() {
    let site = Site::start();
    let run = Written::whole(&site, "a matrix/cells/x&y");
    let asked = "/api/v1/runs/a%20matrix%2Fcells%2Fx%26y";
    let document = site.get(asked).json();
    assert_eq!(document["name"], "a matrix/cells/x&y");
    assert_eq!(
        (&document["state"], &document["usd_per_hour_total"]),
        (&json!("complete"), &json!(3.6))
    );
    assert_eq!((&document["requests_ok"], &document["requests_failed"]), (&json!(80), &json!(0)));
    assert_eq!(document["slos"], json!(["fast:ttft.p90=50ms"]));
    assert_eq!(document["links"]["telemetry"], Value::Null, "nobody reported anything");
    assert_eq!(site.get(&format!("{asked}/telemetry")).code(), "no_telemetry");
    assert_eq!(site.get("/api/v1/runs/a%20matrix/cells/x&y").json(), document, "slashes may stay");
    run.reports();
    let links = site.get(asked).json()["links"].clone();
    for (name, link) in links.as_object().unwrap() {
        let answer = site.get(link.as_str().unwrap());
        assert_eq!(answer.status, 200, "{name}: {link}");
    }
    let telemetry = site.get(links["telemetry"].as_str().unwrap()).json();
    let power = telemetry["series"].as_array().unwrap().iter().find(|s| s["metric"] == "power_w");
    assert_eq!(power.unwrap()["readings"][1], json!([1_000_000_000_u64, 300.0]));
    assert_eq!(telemetry["loads"].as_array().unwrap().len(), 2);
}

/// A program that follows a run is told whether anything is new.
#[test]
fn a_run_under_way_is_followed() {
    let site = Site::start();
    let mut run = Written::new(&site, "live");
    run.load(1);
    let first = site.get("/api/v1/runs/live");
    assert_eq!((&first.json()["state"], &first.json()["points"]), (&json!("live"), &json!(1)));
    assert!(first.json()["progress"].as_str().unwrap().contains("load 1, concurrency 1"));
    let tag = first.head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap().to_owned();
    let again = || site.send("GET", "/api/v1/runs/live", &[("if-none-match", &tag)], b"").status;
    assert_eq!(again(), 304);
    run.load(4);
    assert_eq!(again(), 200);
    run.ends();
    let last = site.get("/api/v1/runs/live").json();
    assert_eq!((&last["state"], &last["progress"]), (&json!("complete"), &Value::Null));
}

#[test]
fn prices_follow_the_question_and_slips_are_refused() {
    let site = Site::start();
    Written::whole(&site, "first");
    let tier = |query: &str| {
        let sheet = site.get(&format!("/api/v1/runs/first/prices?{query}")).json();
        sheet["tiers"][0].clone()
    };
    let blended = |query: &str| tier(query)["usd_per_mtok_blended"].as_f64().unwrap();
    let stored = blended("");
    assert!((blended("price_per_hour=7.2") / stored - 2.0).abs() < 1e-9, "twice the rent");
    assert!((blended("price-per-hour=7.2&utilisation=50") / stored - 4.0).abs() < 1e-9);
    assert_eq!(tier("slo=now:ttft.p90%3D1ms")["usd_per_mtok_blended"], Value::Null);
    for path in [
        "/api/v1/runs?name=x",
        "/api/v1/runs/first?price_per_hour=2",
        "/api/v1/runs/first/curve?slo=ttft.p90=1s",
        "/api/v1/runs/first/prices?prize=2",
        "/api/v1/runs/first/prices?price_per_hour=-2",
        "/api/v1/runs/first/prices?download=json",
        "/api/v1/runs/first/telemetry?q=x",
        "/api/v1/compare?run=first",
        "/api/v1/compare",
        "/api/v1/compare?run=first&run=first",
        "/api/v1/compare?run=first&other=x",
    ] {
        let refused = site.get(path);
        assert_eq!((refused.status, refused.code().as_str()), (400, "parameter"), "{path}");
    }
    assert_eq!(site.send("POST", "/api/v1/runs/first", &[], b"").status, 405);
}

#[test]
fn runs_are_compared() {
    let site = Site::start();
    Written::whole(&site, "first");
    Written::whole(&site, "b c");
    let sheet = site.get("/api/v1/compare?run=first&run=b+c").json();
    assert_eq!(
        (&sheet["schema"], &sheet["baseline"]),
        (&json!("farebox.compare/1"), &json!("first"))
    );
    assert_eq!(sheet["rows"][0]["curve"], "b c");
    let mut other = Written::new(&site, "other");
    other.load(2);
    other.ends();
    let apart = site.get("/api/v1/compare?run=first&run=other");
    assert_eq!((apart.status, apart.code().as_str()), (422, "compare"), "{apart:?}");
}

#[test]
fn nothing_outside_the_folder_is_told_to_programs() {
    let site = Site::start();
    Written::whole(&site, "first");
    Written::whole(&site, "../outside");
    let outside = site.runs().join("../outside");
    symlink(&outside, site.runs().join("linked")).unwrap();
    fs::create_dir_all(site.runs().join("half")).unwrap();
    symlink(outside.join("run.json"), site.runs().join("half/run.json")).unwrap();
    let absolute = outside.canonicalize().unwrap().display().to_string();
    for name in [
        "",
        "nothing",
        "..",
        "../outside",
        "%2e%2e%2foutside",
        "first/../../outside",
        "first%2f..%2f..%2foutside",
        "linked",
        "half",
        "first/run.json",
        "first/",
        "first%00",
        "..%5coutside",
        &absolute,
        &absolute.replace('/', "%2f"),
    ] {
        for part in ["", "/curve", "/prices", "/telemetry"] {
            let refused = site.get(&format!("/api/v1/runs/{name}{part}"));
            let told = (refused.status, refused.code());
            assert_eq!(told, (404, "no_run".to_owned()), "{name}{part}");
        }
        let refused = site.get(&format!("/api/v1/compare?run=first&run={name}x"));
        assert_eq!((refused.status, refused.code().as_str()), (404, "no_run"), "{name}");
    }
    let damaged = site.get("/api/v1/runs/%ff");
    assert_eq!((damaged.status, damaged.code().as_str()), (400, "address"));
    let list = site.get("/api/v1/runs").body;
    assert!(!list.contains("linked") && !list.contains("half") && !list.contains("outside"));
}
