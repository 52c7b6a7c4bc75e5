//! What `bench` sends: prompts exact to the token, a dataset's own, or those of a file.

use crate::farebox::Farebox;
use farebox_dataset::{HfCounter, TokenizerFiles};
use farebox_testkit::{Answer, Script, ScriptedServer, ms};
use std::collections::HashSet;
use std::fs;
use std::path::Path;

const TOKENIZER: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../dataset/tests/fixtures/byte-level-bpe.json");

fn server() -> ScriptedServer {
    let answer = Answer::stream().tokens_as_requested(ms(1), ms(1));
    ScriptedServer::start(Script::always(answer)).unwrap()
}

/// The prompts that the server was sent.
fn prompts(server: &ScriptedServer) -> Vec<String> {
    let text = |body: serde_json::Value| match &body["messages"][0]["content"] {
        serde_json::Value::String(text) => Some(text.clone()),
        _ => body["prompt"].as_str().map(str::to_owned),
    };
    let sent = server.truth();
    sent.iter().filter(|it| it.method == "POST").filter_map(|it| text(it.json())).collect()
}

#[test]
fn a_tokenizer_makes_prompts_exact_and_each_another() {
    let (server, farebox) = (server(), Farebox::new());
    let more =
        ["--tokenizer", TOKENIZER, "--isl", "200", "--endpoint", "completions", "--warmup", "0"];
    farebox.bench(&server.url(), &more).exits(0);
    let files = TokenizerFiles::read(Path::new(TOKENIZER)).unwrap();
    let counter = HfCounter::new(&files).unwrap();
    let tokens = |text: &str| counter.tokenizer().encode(text, true).unwrap().len();
    // The probes that fit words to tokens are sent in any case, and count for nothing.
    let mut sent = prompts(&server);
    sent.retain(|text| tokens(text) == 200);
    assert_eq!(sent.len(), farebox.measured("run").len());
    assert_eq!(sent.iter().collect::<HashSet<_>>().len(), sent.len());
}

#[test]
fn a_dataset_sends_its_questions_for_as_long_as_their_answers_were() {
    let (server, farebox) = (server(), Farebox::new());
    let rows = "{\"prompt\":\"How deep is the well?\",\"response\":\"12345678\"}\n\
                {\"prompt\":\"Who planted the tree?\",\"response\":\"123456789012\"}\n";
    fs::write(farebox.path("talk.jsonl"), rows).unwrap();
    let url = server.url();
    let args = [
        "bench",
        "--base-url",
        &url,
        "--out",
        "run",
        "--dataset",
        "talk.jsonl",
        "--concurrency",
        "1",
        "--num-requests",
        "6",
        "--warmup",
        "0",
    ];
    farebox.run(&args).exits(0);
    let asked: HashSet<u64> =
        farebox.measured("run").iter().map(|r| r["osl_requested"].as_u64().unwrap()).collect();
    assert_eq!(asked, HashSet::from([2, 3]));
    let sent = prompts(&server);
    for question in ["How deep is the well?", "Who planted the tree?"] {
        assert_eq!(sent.iter().filter(|text| *text == question).count(), 3, "{sent:?}");
    }
    assert_eq!(farebox.json("run/run.json")["workload"]["lengths"], "dataset talk.jsonl");
    let refused = farebox.run(&[&args[..3], &["--dataset", "nowhere.jsonl"]].concat());
    assert!(refused.exits(2).error().contains("nowhere.jsonl"));
}

#[test]
fn a_file_of_prompts_is_sent_as_it_is() {
    let (server, farebox) = (server(), Farebox::new());
    fs::write(farebox.path("prompts.txt"), "One bridge\n\n\"Two\\nlines\"\n").unwrap();
    farebox.bench(&server.url(), &["--prompts", "prompts.txt"]).exits(0);
    let sent: HashSet<String> = prompts(&server).into_iter().collect();
    assert!(sent.contains("One bridge") && sent.contains("Two\nlines"), "{sent:?}");
    fs::write(farebox.path("none.txt"), "\n").unwrap();
    let refused = farebox.run(&["bench", "--base-url", &server.url(), "--prompts", "none.txt"]);
    assert_eq!(refused.exits(2).error(), "--prompts: none.txt: there is no prompt in it");
}
