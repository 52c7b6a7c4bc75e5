//! The facts behind estimates and prices, as the command line shows them.

use crate::farebox::Farebox;
use std::fs;

#[test]
fn an_alias_finds_its_accelerator_with_units_in_every_name() {
    let gpu = Farebox::new()
        .run(&["catalog", "gpus", "NVIDIA H100 80GB HBM3", "--format", "json"])
        .exits(0)
        .json();
    assert_eq!(gpu["id"], "h100-sxm");
    assert_eq!(gpu["memory"]["bandwidth_bytes_per_s"], 3.35e12);
    assert_eq!(gpu["dense_peak_flop_per_s"]["bf16"], 989.4e12, "dense, never with sparsity");
    assert_eq!(gpu["link"]["one_way_bytes_per_s"], 450e9, "one way, never both");
}

#[test]
fn a_model_is_read_from_the_catalogue_from_disk_or_from_flags() {
    let farebox = Farebox::new();
    let params = |args: &[&str]| {
        let args = [&["catalog", "models", "--offline", "--format", "json"], args].concat();
        farebox.run(&args).exits(0).json()["params_total"].clone()
    };
    assert_eq!(params(&["meta-llama/Llama-3.1-8B-Instruct"]), 8_030_261_248_u64);
    assert_eq!(params(&["--params", "7B"]), 7_000_000_000_u64);
    let config = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../catalog/models/meta-llama/Llama-3.2-1B-Instruct.json"
    );
    fs::create_dir(farebox.path("folder")).unwrap();
    fs::copy(config, farebox.path("folder/config.json")).unwrap();
    assert_eq!(params(&["folder"]), params(&["meta-llama/Llama-3.2-1B-Instruct"]));
}

#[test]
fn what_is_not_there_says_what_is_near() {
    for (args, message) in [
        (&["gpus", "h1000"][..], "h100"),
        (&["models", "llama-3.9"], "unknown model"),
        (&["apis", "openai/gpt-44"], "openai/gpt-4"),
        (&["models", "org/nobody-has-this", "--offline"], "offline"),
        (&["models", "nothing/here.json", "--offline"], "no such file"),
    ] {
        let ran = Farebox::new().run(&[&["catalog"], args].concat());
        assert!(matches!(ran.code, Some(1 | 2)), "{args:?}: {ran:?}");
        assert!(ran.stderr.starts_with("error: ") && ran.stdout.is_empty(), "{ran:?}");
        assert!(ran.stderr.contains(message), "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn a_folder_of_ones_own_adds_and_overrides() {
    let farebox = Farebox::new();
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../../catalog/gpus/nvidia/l4.toml");
    let text = fs::read_to_string(shipped).unwrap();
    fs::create_dir_all(farebox.path("mine/gpus/nvidia")).unwrap();
    let faster = text.replace("bandwidth_gb_s = 300", "bandwidth_gb_s = 333");
    assert_ne!(faster, text);
    fs::write(farebox.path("mine/gpus/nvidia/l4.toml"), faster).unwrap();
    let args = ["catalog", "--catalog", "mine", "gpus", "l4", "--format", "json"];
    let gpu = farebox.run(&args).exits(0).json();
    assert_eq!(gpu["memory"]["bandwidth_bytes_per_s"], 333e9);

    fs::write(farebox.path("mine/gpus/nvidia/l4.toml"), "name = 7").unwrap();
    let refused = farebox.run(&args).exits(2);
    assert!(refused.stderr.contains("l4.toml"), "{}", refused.stderr);
}

#[test]
fn newer_prices_are_compared_and_a_changed_unit_is_refused() {
    let farebox = Farebox::new();
    let table = |input: &str| {
        format!("provider,model,input_usd_per_mtok,output_usd_per_mtok\nopenai,gpt-4,{input},60\n")
    };
    fs::write(farebox.path("unit.csv"), table("30000")).unwrap();
    let refused = farebox.run(&["catalog", "import", "unit.csv"]).exits(2);
    assert!(refused.stderr.contains("unit.csv is refused"), "{}", refused.stderr);
    fs::write(farebox.path("empty.json"), "{}").unwrap();
    farebox.run(&["catalog", "import", "empty.json"]).exits(2);
    farebox.run(&["catalog", "import", "absent.csv"]).exits(2);
}

#[test]
fn newer_prices_are_taken_over_and_stay() {
    let farebox = Farebox::new();
    let apis = farebox.run(&["catalog", "apis", "openai/", "--format", "json"]).exits(0).json();
    let mut text = "provider,model,input_usd_per_mtok,output_usd_per_mtok\n".to_owned();
    assert_eq!(apis["schema"], "farebox.apis/1");
    for model in apis["apis"].as_array().unwrap() {
        let price = |kind: &str| model["usd_per_mtok"][kind].as_f64().map(|usd| usd.to_string());
        let (name, [input, output]) = (&model["model"], ["input", "output"].map(price));
        let input = if name == "gpt-4" { Some("24".to_owned()) } else { input };
        let [input, output] = [input, output].map(Option::unwrap_or_default);
        text.extend([format!("openai,{},{input},{output}\n", name.as_str().unwrap())]);
    }
    fs::write(farebox.path("newer.csv"), text).unwrap();
    let input = || {
        let shown = farebox.run(&["catalog", "apis", "openai/gpt-4", "--format", "json"]);
        shown.exits(0).json()["usd_per_mtok"]["input"].as_f64().unwrap()
    };
    let dry = farebox.run(&["catalog", "import", "newer.csv", "--dry-run"]).exits(0);
    assert!(dry.stderr.contains("nothing was") && (input() - 30.0).abs() < 1e-9, "{}", dry.stderr);
    let told = farebox.run(&["catalog", "import", "newer.csv", "--format", "json"]).exits(0);
    assert_eq!(told.json()["changed"][0]["new"], 24.0);
    assert!((input() - 24.0).abs() < 1e-9, "{}", told.stderr);
    let again = farebox.run(&["catalog", "import", "newer.csv"]).exits(0);
    assert!(again.stderr.contains("nothing to write"), "{}", again.stderr);
}
