//! The engine over real TCP, spoken to in raw HTTP/1.1, judged by its truth log.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod server;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use farebox_engine::{
    Delivery, Engine, EngineConfig, EngineError, Outcome, RequestTruth, StepWork, Tokens, preset,
};
use serde_json::Value;
use tokio::runtime::Runtime;

use server::{MODEL, Server, chat, config, events, exchange};

#[test]
fn a_chat_stream_has_one_token_per_chunk_then_usage_then_done() {
    let server = Server::at(20.0);
    let fields = r#","max_tokens":5,"stream":true,"stream_options":{"include_usage":true}"#;
    let reply = server.post("/v1/chat/completions", &chat(20, fields));
    assert_eq!(reply.status, 200);
    assert!(reply.head.contains("content-type: text/event-stream"), "{}", reply.head);
    assert!(reply.body.ends_with("data: [DONE]\n\n"));

    let events = events(&reply.body);
    assert_eq!(events.len(), 1 + 5 + 1);
    assert_eq!(events[0]["choices"][0]["delta"]["role"], "assistant");
    assert_eq!(events[0]["choices"][0]["delta"]["content"], "");
    for (index, event) in events[1..6].iter().enumerate() {
        let choice = &event["choices"][0];
        assert!(!choice["delta"]["content"].as_str().unwrap().is_empty());
        let expected = if index == 4 { Value::from("length") } else { Value::Null };
        assert_eq!(choice["finish_reason"], expected);
        assert_eq!(event["id"], "chatcmpl-mine");
    }
    assert_eq!(events[6]["choices"], Value::Array(Vec::new()));
    assert_eq!(events[6]["usage"]["prompt_tokens"], 30);
    assert_eq!(events[6]["usage"]["completion_tokens"], 5);
    server.stop();
}

#[test]
fn completions_stream_text_and_whole_answers_are_one_document() {
    let server = Server::at(20.0);
    let stream =
        server.post("/v1/completions", r#"{"prompt":[1,2,3],"max_tokens":3,"stream":true}"#);
    let texts = events(&stream.body);
    assert_eq!(texts.len(), 3);
    assert!(texts.iter().all(|event| event["choices"][0]["text"].is_string()));

    let whole = server.post("/v1/chat/completions", &chat(1, r#","max_completion_tokens":4"#));
    assert!(whole.head.contains("content-length"), "{}", whole.head);
    let whole: Value = serde_json::from_str(&whole.body).unwrap();
    let answer = whole["choices"][0]["message"]["content"].as_str().unwrap();
    assert_eq!(answer.split(' ').count(), 4);
    assert_eq!(whole["usage"]["completion_tokens"], 4);

    let truths = server.truths(2);
    assert_eq!(truths[1].delivery, Delivery::Whole);
    let written: Vec<_> = truths[1].tokens.iter().map(|token| token.written_ns).collect();
    assert!(written[0].is_some() && written.iter().all(|ns| *ns == written[0]));
    server.stop();
}

#[test]
fn models_and_health_answer() {
    let config = EngineConfig {
        served_model_name: Some("mine".to_owned()),
        max_model_len: Some(Tokens(512)),
        ..config()
    };
    let server = Server::start(config);
    let models: Value = serde_json::from_str(&server.get("/v1/models").body).unwrap();
    assert_eq!(models["data"][0]["id"], "mine");
    assert_eq!(models["data"][0]["root"], MODEL);
    assert_eq!(models["data"][0]["max_model_len"], 512);
    assert_eq!(server.get("/health").status, 200);
    server.stop();
}

#[test]
fn metrics_count_what_the_truth_log_has() {
    let server = Server::at(20.0);
    let value = |page: &str, name: &str| -> Option<f64> {
        let line = page.lines().find(|line| line.starts_with(&format!("vllm:{name}{{")))?;
        line.rsplit(' ').next()?.parse().ok()
    };
    let idle = server.get("/metrics");
    assert!(idle.head.contains("content-type: text/plain; version=0.0.4"), "{}", idle.head);
    assert_eq!(value(&idle.body, "generation_tokens_total"), Some(0.0));
    for words in [20, 40] {
        server.post("/v1/chat/completions", &chat(words, r#","max_tokens":5,"stream":true"#));
    }
    let truths = server.truths(2);
    let page = server.get("/metrics").body;
    assert_eq!(value(&page, "prompt_tokens_total"), Some(30.0 + 50.0));
    assert_eq!(value(&page, "generation_tokens_total"), Some(10.0));
    assert_eq!(value(&page, "request_success_total"), Some(2.0));
    assert_eq!(value(&page, "num_requests_running"), Some(0.0));
    assert_eq!(value(&page, "kv_cache_usage_perc"), Some(0.0));
    let seconds = |span: Duration| span.as_secs_f64();
    let truth = |of: &dyn Fn(&RequestTruth) -> f64| truths.iter().map(of).sum::<f64>();
    let ttft = truth(&|t| seconds(t.tokens[0].released_ns.since(t.queued_ns)));
    assert!((value(&page, "time_to_first_token_seconds_sum").unwrap() - ttft).abs() < 1e-9);
    let decode = truth(&|t| seconds(t.tokens[4].due_ns.since(t.tokens[0].due_ns)));
    assert!((value(&page, "request_decode_time_seconds_sum").unwrap() - decode).abs() < 1e-9);
    let before_decode = truth(&|t| seconds(t.tokens[0].due_ns.since(t.queued_ns)));
    let queue_and_prefill = value(&page, "request_queue_time_seconds_sum").unwrap()
        + value(&page, "request_prefill_time_seconds_sum").unwrap();
    assert!((queue_and_prefill - before_decode).abs() < 1e-9);
    server.stop();
}

#[test]
fn wrong_requests_are_refused_in_openai_form() {
    let server = Server::at(20.0);
    let other = chat(1, "").replace(MODEL, "other");
    let cases = [
        ("/v1/chat/completions", other, 404),
        ("/v1/chat/completions", chat(1, r#","max_tokens":0"#), 400),
        ("/v1/chat/completions", chat(1, r#","max_tokens":-3"#), 400),
        ("/v1/chat/completions", chat(1, r#","max_tokens":200000"#), 400),
        ("/v1/chat/completions", r#"{"model":"#.to_owned(), 400),
        ("/v1/completions", r"{}".to_owned(), 400),
        ("/v1/nothing", String::new(), 404),
        ("/v1/models", String::new(), 405),
    ];
    for (path, body, status) in cases {
        let reply = server.post(path, &body);
        assert_eq!(reply.status, status, "{path} {body}");
        let json: Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!(json["error"]["code"], status);
        assert!(json["error"]["message"].is_string());
    }
    // The length alone is enough: the body is not even sent.
    let head = "POST /v1/completions HTTP/1.1\r\nhost: engine\r\nconnection: close\r\n\
                content-length: 33554433\r\n\r\n";
    assert_eq!(exchange(server.handle.addr(), &[head.as_bytes()]).status, 413);
    assert!(server.handle.truth().snapshot().is_empty(), "a refused request is no truth");
    server.stop();
}

#[test]
fn tokens_are_written_when_the_formula_has_them() {
    const ISL: u64 = 510;
    const OSL: u64 = 12;
    let server = Server::at(1.0);
    let fields = format!(r#","max_tokens":{OSL},"stream":true"#);
    server.post("/v1/chat/completions", &chat(ISL as usize - 10, &fields));
    let truth = server.truths(1).remove(0);
    assert_eq!((truth.request_id.as_str(), truth.outcome), ("mine", Outcome::Complete));
    assert_eq!((truth.isl, truth.osl), (Tokens(ISL), Tokens(OSL)));
    assert_eq!(truth.tokens.len() as u64, OSL);

    let config = config();
    let formula = config.machine.step_time;
    let mut due = truth.queued_ns;
    for (index, token) in (0..).zip(&truth.tokens) {
        let mut work = StepWork::default();
        match index {
            0 => work.add_prompt(Tokens(0), Tokens(ISL)),
            _ => work.add_token(Tokens(ISL + index - 1)),
        }
        work.add_sample();
        due = due + formula.of(&work);
        assert!(token.due_ns.0.abs_diff(due.0) < 1_000, "token {index} due off the formula");
        let written = token.written_ns.unwrap();
        assert!(token.due_ns <= token.released_ns && token.released_ns <= written);
        let late = written.since(token.due_ns);
        assert!(late < Duration::from_millis(10), "token {index} was {late:?} late");
    }
    server.stop();
}

#[test]
fn many_streams_get_all_their_tokens_and_share_their_steps() {
    const STREAMS: usize = 24;
    const OSL: usize = 20;
    let server = Server::at(10.0);
    let body = chat(100, &format!(r#","max_tokens":{OSL},"stream":true"#));
    std::thread::scope(|scope| {
        for _ in 0..STREAMS {
            scope.spawn(|| {
                let reply = server.post("/v1/chat/completions", &body);
                assert_eq!(events(&reply.body).len(), 1 + OSL);
            });
        }
    });
    let truths = server.truths(STREAMS);
    let total: usize = truths.iter().map(|truth| truth.tokens.len()).sum();
    assert_eq!(total, STREAMS * OSL);
    let mut steps: Vec<_> = truths.iter().flat_map(|t| &t.tokens).map(|t| t.due_ns).collect();
    steps.sort_unstable();
    steps.dedup();
    assert!(steps.len() < total / 2, "{} steps for {total} tokens: no batching", steps.len());
    server.stop();
}

#[test]
fn a_client_that_goes_away_is_cancelled_and_the_next_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("truth.jsonl");
    let server = Server::start(EngineConfig { truth_log: Some(path.clone()), ..config() });
    let body = chat(1, r#","max_tokens":100000,"stream":true"#);
    let length = body.len();
    let mut stream = TcpStream::connect(server.handle.addr()).unwrap();
    write!(
        stream,
        "POST /v1/chat/completions HTTP/1.1\r\nhost: e\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    stream.read_exact(&mut [0; 64]).unwrap();
    drop(stream);

    let truth = server.truths(1).remove(0);
    assert_eq!(truth.outcome, Outcome::Cancelled);
    assert_eq!(truth.request_id, "farebox-1");
    assert!(truth.tokens.len() < 100);
    let next = server.post("/v1/completions", r#"{"prompt":"hello","max_tokens":2}"#);
    assert_eq!(next.status, 200);
    server.stop();
    let lines: Vec<Value> = std::fs::read_to_string(path)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["outcome"], "cancelled");
    assert_eq!(lines[1]["tokens"].as_array().unwrap().len(), 2);
}

#[test]
fn an_engine_that_cannot_start_says_why() {
    let runtime = Runtime::new().unwrap();
    let start = |config| runtime.block_on(Engine::start(config)).map(|_| ()).unwrap_err();
    let first = Server::start(config());
    let taken = EngineConfig { addr: first.handle.addr(), ..config() };
    assert!(matches!(start(taken), EngineError::Listen { .. }));
    let mut gpu = preset::accelerator("a100").unwrap();
    gpu.memory.0 = 16_000_000_000;
    let small = EngineConfig::new(preset::model("llama-3.1-8b").unwrap(), gpu);
    assert!(matches!(start(small), EngineError::DoesNotFit { .. }));
    let long = EngineConfig { max_model_len: Some(Tokens(1_000_000)), ..config() };
    assert!(matches!(start(long), EngineError::MaxModelLen { longest: 131_072, .. }));
    first.stop();
}
