//! Bad input: one line, exit 2, nothing written.

use crate::farebox::{Farebox, Ran};

/// Nobody listens there, and nobody is asked.
const URL: &str = "http://127.0.0.1:9";

/// Runs it where nothing else is, and checks that it was refused in the proper form.
fn refused(args: &[&str]) -> Ran {
    let farebox = Farebox::new();
    let ran = farebox.run(args).exits(2);
    assert_eq!(ran.stdout, "", "{args:?}");
    assert_eq!(farebox.files(), [""; 0].map(std::path::PathBuf::from), "{args:?} wrote");
    let lines: Vec<&str> = ran.stderr.lines().collect();
    let well_formed = match lines.as_slice() {
        [error] => error.starts_with("error: "),
        [error, hint] => error.starts_with("error: ") && hint.starts_with("hint: "),
        _ => false,
    };
    assert!(well_formed, "{args:?}: {}", ran.stderr);
    ran
}

#[test]
fn numbers_are_refused_by_the_name_of_their_flag() {
    let whole = ["0", "-1", "1.5", "NaN", "99999999999999999999", "many", ""];
    let real = ["-1", "NaN", "inf", "1e99", "much", ""];
    for (flag, bad) in [
        ("--concurrency", &whole[..]),
        ("--concurrency", &["1,,2", "4..2", "0..4", "1,-2"]),
        ("--batch", &whole),
        ("--num-requests", &whole),
        ("--isl", &whole),
        ("--osl", &whole),
        ("--min-osl", &whole),
        ("--isl", &["normal:512", "lognormal:0,1", "zipf:3"]),
        ("--osl", &["uniform:9,3"]),
        ("--request-rate", &real),
        ("--request-rate", &["0", "4..1", "1,,2"]),
        ("--warmup", &whole[1..]),
        ("--seed", &whole[1..]),
        ("--gpus-used", &whole),
        ("--gpus-per-box", &whole),
        ("--temperature", &real),
        ("--duration", &real),
        ("--duration", &["0", "0s", "3 fortnights"]),
        ("--timeout", &real),
        ("--stall-timeout", &real),
        ("--connect-timeout", &real),
        ("--ready-timeout", &real),
        ("--price-per-hour", &real),
        ("--price-per-hour", &["0", "0.0", "-0"]),
        ("--price-per-gpu-hour", &real),
        ("--price-per-gpu-hour", &["0"]),
    ] {
        for value in bad {
            let ran = refused(&["bench", "--base-url", URL, flag, value]);
            assert!(ran.error().contains(flag), "{flag} {value}: {}", ran.error());
        }
    }
    let batches = ["bench", "--base-url", URL, "--batch", "2", "--num-batches", "0"];
    assert!(refused(&batches).error().contains("--num-batches"));
    for (flag, value) in [("--port", "-1"), ("--port", "65536"), ("--time-scale", "zero")] {
        assert!(refused(&["engine", flag, value]).error().contains(flag), "{flag} {value}");
    }
    for scale in ["0", "-2", "NaN", "inf"] {
        let ran = refused(&["engine", "--port", "0", "--time-scale", scale]);
        assert!(ran.error().contains("time scale"), "{}", ran.error());
    }
}

#[test]
fn promises_that_cannot_be_meant() {
    for (slo, said) in [
        ("", "at least one bound"),
        ("fast:", "at least one bound"),
        ("ttfb.p90=1s", "unknown metric `ttfb`"),
        ("ttft.p100=1s", "unknown statistic `p100`"),
        ("ttft.p90", "has no limit"),
        ("ttft.p90=0ms", "impossible"),
        ("ttft.p90=-5", "impossible"),
        ("ttft.p90=NaN", "impossible"),
        ("errors.rate=101%", "impossible"),
        ("ttft.p90=1s,ttft.p90=2s", "twice"),
    ] {
        let ran = refused(&["bench", "--base-url", URL, "--slo", slo]);
        assert!(ran.error().contains("--slo") && ran.error().contains(said), "{}", ran.error());
    }
    let twins = ["bench", "--base-url", URL, "--slo", "a:ttft:1", "--slo", "a:tpot:1"];
    assert!(refused(&twins).error().contains("two tiers are named `a`"));
}

#[test]
fn addresses_headers_and_bodies() {
    for (args, said) in [
        (&["--base-url", "localhost:8000"][..], "--base-url"),
        (&["--base-url", "http://"], "--base-url"),
        (&["--base-url", "http://h:99999"], "--base-url"),
        (&["--base-url", "ftp://h"], "--base-url: `ftp:` is not served"),
        (&["--base-url", "http://h/?key=1"], "--base-url"),
        (&["--base-url", "http://me:hunter2@127.0.0.1:9"], "no user name or password"),
        (&["--base-url", URL, "--header", "nonsense"], "--header"),
        (&["--base-url", URL, "--header", "X Y: 1"], "--header"),
        (&["--base-url", URL, "--extra-body", "[1]"], "--extra-body"),
        (&["--base-url", URL, "--extra-body", "{\"a\":"], "--extra-body"),
        (&["--base-url", URL, "--endpoint", "embeddings"], "--endpoint"),
        (&["--base-url", URL, "--cacert", "no.pem"], "--cacert: no.pem"),
        (&["--base-url", URL, "--events", "some"], "--events"),
        (&["--base-url", "http://192.0.2.1", "--offline"], "--offline"),
        (&[], "--base-url is missing"),
    ] {
        let ran = refused(&[&["bench"], args].concat());
        assert!(ran.error().contains(said), "{args:?}: {}", ran.error());
        assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
    }
    let wrong_otherwise = refused(&["bench", "--base-url", "http://me:hunter2@h:99999"]);
    assert!(!wrong_otherwise.stderr.contains("hunter2"), "{}", wrong_otherwise.stderr);
}

#[test]
fn flags_that_are_unknown_or_exclude_each_other() {
    for (args, said) in [
        (&["bench", "--base-url", URL, "--bogus"][..], "--bogus"),
        (&["bench", "--base-url", URL, "--concurrency", "2", "--batch", "2"], "--batch"),
        (&["bench", "--base-url", URL, "--duration", "2s", "--num-requests", "2"], "--duration"),
        (&["bench", "--base-url", URL, "--num-batches", "2"], "--batch"),
        (&["bench", "--base-url", URL, "--request-rate", "2", "--batch", "2"], "--batch"),
        (&["bench", "--base-url", URL, "--burstiness", "0.5"], "--request-rate"),
        (&["bench", "--base-url", URL, "--request-rate", "2", "--burstiness", "0"], "--burstiness"),
        (
            &["bench", "--base-url", URL, "--request-rate", "2", "--arrivals", "gamma"],
            "`` is no burstiness",
        ),
        (
            &["bench", "--base-url", URL, "--request-rate", "2", "--concurrency", "1,2"],
            "--concurrency: in open loop",
        ),
        (&["bench", "--base-url", URL, "--trace-speed", "2"], "--trace"),
        (&["bench", "--base-url", URL, "--trace", "no.jsonl"], "--trace: no.jsonl: no such file"),
        (&["bench", "--base-url", URL, "--traffic", "wildchat-2024-03", "--isl", "9"], "--isl"),
        (&["bench", "--base-url", URL, "--traffic", "never"], "--traffic: never: "),
        (
            &["bench", "--base-url", URL, "--dataset", "here/no.parquet"],
            "--dataset: here/no.parquet: ",
        ),
        (
            &["bench", "--base-url", URL, "--price-per-hour", "1", "--price-per-gpu-hour", "1"],
            "--price-per-hour",
        ),
        (&["price", "x", "--allocation", "fair"], "--allocation"),
        (&["price", "x", "--allocation", "ratio:0"], "--allocation"),
        (&["price", "x", "--load-line", "guessed"], "--load-line"),
        (&["price", "x", "--format", "xml"], "--format"),
        (&["price"], "PATH"),
        (&["engine", "--model", "gpt-17"], "unknown model \"gpt-17\""),
        (&["engine", "--gpu", "abacus"], "abacus"),
        (&["frobnicate"], "frobnicate"),
    ] {
        let ran = refused(args);
        assert!(ran.error().contains(said), "{args:?}: {}", ran.error());
    }
    let near = refused(&["bench", "--base-url", URL, "--concurency", "2"]);
    assert!(near.stderr.contains("hint: did you mean `--concurrency`?"), "{}", near.stderr);
}

#[test]
fn files_that_cannot_be_read() {
    let farebox = Farebox::new();
    std::fs::write(farebox.path("notes.txt"), "milk, eggs").unwrap();
    std::fs::write(farebox.path("curve.json"), r#"{"schema":"farebox.curve/1"}"#).unwrap();
    std::fs::write(farebox.path("blob"), [0xff, 0xfe, 0x00]).unwrap();
    std::fs::create_dir(farebox.path("empty")).unwrap();
    for command in ["price", "plot"] {
        for (file, said) in [
            ("nowhere", "nowhere: No such file"),
            ("notes.txt", "notes.txt: not a run directory"),
            ("curve.json", "curve.json: missing field"),
            ("blob", "blob: "),
            ("empty", "empty is no run directory"),
        ] {
            let ran = farebox.run(&[command, file, "--price-per-hour", "1"]).exits(2);
            assert!(ran.error().contains(said), "{}", ran.error());
            assert_eq!((ran.stdout.as_str(), ran.stderr.lines().count()), ("", 1));
        }
    }
    assert_eq!(farebox.files().len(), 3, "nothing was added");
}

#[test]
fn an_existing_run_is_never_touched() {
    let farebox = Farebox::new();
    std::fs::write(farebox.path("run"), "precious").unwrap();
    let ran = farebox.bench(URL, &[]).exits(2);
    assert_eq!(ran.error(), "--out: run exists already");
    assert_eq!(farebox.text("run"), "precious");
}
