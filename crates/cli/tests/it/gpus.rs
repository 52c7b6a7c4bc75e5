//! `--gpu`: the accelerators under a server, named by hand or by the driver's tools.

use crate::farebox::{Farebox, Ran};
use farebox_testkit::{Answer, Script, ScriptedServer, ms};
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// What the driver's tool says of two cards, of names and of figures.
const TWO_H100: &str = "case \"$1\" in
  *=name) echo 'NVIDIA H100 80GB HBM3'; echo 'NVIDIA H100 80GB HBM3' ;;
  *) echo '0, 40536, 81920, 87, 300.0, 1410, 61'; echo '1, 40536, 81920, 87, 300.0, 1410, 61' ;;
esac";

/// Of a machine that is to be found out.
const MATRIX: &str = "gpu = \"auto\"\n[engines.ours]\nstart = \"simulated\"\n";

/// With a stand-in for `tool` that does `script`, and no other.
fn with_tool(tool: &str, script: &str) -> Farebox {
    let farebox = Farebox::new();
    let program = farebox.path(tool);
    fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let folder = farebox.path("").display().to_string();
    farebox.env("PATH", &format!("{folder}:/usr/bin:/bin"))
}

fn server() -> ScriptedServer {
    let answer = Answer::stream().tokens_as_requested(ms(10), ms(3)).input_tokens(32);
    ScriptedServer::start(Script::always(answer)).unwrap()
}

fn bench(farebox: &Farebox, more: &[&str]) -> Ran {
    farebox.bench(&server().url(), &[&["--skip-self-test"], more].concat())
}

#[test]
fn auto_fills_the_deployment_with_what_the_machine_has() {
    let farebox = with_tool("nvidia-smi", TWO_H100);
    bench(&farebox, &["--gpu", "auto", "--price-per-gpu-hour", "2"]).exits(0);
    let manifest = farebox.json("run/run.json");
    let pool = &manifest["deployment"]["pools"][0];
    assert_eq!((&pool["gpu"], &pool["gpus"]), (&"h100-sxm".into(), &2.into()), "{manifest:#}");
    assert_eq!(manifest["price"]["usd_per_hour_total"], 4.0, "both are paid for");
    assert_eq!(farebox.json("run/curve.json")["deployment"], manifest["deployment"]);
}

#[test]
fn one_of_the_cards_may_serve_and_other_makers_tools_are_asked_too() {
    let document = r#"echo '[{"gpu": 0, "asic": {"market_name": "AMD Instinct MI300X"}}]'"#;
    let farebox = with_tool("amd-smi", document);
    bench(&farebox, &["--gpu", "auto"]).exits(0);
    assert_eq!(farebox.json("run/run.json")["deployment"]["pools"][0]["gpu"], "mi300x");
    let farebox = with_tool("nvidia-smi", TWO_H100);
    bench(&farebox, &["--gpu", "auto", "--gpus-used", "1"]).exits(0);
    assert_eq!(farebox.json("run/run.json")["deployment"]["pools"][0]["gpus"], 1);
}

#[test]
fn a_name_is_looked_up_and_cpu_is_one() {
    let pool = |more: &[&str]| {
        let farebox = Farebox::new();
        bench(&farebox, more).exits(0);
        farebox.json("run/run.json")["deployment"]["pools"][0].clone()
    };
    let four = pool(&["--gpu", "NVIDIA H100 80GB HBM3", "--gpus-used", "4"]);
    assert_eq!((&four["gpu"], &four["gpus"]), (&"h100-sxm".into(), &4.into()));
    assert_eq!(pool(&["--gpu", "cpu"])["gpu"], "cpu");
    let farebox = Farebox::new();
    let ran = bench(&farebox, &["--gpu", "h1000"]).exits(2);
    assert!(ran.error().starts_with("--gpu: ") && ran.error().contains("h100"), "{}", ran.error());
    assert!(!farebox.path("run").exists());
}

#[test]
fn what_cannot_be_found_out_is_one_line_and_says_how_to_say_it() {
    let refused = |farebox: &Farebox, says: &str| {
        let ran = bench(farebox, &["--gpu", "auto"]).exits(2);
        assert!(ran.error().contains(says), "{}", ran.stderr);
        assert!(ran.stderr.contains("hint: name it: `farebox catalog gpus`"), "{}", ran.stderr);
        assert!(!farebox.path("run").exists());
    };
    let nothing = with_tool("other-smi", "true");
    refused(&nothing, "--gpu: auto finds no accelerator here: no GPU can be asked: NVML: ");
    let unknown = with_tool("nvidia-smi", "echo 'NVIDIA Q9000 Hyper'");
    refused(&unknown, "nvidia-smi says `NVIDIA Q9000 Hyper`, which the catalogue does not have");
    let broken = with_tool("nvidia-smi", "echo 'NVIDIA-SMI has failed'; exit 9");
    refused(&broken, "auto finds no accelerator here: ");

    let mixed = with_tool("nvidia-smi", "echo 'NVIDIA H100 80GB HBM3'; echo 'NVIDIA L4'");
    let ran = bench(&mixed, &["--gpu", "auto"]).exits(2);
    assert!(ran.error().ends_with("more than one kind here: h100-sxm, l4"), "{}", ran.error());
    let away = ["bench", "--base-url", "http://192.0.2.1:9", "--gpu", "auto"];
    let ran = with_tool("nvidia-smi", TWO_H100).run(&away).exits(2);
    assert!(ran.error().contains("http://192.0.2.1:9 is elsewhere"), "{}", ran.error());
}

#[test]
fn a_matrix_may_say_auto_too() {
    let farebox = with_tool("nvidia-smi", TWO_H100);
    let short = ["--isl", "32", "--osl", "8", "--num-requests", "8", "--concurrency", "2"];
    let run = ["run", "--engine", "farebox", "--gpu", "auto", "--out", "out"];
    farebox.run(&[&run[..], &short].concat()).exits(0);
    let cell = fs::read_dir(farebox.path("out/cells")).unwrap().next().unwrap().unwrap();
    let manifest = fs::read_to_string(cell.path().join("run.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let pool = &manifest["deployment"]["pools"][0];
    assert_eq!((&pool["gpu"], &pool["gpus"]), (&"h100-sxm".into(), &1.into()), "as wide as asked");

    fs::write(farebox.path("m.toml"), MATRIX).unwrap();
    farebox.run(&["run", "m.toml", "--dry-run"]).exits(0);
    let bare = with_tool("other-smi", "true");
    fs::write(bare.path("m.toml"), MATRIX).unwrap();
    let ran = bare.run(&["run", "m.toml", "--dry-run"]).exits(2);
    assert!(ran.error().starts_with("m.toml: gpu: auto finds no accelerator"), "{}", ran.error());
}
