//! What `bench` sends: prompts exact to the token, a dataset's own, or those of a file.

use crate::farebox::Farebox;
use farebox_dataset::{HfCounter, TokenizerFiles};
use farebox_testkit::{Answer, Script, ScriptedServer, ms};
use std::collections::HashSet;
use std::fs;
use std::path::Path;

const TOKENIZER: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../dataset/tests/fixtures/byte-level-bpe.json");

pub(crate) fn server() -> ScriptedServer {
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
    // One short request finds out which fields the server takes.
    let mut sent = prompts(&server);
    assert_eq!(sent.len(), farebox.measured("run").len() + 1);
    sent.retain(|text| tokens(text) == 200);
    assert_eq!(sent.len(), farebox.measured("run").len());
    assert_eq!(sent.iter().collect::<HashSet<_>>().len(), sent.len());
}

/// What `bench` is told for a dataset, one request at a time.
fn dataset_args<'a>(url: &'a str, file: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut args = vec!["bench", "--base-url", url, "--out", "run", "--warmup", "0"];
    args.extend(["--concurrency", "1", "--dataset", file]);
    args.extend(more);
    args
}

#[test]
fn a_dataset_sends_its_questions_for_as_long_as_their_answers_were() {
    let (server, farebox) = (server(), Farebox::new());
    let rows = "{\"prompt\":\"How deep is the well?\",\"response\":\"12345678\"}\n\
                {\"prompt\":\"Who planted the tree?\",\"response\":\"123456789012\"}\n";
    fs::write(farebox.path("talk.jsonl"), rows).unwrap();
    let url = server.url();
    farebox.run(&dataset_args(&url, "talk.jsonl", &["--num-requests", "6"])).exits(0);
    let asked: HashSet<u64> =
        farebox.measured("run").iter().map(|r| r["osl_requested"].as_u64().unwrap()).collect();
    assert_eq!(asked, HashSet::from([2, 3]));
    let sent = prompts(&server);
    for question in ["How deep is the well?", "Who planted the tree?"] {
        assert_eq!(sent.iter().filter(|text| *text == question).count(), 3, "{sent:?}");
    }
    assert_eq!(farebox.json("run/run.json")["workload"]["lengths"], "dataset talk.jsonl");
    fs::remove_dir_all(farebox.path("run")).unwrap();
    let refused = farebox.run(&dataset_args(&url, "nowhere.jsonl", &[]));
    assert!(refused.exits(2).error().starts_with("--dataset: nowhere.jsonl: no such file"));
}

#[test]
fn conversations_of_a_dataset_are_sent_as_conversations() {
    let (server, farebox) = (server(), Farebox::new());
    let talk = |name: &str| {
        format!(
            "{{\"messages\":[{{\"role\":\"system\",\"content\":\"Be {name}.\"}},\
             {{\"role\":\"user\",\"content\":\"One?\"}},\
             {{\"role\":\"assistant\",\"content\":\"1111\"}},\
             {{\"role\":\"user\",\"content\":\"Two?\"}},\
             {{\"role\":\"assistant\",\"content\":\"22222222\"}}]}}\n"
        )
    };
    fs::write(farebox.path("talks.jsonl"), talk("brief") + &talk("kind")).unwrap();
    let url = server.url();
    let more = ["--num-requests", "4", "--think-time", "30ms", "--concurrency", "1,2"];
    let mut args = dataset_args(&url, "talks.jsonl", &[]);
    args.retain(|arg| !["--concurrency", "1"].contains(arg));
    args.extend(more);
    farebox.run(&args).exits(0);
    let truth = server.truth();
    let posts: Vec<_> = truth
        .iter()
        .filter(|it| it.method == "POST" && !it.request_id.as_deref().unwrap().contains("probe"))
        .collect();
    let said = |at: usize| -> Vec<String> {
        let body = posts[at].json();
        let messages = body["messages"].as_array().unwrap().clone();
        let text = |m: &serde_json::Value| m["content"].as_str().unwrap().to_owned();
        messages.iter().map(text).collect()
    };
    // The first load asks the first conversation, in order and with what was answered.
    assert_eq!(said(0), ["Be brief.", "One?"]);
    assert_eq!(said(1), ["Be brief.", "One?", "1111", "Two?"]);
    assert_eq!((said(2), said(3).len()), (vec!["Be kind.".to_owned(), "One?".to_owned()], 4));
    let roles = posts[1].json();
    let role = |at: usize| roles["messages"][at]["role"].clone();
    assert_eq!([role(0), role(2), role(3)], ["system", "assistant", "user"]);
    let waited = posts[1].received_at.duration_since(posts[0].last_token_at().unwrap());
    assert!(waited >= ms(30), "{waited:?} to think");
    let lengths: Vec<u64> =
        farebox.measured("run")[..2].iter().map(|r| r["osl_requested"].as_u64().unwrap()).collect();
    assert_eq!(lengths, [1, 2]);

    fs::remove_dir_all(farebox.path("run")).unwrap();
    farebox
        .run(&dataset_args(&url, "talks.jsonl", &["--turns", "1", "--num-requests", "2"]))
        .exits(0);
    let last = server.truth();
    let last = last.iter().rev().take(2).map(|it| it.json()["messages"].as_array().unwrap().len());
    assert!(last.eq([2, 2]), "first turns only");
}

#[test]
fn every_load_asks_other_questions_first() {
    let (server, farebox) = (server(), Farebox::new());
    let row = |at: u32| format!("{{\"prompt\":\"Question {at}?\",\"response\":\"1234\"}}\n");
    fs::write(farebox.path("many.jsonl"), (0..40).map(row).collect::<String>()).unwrap();
    let url = server.url();
    let mut args = dataset_args(&url, "many.jsonl", &["--num-requests", "5"]);
    args.retain(|arg| !["--concurrency", "1"].contains(arg));
    args.extend(["--concurrency", "1,2,4"]);
    farebox.run(&args).exits(0);
    let mut sent = prompts(&server);
    sent.retain(|text| text.starts_with("Question"));
    assert_eq!(sent.len(), 15);
    assert_eq!(sent.iter().collect::<HashSet<_>>().len(), 15, "{sent:?}");
}

#[test]
fn a_length_that_the_chat_template_fills_is_refused_before_the_run() {
    let farebox = Farebox::new();
    let template = "{% for m in messages %}start of header {{ m.role }} end of header \
                    {{ m.content }} end of turn{% endfor %}";
    let config = serde_json::json!({ "chat_template": template }).to_string();
    fs::create_dir(farebox.path("model")).unwrap();
    fs::copy(TOKENIZER, farebox.path("model/tokenizer.json")).unwrap();
    fs::write(farebox.path("model/tokenizer_config.json"), config).unwrap();
    let bench = |isl: &str| {
        farebox.run(&[
            "bench",
            "--base-url",
            "http://127.0.0.1:9",
            "--tokenizer",
            "model",
            "--isl",
            isl,
        ])
    };
    let refused = bench("4").exits(2);
    assert!(refused.error().starts_with("--isl: the chat template alone takes "), "{refused:?}");
    assert!(refused.error().ends_with("so there is no prompt of 4"));
    let some = bench("uniform:1,400").exits(1);
    assert!(some.stderr.contains("% of the lengths are within the"), "{some:?}");
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
