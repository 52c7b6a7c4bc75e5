//! `farebox run`: cells one after another, resumed, failed, refused, and what is started for them.

use crate::farebox::{Farebox, wait_until};
use farebox_testkit::{Answer, Script, ScriptedServer, ms};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Child, Command};

const FAREBOX: &str = env!("CARGO_BIN_EXE_farebox");

/// Twenty milliseconds a request.
fn server() -> ScriptedServer {
    ScriptedServer::start(Script::always(Answer::stream().tokens_as_requested(ms(6), ms(2))))
        .unwrap()
}

/// Four cells against a server that is up: two traffics, two load sets.
fn four_cells(url: &str) -> String {
    format!(
        r#"seed = 11
[engines.up]
kind = "vllm"
url = "{url}"
[traffic.short]
isl = 16
osl = 8
[traffic.long]
isl = 32
osl = 8
[loads.one]
concurrency = 1
num-requests = 30
warmup = 0
[loads.three]
concurrency = 3
num-requests = 30
warmup = 0
[slo]
fast = "ttft.p90=9s,tpot.p90=1s"
[price]
per-gpu-hour = 2.0
[bench]
skip-self-test = true
ready-timeout = "300ms"
"#
    )
}

fn write(farebox: &Farebox, name: &str, text: &str) {
    fs::write(farebox.path(name), text).unwrap();
}

fn cells(farebox: &Farebox, run: &str) -> Vec<Value> {
    farebox.json(&format!("{run}/matrix.json"))["cells"].as_array().unwrap().clone()
}

fn states(farebox: &Farebox, run: &str) -> Vec<String> {
    cells(farebox, run).iter().map(|cell| cell["state"].as_str().unwrap().to_owned()).collect()
}

/// The matrix under way, some requests into its second cell.
fn in_the_second_cell(farebox: &Farebox) -> Child {
    let child = farebox.command(&["run", "m.toml"]).spawn().unwrap();
    let records = farebox.path("runs/m/cells/up-base-tp1-short-three/requests.jsonl");
    wait_until("the second cell", || {
        fs::read_to_string(&records).is_ok_and(|text| text.matches("\"point\":0").count() > 5)
    });
    child
}

/// Requests of the cell with this seed that reached the server: its prompts, not its probes.
fn asked(server: &ScriptedServer, seed: &Value) -> usize {
    let prefix = format!("fb-{:x}-p0-", seed.as_u64().unwrap());
    let of_cell = |id: &Option<String>| id.as_ref().is_some_and(|id| id.starts_with(&prefix));
    server.truth().iter().filter(|exchange| of_cell(&exchange.request_id)).count()
}

#[test]
fn killed_in_the_second_of_four_cells_it_goes_on_and_repeats_no_finished_one() {
    let (server, farebox) = (server(), Farebox::new());
    write(&farebox, "m.toml", &four_cells(&server.url()));
    let mut child = in_the_second_cell(&farebox);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(states(&farebox, "runs/m"), ["done", "running", "pending", "pending"]);
    let first = farebox.json("runs/m/cells/up-base-tp1-short-one/run.json");
    let second = farebox.json("runs/m/cells/up-base-tp1-short-three/run.json");
    assert_eq!(asked(&server, &first["seed"]), 30);
    let before = asked(&server, &second["seed"]);

    let ran = farebox.run(&["run", "m.toml", "--format", "json"]).exits(0);
    assert!(ran.stderr.contains("up-base-tp1-short-one: done already"), "{}", ran.stderr);
    assert_eq!(asked(&server, &first["seed"]), 30, "a finished cell is not run again");
    assert_eq!(asked(&server, &second["seed"]), before + 30, "one that was cut short is, whole");
    assert!(farebox.path("runs/m/aside/up-base-tp1-short-three-1/requests.jsonl").exists());
    let sheet = ran.json();
    assert_eq!(sheet, farebox.json("runs/m/matrix.json"));
    assert_eq!(sheet["state"], "complete");
    assert_eq!(states(&farebox, "runs/m"), ["done"; 4]);
    for cell in sheet["cells"].as_array().unwrap() {
        let tier = &cell["tiers"][0];
        assert!(tier["usd_per_mtok_blended"].as_f64().unwrap() > 0.0, "{cell}");
        let curve = format!("runs/m/{}", cell["curve"].as_str().unwrap());
        assert!(farebox.path(&curve).exists(), "{curve}");
    }
    let (before, picture) = (server.truth().len(), farebox.text("runs/m/matrix.svg"));
    assert!(picture.starts_with("<svg"));
    farebox.run(&["run", "m.toml"]).exits(0);
    assert_eq!(server.truth().len(), before, "everything is done: nobody is asked");
}

#[test]
fn promises_and_prices_may_change_afterwards_and_what_was_asked_may_not() {
    let (server, farebox) = (server(), Farebox::new());
    let text = four_cells(&server.url());
    write(&farebox, "m.toml", &text);
    farebox.run(&["run", "m.toml", "--only", "*-short-one"]).exits(0);
    assert_eq!(states(&farebox, "runs/m"), ["done", "pending", "pending", "pending"]);
    let price = |farebox: &Farebox| {
        cells(farebox, "runs/m")[0]["tiers"][0]["usd_per_mtok_blended"].as_f64().unwrap()
    };
    let (before, asked_before) = (price(&farebox), server.truth().len());

    let dearer = text.replace("per-gpu-hour = 2.0", "per-gpu-hour = 4.0");
    write(&farebox, "m.toml", &dearer.replace("fast =", "quick ="));
    farebox.run(&["run", "m.toml", "--only", "*-short-one"]).exits(0);
    assert!((price(&farebox) / before - 2.0).abs() < 1e-9);
    assert_eq!(cells(&farebox, "runs/m")[0]["tiers"][0]["name"], "quick");

    write(&farebox, "m.toml", &text.replace("isl = 16", "isl = 17"));
    let ran = farebox.run(&["run", "m.toml", "--only", "*-short-one"]).exits(2);
    let error = ran.error();
    assert!(error.starts_with("up-base-tp1-short-one was measured already, but what is asked was"));
    assert!(error.contains("--isl 16") && error.contains("--isl 17"), "{error}");
    assert_eq!(server.truth().len(), asked_before, "nothing is asked before it is refused");
    farebox.run(&["run", "m.toml", "--only", "*-short-one", "--force"]).exits(0);
    assert!(farebox.path("runs/m/aside/up-base-tp1-short-one-1/run.json").exists());
    farebox.run(&["run", "m.toml", "--out", "runs/m/cells"]).exits(2);
}

#[test]
fn a_cell_that_is_taken_out_of_the_file_is_kept_and_said() {
    const SHORT: &str = "[traffic.short]\nisl = 16\nosl = 8\n";
    let (server, farebox) = (server(), Farebox::new());
    let text = four_cells(&server.url());
    assert!(text.contains(SHORT));
    write(&farebox, "m.toml", &text);
    farebox.run(&["run", "m.toml", "--only", "*-one"]).exits(0);
    let measured = cells(&farebox, "runs/m")[0].clone();

    write(&farebox, "m.toml", &text.replace(SHORT, ""));
    let said = "no longer asked for, kept as they were: up-base-tp1-short-one";
    for _ in 0..2 {
        let ran = farebox.run(&["run", "m.toml", "--only", "*-one"]).exits(0);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
        assert!(ran.stdout.contains(said), "{}", ran.stdout);
        let sheet = farebox.json("runs/m/matrix.json");
        assert_eq!(sheet["cells"].as_array().unwrap().len(), 2);
        assert_eq!(sheet["no_longer_asked"], serde_json::json!([measured]), "never run: not kept");
        let best = sheet["best"].as_array().unwrap();
        assert!(best.iter().all(|best| best["by_price"]["cell"] != measured["name"]), "{best:?}");
    }

    // Put back, it is what it was, and what was asked of it is still known.
    let asked_before = server.truth().len();
    write(&farebox, "m.toml", &text.replace("isl = 16", "isl = 17"));
    farebox.run(&["run", "m.toml", "--only", "*-one"]).exits(2);
    write(&farebox, "m.toml", &text);
    let ran = farebox.run(&["run", "m.toml", "--only", "*-one"]).exits(0);
    assert!(!ran.stderr.contains("no longer"), "{}", ran.stderr);
    assert_eq!(cells(&farebox, "runs/m")[0], measured);
    assert_eq!(server.truth().len(), asked_before);
    assert!(farebox.json("runs/m/matrix.json")["no_longer_asked"].is_null());

    // What somebody removed is not spoken of.
    fs::remove_dir_all(farebox.path("runs/m/cells/up-base-tp1-short-one")).unwrap();
    write(&farebox, "m.toml", &text.replace(SHORT, ""));
    let ran = farebox.run(&["run", "m.toml", "--only", "*-one"]).exits(0);
    assert!(!ran.stderr.contains("no longer"), "{}", ran.stderr);
}

#[test]
fn a_failed_cell_is_kept_with_its_reason_and_the_rest_goes_on() {
    let (server, farebox) = (server(), Farebox::new());
    let text = four_cells(&server.url());
    let dead = "[engines.gone]\nkind = \"vllm\"\nurl = \"http://127.0.0.1:9\"\n[traffic.short]";
    write(&farebox, "m.toml", &text.replace("[traffic.short]", dead));
    let ran = farebox.run(&["run", "m.toml", "--only", "*-short-one"]).exits(0);
    assert!(ran.stderr.contains("gone-base-tp1-short-one FAILED"), "{}", ran.stderr);
    let all = cells(&farebox, "runs/m");
    let of = |name: &str| all.iter().find(|cell| cell["name"] == name).unwrap();
    assert_eq!(of("up-base-tp1-short-one")["state"], "done");
    let gone = of("gone-base-tp1-short-one");
    assert_eq!(gone["state"], "failed");
    assert!(gone["reason"].as_str().unwrap().contains("http://127.0.0.1:9"), "{gone}");
    assert!(ran.stdout.contains("gone-base-tp1-short-one failed: "), "{}", ran.stdout);

    farebox.run(&["run", "m.toml", "--only", "up-*"]).exits(0);
    let kept = cells(&farebox, "runs/m");
    assert_eq!(kept.iter().find(|cell| cell["name"] == gone["name"]), Some(gone), "not asked for");

    let ran = farebox.run(&["run", "m.toml", "--only", "gone-*", "--out", "alone"]).exits(1);
    assert_eq!(ran.error(), "no cell could be measured");
}

/// One cell after another on a server that is started by this command.
fn launched(command: &str, requests: u32) -> String {
    format!(
        r#"[engines.own]
kind = "vllm"
command = ["sh", "-c", '{command}']
ready-timeout = "30s"
[traffic.a]
isl = 16
osl = 8
[traffic.b]
isl = 32
osl = 8
[loads.few]
concurrency = 2
num-requests = {requests}
warmup = 0
[bench]
skip-self-test = true
"#
    )
}

/// Whether some process of this machine works in `dir`: engines are started there.
pub(crate) fn somebody_works_in(dir: &Path) -> bool {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let at = |entry: fs::DirEntry| fs::read_link(entry.path().join("cwd")).ok();
    processes.filter_map(at).any(|cwd| cwd == dir)
}

#[test]
fn cells_of_one_server_share_it_and_nothing_is_left_of_it() {
    let farebox = Farebox::new();
    write(&farebox, "m.toml", &launched(&format!("exec {FAREBOX} engine --port {{port}}"), 8));
    farebox.run(&["run", "m.toml"]).exits(0);
    let sheet = farebox.json("runs/m/matrix.json");
    assert_eq!(
        (&sheet["servers_started"], &sheet["cells"][1]["state"]),
        (&1.into(), &"done".into())
    );
    assert!(farebox.path("runs/m/logs/own-base-tp1-1.log").exists());
    let dir = fs::canonicalize(farebox.path(".")).unwrap();
    assert!(!somebody_works_in(&dir));
}

#[test]
fn a_server_that_dies_ends_its_cell_and_the_next_one_starts_anew() {
    const RECORDS: &str = "runs/m/cells/own-base-tp1-a-few/requests.jsonl";
    let farebox = Farebox::new();
    let once = format!(
        "if [ ! -e died ]; then touch died; echo out of luck; (while [ ! -s {RECORDS} ]; \
         do sleep 0.1; done; kill -9 $$) & fi; exec {FAREBOX} engine --port {{port}}"
    );
    write(&farebox, "m.toml", &launched(&once, 40));
    let ran = farebox.run(&["run", "m.toml"]).exits(0);
    let sheet = farebox.json("runs/m/matrix.json");
    let (first, second) = (&sheet["cells"][0], &sheet["cells"][1]);
    assert_eq!((&first["state"], &second["state"]), (&"failed".into(), &"done".into()), "{sheet}");
    let reason = first["reason"].as_str().unwrap();
    assert!(reason.starts_with("the engine ended with signal 9"), "{reason}");
    assert_eq!(first["log_tail"][0], "out of luck");
    assert_eq!(sheet["servers_started"], 2);
    assert!(ran.stderr.contains("own-base-tp1-a-few FAILED: the engine ended"), "{}", ran.stderr);

    // A failed cell is tried again, and only that.
    farebox.run(&["run", "m.toml"]).exits(0);
    assert_eq!(states(&farebox, "runs/m"), ["done", "done"]);
    assert_eq!(farebox.json("runs/m/matrix.json")["servers_started"], 3);
}

#[test]
fn a_server_that_never_comes_up_fails_all_its_cells_at_once() {
    let farebox = Farebox::new();
    let command = "echo loading; echo torch.OutOfMemoryError: CUDA out of memory.; exit 1";
    write(&farebox, "m.toml", &launched(command, 8));
    farebox.run(&["run", "m.toml"]).exits(1);
    let sheet = farebox.json("runs/m/matrix.json");
    for cell in sheet["cells"].as_array().unwrap() {
        let reason = cell["reason"].as_str().unwrap();
        assert!(reason.contains("exit code 1: out of accelerator memory"), "{reason}");
        assert_eq!(cell["log_tail"][0], "loading");
    }
    assert_eq!(sheet["servers_started"], 0);
    assert!(farebox.path("runs/m/logs/own-base-tp1-1.log").exists());
    assert!(!farebox.path("runs/m/logs/own-base-tp1-2.log").exists(), "it is started once");
}

#[test]
fn an_interrupt_ends_the_server_too_and_the_same_command_goes_on() {
    let farebox = Farebox::new();
    write(&farebox, "m.toml", &launched(&format!("exec {FAREBOX} engine --port {{port}}"), 40));
    let child = farebox.command(&["run", "m.toml"]).spawn().unwrap();
    let records = farebox.path("runs/m/cells/own-base-tp1-a-few/requests.jsonl");
    wait_until("the first requests", || {
        fs::read_to_string(&records).is_ok_and(|text| text.matches("\"point\":0").count() > 3)
    });
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let ran = crate::farebox::Ran::from(child.wait_with_output().unwrap()).exits(1);
    assert_eq!(ran.error(), "interrupted: 0 of 2 cells are done");
    let dir = fs::canonicalize(farebox.path(".")).unwrap();
    assert!(!somebody_works_in(&dir));
    assert_eq!(states(&farebox, "runs/m"), ["pending", "pending"]);
    assert_eq!(farebox.json("runs/m/matrix.json")["state"], "partial");
    farebox.run(&["run", "m.toml"]).exits(0);
    assert_eq!(states(&farebox, "runs/m"), ["done", "done"]);
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    let farebox = Farebox::new();
    let whole = four_cells("http://127.0.0.1:9");
    for (was, is, said) in [
        ("seed = 11", "seeds = 11", "m.toml:1: unknown field `seeds`"),
        ("seed = 11", "seed = ", "m.toml:1: "),
        (
            "kind = \"vllm\"",
            "kind = \"vlm\"",
            "m.toml:3: engines.up.kind: no engine is called `vlm`",
        ),
        (
            "kind = \"vllm\"",
            "kind = \"vllm\"\nstart = \"docker\"",
            "m.toml:5: engines.up.url: means nothing for start = \"docker\"",
        ),
        ("http://127.0.0.1:9", "127.0.0.1", "m.toml:4: engines.up.url: `127.0.0.1` is not a URL"),
        ("isl = 16", "isl = \"many\"", "m.toml:6: traffic.short.isl: invalid value 'many'"),
        (
            "isl = 16",
            "input = 16",
            "m.toml:6: traffic.short.input: no such setting; there are isl,",
        ),
        ("isl = 32\nosl = 8", "profile = \"wildcat\"", "m.toml:9: traffic.long.profile: "),
        ("concurrency = 1\n", "concurrency = [1, true]\n", "m.toml:12: "),
        ("concurrency = 3\n", "batch = 3\nduration = \"1s\"\n", "m.toml:18: loads.three."),
        ("[loads.three]", "[loads.\"a b\"]", "m.toml:15: loads: `a b` becomes part"),
        ("ttft.p90=9s", "ttft.p90", "m.toml:20: slo.fast: "),
        (
            "per-gpu-hour = 2.0",
            "per-gpu-hour = 0",
            "m.toml:22: price.per-gpu-hour: a price is above 0",
        ),
        (
            "per-gpu-hour = 2.0",
            "per-gpu-hour = 2\nper-hour = 3",
            "m.toml:23: price.per-hour: there is",
        ),
        ("skip-self-test", "skip-test", "m.toml:24: bench.skip-test: no such setting"),
        (
            "seed = 11",
            "precisions = [\"w8a8\"]\ncheckpoints.base = \"a/b\"",
            "m.toml:1: precisions: [checkpoints] has no `w8a8`",
        ),
        ("seed = 11", "tp = [1, 0]", "m.toml:1: tp: accelerators per replica"),
    ] {
        assert!(whole.contains(was), "{was}");
        write(&farebox, "m.toml", &whole.replace(was, is));
        for more in [&["--dry-run"][..], &[]] {
            let ran = farebox.run(&[&["run", "m.toml"], more].concat()).exits(2);
            assert!(ran.error().starts_with(said), "{is}: {}", ran.error());
        }
        assert!(!farebox.path("runs").exists(), "nothing is written before all is right");
    }
    let ran = farebox.run(&["run"]).exits(2);
    assert!(ran.error().starts_with("which matrix?"), "{}", ran.error());
    write(&farebox, "m.toml", &whole);
    let ran = farebox.run(&["run", "m.toml", "--duration", "5s"]).exits(2);
    assert!(ran.error().starts_with("--duration: what a matrix asks stands in its file"));
    farebox.run(&["run", "m.toml", "--only", "nobody-*"]).exits(2);
}

#[test]
fn the_example_is_a_matrix() {
    let farebox = Farebox::new();
    let example = farebox.run(&["run", "--init"]).exits(0).stdout;
    write(&farebox, "llama.toml", &example);
    let commands = farebox.run(&["run", "llama.toml", "--dry-run"]).exits(0).stdout;
    let starts: Vec<&str> = commands.lines().filter(|line| line.starts_with("vllm ")).collect();
    assert_eq!(starts.len(), 12, "four precisions at three widths");
    assert!(!farebox.path("runs").exists());
    let sheet = farebox.run(&["run", "llama.toml", "--dry-run", "--format", "json"]).json();
    assert_eq!(sheet["cells"].as_array().unwrap().len(), (12 + 1) * 2);
}

#[test]
fn a_secret_of_the_matrix_is_not_written_down() {
    let (server, farebox) = (server(), Farebox::new());
    let header = "[engines.up.bench]\nheader = [\"Authorization: Bearer hush-hush\"]\n\
                  extra-body = '{\"api_key\":\"hush-hush\"}'\n[bench]";
    let text = four_cells(&server.url()).replace("[bench]", header);
    write(&farebox, "m.toml", &text);
    let dry = farebox.run(&["run", "m.toml", "--dry-run"]).exits(0);
    assert!(!dry.stdout.contains("hush-hush") && dry.stdout.contains("Authorization: "));
    let ran = farebox.run(&["run", "m.toml", "--only", "*-short-one"]).exits(0);
    let sent = |(name, value): &(String, String)| {
        name.eq_ignore_ascii_case("authorization") && value == "Bearer hush-hush"
    };
    assert!(server.truth().iter().all(|exchange| exchange.headers.iter().any(sent)));
    assert!(!(ran.stdout + &ran.stderr).contains("hush-hush"));
    for file in farebox.files().iter().filter(|file| !file.ends_with("m.toml")) {
        let text = String::from_utf8_lossy(&fs::read(file).unwrap()).into_owned();
        assert!(!text.contains("hush-hush"), "{}", file.display());
    }
}
