//! `farebox serve`: the pages and the API say what the command line says, byte for byte.

use crate::farebox::{Farebox, wait_until};
use crate::served::Served;
use farebox_testkit::{Answer, Script, ScriptedServer, ms, unescaped};
use std::process::Command;

/// Choices drawn by a linear congruential generator (Knuth's MMIX constants): the same hundred
/// questions every time.
struct Draw(u64);

impl Draw {
    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        choices[(self.0 >> 33) as usize % choices.len()]
    }
}

/// Flags with a value; an empty one is left out.
fn question(draw: &mut Draw) -> Vec<(&'static str, &'static str)> {
    let load = draw.of(&["concurrency", "concurrency", "batch", "request-rate"]);
    let amount = match load {
        "batch" => draw.of(&["1", "8", "100"]),
        "request-rate" => draw.of(&["0.25", "3", "500"]),
        _ => draw.of(&["1", "7", "64", "300", "max"]),
    };
    let money = draw.of(&["", "price-per-hour", "price-per-gpu-hour"]);
    let users = draw.of(&["", "", "4", "100000"]);
    vec![
        (
            "model",
            draw.of(&[
                "Qwen/Qwen3-8B",
                "meta-llama/Llama-3.3-70B-Instruct",
                "deepseek-ai/DeepSeek-V3",
                "openai/gpt-oss-20b",
                "Qwen/Qwen3-30B-A3B",
                "qwen3-32b",
            ]),
        ),
        (
            "gpu",
            draw.of(&["h100-sxm", "l4", "MI300X", "b200-sxm", "t4", "a100-sxm-80gb", "no-such"]),
        ),
        ("tp", draw.of(&["", "1", "2", "4", "8", "3"])),
        ("pp", draw.of(&["", "", "2"])),
        ("dp", draw.of(&["", "", "", "2"])),
        ("ep", draw.of(&["", "", "", "2"])),
        ("replicas", draw.of(&["", "", "3"])),
        ("precision", draw.of(&["", "", "base", "fp8", "w4a16", "nvfp4", "gguf-q4_k_m"])),
        ("kv-dtype", draw.of(&["", "", "fp8"])),
        ("engine", draw.of(&["", "", "sglang", "trtllm", "llama.cpp", "home-made"])),
        ("isl", draw.of(&["", "1", "512", "30000"])),
        ("osl", draw.of(&["", "1", "128", "4000"])),
        (load, amount),
        (money, if money.is_empty() { "" } else { draw.of(&["0.5", "2.49", "98.32"]) }),
        ("gpus-per-box", draw.of(&["", "", "", "8"])),
        ("users", users),
        ("requests-per-user-hour", if users.is_empty() { "" } else { draw.of(&["", "10"]) }),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .collect()
}

#[test]
fn page_api_and_command_line_say_the_same_bytes() {
    let farebox = Farebox::new();
    let served = Served::start(&farebox, &[]);
    let mut draw = Draw(7);
    let (mut answered, mut refused) = (0, 0);
    for _ in 0..100 {
        let asked = question(&mut draw);
        let flags: Vec<String> =
            asked.iter().map(|(flag, value)| format!("--{flag}={value}")).collect();
        let mut args = vec!["estimate", "--offline", "--format", "json"];
        args.extend(flags.iter().map(String::as_str));
        let printed = farebox.run(&args);
        let query: Vec<String> =
            asked.iter().map(|(flag, value)| format!("{flag}={value}")).collect();
        let query = query.join("&");
        let (status, api) = served.get(&format!("/api/v1/estimate?{query}"));
        let (_, page) = served.get(&format!("/parts/result?{query}"));
        if status == 200 {
            assert!(matches!(printed.code, Some(0 | 4)), "{query}: {printed:?}");
            assert_eq!(printed.stdout, api, "{query}");
            let document = page
                .split("<pre tabindex=\"0\">")
                .nth(1)
                .and_then(|rest| rest.split("</pre>").next());
            assert_eq!(document.map(unescaped).as_ref(), Some(&api), "{query}");
            answered += 1;
        } else {
            assert_eq!((status, printed.code), (422, Some(2)), "{query}: {api} {printed:?}");
            // The same words, but for how a flag is spelled.
            let said: serde_json::Value = serde_json::from_str(&api).unwrap();
            let words = |text: &str| text.replace("--", "").replace('-', "_");
            assert_eq!(
                words(said["error"]["message"].as_str().unwrap()),
                words(printed.error()),
                "{query}"
            );
            assert!(page.contains("role=\"alert\""), "{query}");
            refused += 1;
        }
    }
    assert!(answered > 40 && refused > 10, "{answered} answered, {refused} refused");
}

/// What was measured, too, in the bytes of the command line.
#[test]
fn runs_are_told_in_the_bytes_of_the_command_line() {
    let farebox = Farebox::new();
    let answer = Answer::stream().tokens_as_requested(ms(2), ms(1)).input_tokens(32);
    let server = ScriptedServer::start(Script::always(answer)).unwrap();
    let url = server.url();
    for out in ["runs/a", "runs/b"] {
        let args = ["bench", "--base-url", &url, "--isl", "32", "--osl", "8", "--out", out];
        let load = ["--concurrency", "1,2", "--num-requests", "12", "--price-per-hour", "3"];
        farebox.run(&[&args[..], &load, &["--slo", "fast:ttft.p50=1s"]].concat()).exits(0);
    }
    let served = Served::start(&farebox, &[]);
    let list: serde_json::Value = serde_json::from_str(&served.get("/api/v1/runs").1).unwrap();
    let names: Vec<_> = list.as_array().unwrap().iter().map(|run| run["name"].clone()).collect();
    assert_eq!(names, ["b", "a"], "the youngest first");
    for (path, args) in [
        ("/api/v1/runs/a/prices", &["price", "runs/a"][..]),
        (
            "/api/v1/runs/a/prices?slo=chat:tpot.p50=1ms",
            &["price", "runs/a", "--slo", "chat:tpot.p50=1ms"],
        ),
        ("/api/v1/compare?run=a&run=b", &["compare", "runs/a", "runs/b"]),
    ] {
        let printed = farebox.run(&[args, &["--format", "json"]].concat());
        assert_eq!(served.get(path), (200, printed.stdout), "{path}");
    }
    assert_eq!(served.get("/api/v1/runs/a/curve").1, farebox.text("runs/a/curve.json"));
}

#[test]
fn it_says_where_it_is_and_ends_when_asked() {
    let farebox = Farebox::new();
    let mut served = Served::start(&farebox, &[]);
    assert!(served.authority.starts_with("127.0.0.1:"), "{}", served.authority);
    assert_eq!(served.get("/").0, 200);
    let port = served.authority.rsplit(':').next().unwrap().to_owned();
    let second = farebox.run(&["serve", "--port", &port]).exits(1);
    assert!(second.error().contains("cannot listen on 127.0.0.1"), "{second:?}");
    let id = served.child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let mut ended = None;
    wait_until("the end", || {
        ended = served.child.try_wait().unwrap();
        ended.is_some()
    });
    assert_eq!(ended.unwrap().code(), Some(0));
}
