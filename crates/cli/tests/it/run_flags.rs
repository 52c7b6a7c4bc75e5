//! `farebox run` without a matrix file: one engine, or a published sweep, by flags alone.

use crate::farebox::Farebox;

/// Seed 000: four quantizations, each at one, two and four accelerators.
#[test]
fn the_pricing_seeds_sweep_is_one_command() {
    let farebox = Farebox::new();
    let args = [
        "run",
        "--engine",
        "vllm",
        "--model",
        "meta-llama/Llama-3.1-8B-Instruct",
        "--quantization",
        "base,w8a8,w8a16,w4a16",
        "--tp",
        "1,2,4",
        "--isl",
        "1807",
        "--osl",
        "449",
        "--batch",
        "1..256",
        "--num-batches",
        "1",
        "--price-per-hour",
        "5",
        "--gpus-per-box",
        "4",
        "--slo",
        "instant:ttft.p90=250ms,tpot.p90=10ms",
        "--dry-run",
    ];
    let commands = farebox.run(&args).exits(0).stdout;
    let starts: Vec<&str> = commands.lines().filter(|line| line.starts_with("vllm ")).collect();
    insta::assert_snapshot!(starts.join("\n"));
    let measured: Vec<&str> = commands.lines().filter(|line| line.contains(" bench ")).collect();
    assert_eq!(measured.len(), 12);
    insta::assert_snapshot!(measured[11]);
}

#[test]
fn a_precision_is_a_known_checkpoint_or_says_which_are() {
    let farebox = Farebox::new();
    let asked = |model: &str, precision: &str| {
        let args = ["run", "--engine", "vllm", "--model", model, "--quantization", precision];
        farebox.run(&[&args[..], &["--dry-run"]].concat())
    };
    let starts = |model: &str, precision: &str| asked(model, precision).exits(0).stdout;
    let w4a16 = starts("meta-llama/llama-3.1-70b-instruct", "w4a16");
    let id = "vllm serve neuralmagic/Meta-Llama-3.1-70B-Instruct-quantized.w4a16 ";
    assert!(w4a16.starts_with(id), "{w4a16}");
    let fp8 = starts("Qwen/Qwen2.5-7B-Instruct", "fp8");
    assert!(fp8.starts_with("vllm serve Qwen/Qwen2.5-7B-Instruct "), "{fp8}");
    assert!(fp8.lines().next().unwrap().contains("--quantization fp8"), "{fp8}");

    for (model, precision, known) in [
        ("a/b", "w8a8", "at w8a8 there are those of meta-llama/Llama-3.1-8B-Instruct, "),
        ("Qwen/Qwen2.5-7B-Instruct", "w8a16", "there are base, bf16, fp16, fp32, fp8, w8a8; "),
        ("a/b", "w9", "the precisions known here are base, bf16, fp16, fp32, fp8, w4a16, "),
    ] {
        let ran = asked(model, precision).exits(2);
        let said = format!("--quantization: no checkpoint of {model} at `{precision}` is known");
        assert!(ran.error().starts_with(&said), "{}", ran.error());
        assert!(ran.stderr.contains(known), "{}", ran.stderr);
        let how = format!("[checkpoints] {precision} = \"org/model\"");
        assert!(ran.stderr.contains(&how), "{}", ran.stderr);
    }

    // What is up already serves what it serves; the model is the name to ask for.
    let up = ["run", "--engine", "vllm", "--base-url", "http://127.0.0.1:9", "--model", "a/b"];
    let ran = farebox.run(&[&up[..], &["--quantization", "w8a8", "--dry-run"]].concat()).exits(0);
    assert!(
        ran.stdout.contains("farebox bench a/b --base-url http://127.0.0.1:9 "),
        "{}",
        ran.stdout
    );
}

#[test]
fn flags_make_a_matrix_of_one() {
    let farebox = Farebox::new();
    let args = [
        "run",
        "--engine",
        "farebox",
        "--isl",
        "32",
        "--osl",
        "8",
        "--concurrency",
        "2",
        "--num-requests",
        "12",
        "--price-per-hour",
        "1.50",
        "--out",
        "one",
        "--format",
        "csv",
    ];
    let ran = farebox.run(&args).exits(0);
    let mut lines = ran.stdout.lines();
    assert!(lines.next().unwrap().starts_with("cell,engine,kind,precision,model,tp,"));
    let row = lines.next().unwrap();
    assert!(row.starts_with("farebox-base-tp1,farebox,farebox,base,,1,"), "{row}");
    assert_eq!(farebox.measured("one/cells/farebox-base-tp1").len(), 12);
    let manifest = farebox.json("one/cells/farebox-base-tp1/run.json");
    assert_eq!(manifest["deployment"]["pools"][0]["precision"], "base");
    farebox.run(&["price", "one/cells/farebox-base-tp1"]).exits(0);
}
