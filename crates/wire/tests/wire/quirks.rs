//! Habits of servers we have no recording of, as their sources and users describe them.

use farebox_core::ServerTimes;
use farebox_wire::stream::{CountSource, When};
use farebox_wire::{Ending, FinishReason, StreamOutcome, StreamReader};

/// Events as `kind` or `kind:tokens`, and the outcome.
fn read(body: &str) -> (String, StreamOutcome) {
    let mut reader = StreamReader::new();
    let mut events = Vec::new();
    let mut keep = |event: farebox_wire::StreamEvent| {
        events.push(match event.tokens {
            Some(tokens) => format!("{}:{tokens}", event.kind),
            None => event.kind.to_string(),
        });
    };
    reader.feed(body.as_bytes(), &mut keep);
    reader.finish(&mut keep);
    (events.join(" "), reader.outcome())
}

/// Frames each line as an event.
fn stream(payloads: &[&str]) -> String {
    payloads.iter().flat_map(|payload| ["data: ", payload, "\n\n"]).collect()
}

fn chat(delta: &str, rest: &str) -> String {
    format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{delta}}}]{rest}}}\n\n")
}

fn used(tokens: u64) -> String {
    format!(",\"usage\":{{\"prompt_tokens\":9,\"completion_tokens\":{tokens}}}")
}

const END: &str =
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"length\"}]}\n\n";

#[test]
fn empty_text_bears_tokens_when_running_usage_grows() {
    // TRT-LLM: the role chunk carries a zero, and tokens not yet text come as empty text.
    let body = chat(r#"{"role":"assistant"}"#, &used(0))
        + &chat(r#"{"content":""}"#, &used(1))
        + &chat(r#"{"content":"ab"}"#, &used(3))
        + &chat(r#"{"reasoning_content":"","content":""}"#, &used(3))
        + END;
    let (events, outcome) = read(&body.replace("\n\n", " \n\n"));
    assert_eq!(events, "role content:1 content:2 progress finish");
    assert_eq!(outcome.streamed.counted, Some((3, CountSource::UsageStream)));
}

#[test]
fn empty_text_goes_on_in_the_channel_it_interrupts() {
    let body = chat(r#"{"reasoning":"hm"}"#, &used(1))
        + &chat(r#"{"content":""}"#, &used(2))
        + &chat(r#"{"content":"so"}"#, &used(3));
    assert_eq!(read(&body).0, "reasoning:1 reasoning:1 content:1");
}

#[test]
fn zeroed_usage_is_not_a_running_count() {
    // Ollama's completions: zeros on every chunk, the truth on the last.
    let body = chat(r#"{"content":"a"}"#, &used(0)) + &chat(r#"{"content":"b"}"#, &used(0));
    let last = END.replace("]}\n", &format!("]{}}}\n", used(7)));
    let (events, outcome) = read(&(body + &last));
    assert_eq!(events, "content content finish usage");
    assert_eq!(outcome.usage.unwrap().output_tokens, 7);
    assert_eq!(outcome.streamed.counted, None);
}

#[test]
fn usage_of_nothing_but_zeros_is_no_usage() {
    let zeros = r#","usage":{"prompt_tokens":0,"completion_tokens":0}"#;
    assert_eq!(read(&chat(r#"{"content":"a"}"#, zeros)).1.usage, None);
}

#[test]
fn usage_with_the_end_alone_is_a_total_and_no_token() {
    let last = END.replace("]}\n", &format!("]{}}}\n", used(1)));
    assert_eq!(read(&(chat(r#"{"role":"assistant"}"#, "") + &last)).0, "role finish usage");
}

#[test]
fn a_count_on_the_role_chunk_waits_for_the_token() {
    let body = chat(r#"{"role":"assistant"}"#, &used(1)) + &chat(r#"{"content":"a"}"#, &used(1));
    assert_eq!(read(&body).0, "role content:1");
}

#[test]
fn usage_said_again_behind_a_second_end_is_not_added() {
    let usage = r#"data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":7}}"#;
    let body = format!("{END}{usage}\n\n{END}{usage}\n\n");
    assert_eq!(read(&body).1.usage.unwrap().output_tokens, 7);
}

#[test]
fn the_details_of_usage_are_found_and_zeros_do_not_undo_them() {
    let first = r#"{"choices":[],"usage":{"completion_tokens":9,"reasoning_tokens":4,
        "prompt_tokens_details":{"cached_tokens":5},"completion_tokens_details":null}}"#;
    let second = r#"{"choices":[],"usage":{"prompt_tokens":6,"completion_tokens":9,
        "prompt_tokens_details":{"cached_tokens":0}}}"#;
    let usage =
        read(&stream(&[&first.replace('\n', ""), &second.replace('\n', "")])).1.usage.unwrap();
    let found =
        (usage.input_tokens, usage.output_tokens, usage.reasoning_tokens, usage.cached_tokens);
    assert_eq!(found, (Some(6), 9, Some(4), Some(5)));
}

#[test]
fn native_input_counts_what_the_cache_held() {
    let body = stream(&[r#"{"choices":[],"timings":{"prompt_n":1,"cache_n":32,"predicted_n":8}}"#]);
    assert_eq!(read(&body).1.native.unwrap().input_tokens, Some(33));
}

#[test]
fn the_servers_own_times_are_kept() {
    let times = |body: &str| read(body).1.native.unwrap().times.unwrap();
    let llama = r#"{"choices":[],"timings":{"prompt_n":1,"prompt_ms":2.5,"predicted_ms":40.25}}"#;
    let expected =
        ServerTimes { load_ns: None, prefill_ns: Some(2_500_000), decode_ns: Some(40_250_000) };
    assert_eq!(times(&stream(&[llama])), expected);
    let odd = r#"{"choices":[],"timings":{"prompt_n":1,"prompt_ms":null,"predicted_ms":"soon"}}"#;
    assert_eq!(times(&stream(&[odd])), ServerTimes::default());
    let ollama = r#"{"done":true,"load_duration":9,"prompt_eval_duration":20,"eval_duration":300}"#;
    let expected = ServerTimes { load_ns: Some(9), prefill_ns: Some(20), decode_ns: Some(300) };
    assert_eq!(times(ollama), expected);
}

#[test]
fn several_choices_in_one_chunk_are_one_event() {
    let choice = |text: &str| {
        format!(
            r#"{{"choices":[{{"index":0,"delta":{{"reasoning":"r"}},"token_ids":[1]}},{text}]}}"#
        )
    };
    let counted = choice(r#"{"index":1,"delta":{"content":"c"},"token_ids":[2,3]}"#);
    assert_eq!(read(&stream(&[&counted])).0, "content:3");
    let uncounted = choice(r#"{"index":1,"delta":{"content":"c"}}"#);
    let (events, outcome) = read(&stream(&[&uncounted]));
    assert_eq!((events.as_str(), outcome.streamed.counted), ("content", None));
}

#[test]
fn usage_of_a_one_chunk_answer_counts_the_chunk() {
    let payload = r#"{"choices":[{"delta":{"role":"assistant","content":"abc"},"finish_reason":"stop"}],
        "usage":{"prompt_tokens":1,"completion_tokens":3}}"#;
    let (events, outcome) = read(&stream(&[&payload.replace('\n', "")]));
    assert_eq!(events, "content:3 finish usage");
    assert_eq!(outcome.ending, Ending::Complete);
}

#[test]
fn each_channel_has_its_kind() {
    let cases = [
        (r#"{"content":[{"type":"text","text":"x"}]}"#, "content"),
        (r#"{"content":[{"type":"text","text":""}]}"#, "progress"),
        (r#"{"refusal":"no"}"#, "content"),
        (r#"{"role":"assistant","content":"x"}"#, "content"),
        (r#"{"role":"assistant","content":null,"reasoning":null,"tool_calls":null}"#, "role"),
        (r#"{"reasoning_content":"x","reasoning":"x"}"#, "reasoning"),
        (r#"{"tool_calls":[{"index":0,"function":{"name":"f","arguments":""}}]}"#, "tool"),
        (r#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\""}}]}"#, "tool"),
        (r#"{"tool_calls":[{"index":0,"function":{"arguments":""}}]}"#, "progress"),
        (r#"{"function_call":{"name":"f"}}"#, "tool"),
        (r#"{"content":"\ud83d"}"#, "content"),
        (r#"{"reasoning":"x","content":"y"}"#, "content"),
    ];
    for (delta, kind) in cases {
        assert_eq!(read(&chat(delta, "")).0, kind, "{delta}");
    }
}

#[test]
fn prompt_progress_is_progress_even_under_a_role() {
    let rest = r#","prompt_progress":{"total":100,"cache":0,"processed":50,"time_ms":3}"#;
    assert_eq!(read(&chat(r#"{"role":"assistant","content":null}"#, rest)).0, "progress");
}

#[test]
fn tgi_sends_a_token_per_event_and_no_done() {
    let body = stream(&[
        r#"{"index":1,"token":{"id":5,"text":"a","logprob":-0.1,"special":false},"generated_text":null,"details":null}"#,
        r#"{"index":2,"token":{"id":2,"text":"</s>","logprob":0.0,"special":true},"generated_text":"a","details":{"finish_reason":"eos_token","generated_tokens":2,"input_length":7}}"#,
    ]);
    let (events, outcome) = read(&body.replace("data: ", "data:"));
    assert_eq!(events, "content:1 content:1 finish");
    assert_eq!((outcome.ending, outcome.finish), (Ending::Complete, Some(FinishReason::Stop)));
    assert_eq!(outcome.streamed.counted, Some((2, CountSource::Native)));
    assert_eq!(outcome.native.unwrap().output_tokens, Some(2));
}

#[test]
fn sglang_native_text_is_cumulative() {
    let body = stream(&[
        r#"{"text":"a","meta_info":{"prompt_tokens":4,"completion_tokens":1,"cached_tokens":2,"finish_reason":null}}"#,
        r#"{"text":"a","meta_info":{"prompt_tokens":4,"completion_tokens":1,"finish_reason":null}}"#,
        r#"{"text":"abc","meta_info":{"prompt_tokens":4,"completion_tokens":3,"finish_reason":{"type":"length","length":3}}}"#,
        "[DONE]",
    ]);
    let (events, outcome) = read(&body);
    assert_eq!(events, "content:1 progress content:2 finish usage");
    assert_eq!(outcome.finish, Some(FinishReason::Length));
    let usage = outcome.usage.unwrap();
    assert_eq!((usage.output_tokens, usage.cached_tokens), (3, Some(2)));
}

#[test]
fn ollama_sends_a_line_each_and_counts_on_the_last() {
    let chat = concat!(
        r#"{"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"","thinking":"hm"},"done":false}"#,
        "\n",
        r#"{"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"a"},"done":false}"#,
        "\n",
        r#"{"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"length","total_duration":9,"load_duration":1,"prompt_eval_count":26,"prompt_eval_duration":2,"eval_count":5,"eval_duration":6}"#,
        "\n",
    );
    let text = r#"{"model":"m","response":"a","done":false}
{"model":"m","response":"","done":true,"done_reason":"stop","context":[1,2],"prompt_eval_count":26,"eval_count":5}
"#;
    for (body, expected, finish) in [
        (chat, "reasoning content finish", FinishReason::Length),
        (text, "content finish", FinishReason::Stop),
    ] {
        let (events, outcome) = read(body);
        assert_eq!(events, expected);
        assert_eq!((outcome.ending, outcome.finish), (Ending::Complete, Some(finish)));
        let native = outcome.native.unwrap();
        assert_eq!((native.input_tokens, native.output_tokens), (Some(26), Some(5)));
    }
    let cut = read(r#"{"message":{"role":"assistant","content":"a"},"done":false}"#).1;
    assert_eq!(cut.ending, Ending::Truncated);
    let error = read("{\"error\":\"model requires more memory\"}\n").1;
    assert_eq!(error.ending, Ending::InBandError(When::BeforeFirstToken));
}

#[test]
fn an_error_is_found_wherever_it_is_put() {
    let token = chat(r#"{"content":"a"}"#, "");
    let cases = [
        ("data: {\"error\":{\"message\":\"M\",\"code\":500}}\n\ndata: [DONE]\n\n", "M"),
        ("data: {\"error\":\"M\",\"error_type\":\"generation\"}\n\n", "M"),
        ("data: {\"error\": \"M\"}\n\n", "M"),
        ("data: {\"error\": \"not \"M\" valid\"}\n\n", "{\"error\": \"not \"M\" valid\"}"),
        ("event: error\ndata: M\n\n", "M"),
        ("event: error\n\n", "the server gave no reason"),
        ("error: {\"code\":500,\"message\":\"M\"}\n\n", "M"),
        ("{\"error\":{\"message\":\"M\"}}", "M"),
        ("{\n  \"detail\": \"M\"\n}\n", "M"),
        ("data: {\"object\":\"error\",\"message\":\"M\",\"code\":400}\n\n", "M"),
        ("data: {\"message\":\"M\",\"details\":\"not TGI's\"}\n\n", "M"),
    ];
    for (bytes, message) in cases {
        let (events, outcome) = read(bytes);
        assert_eq!(events, "error", "{bytes}");
        assert_eq!(outcome.ending, Ending::InBandError(When::BeforeFirstToken));
        assert_eq!(outcome.failure.unwrap().message(), message);
        let (_, outcome) = read(&(token.clone() + bytes));
        assert_eq!(outcome.ending, Ending::InBandError(When::AfterFirstToken), "{bytes}");
    }
}

#[test]
fn the_first_error_is_the_one_reported() {
    let body = stream(&[r#"{"error":"first"}"#, r#"{"error":"second"}"#, "{"]);
    let (events, outcome) = read(&body);
    assert_eq!(events, "error error error");
    assert_eq!(outcome.failure.unwrap().message(), "first");
}

#[test]
fn a_message_beside_an_answer_is_no_error() {
    assert_eq!(
        read(&chat(r#"{"content":"a"}"#, r#","message":"hello","error":null"#)).0,
        "content"
    );
}

#[test]
fn malformed_json_is_not_passed_over() {
    let body = chat(r#"{"content":"a"}"#, "")
        + "data: {\"choices\":[{\"del\n\n"
        + END
        + "data: [DONE]\n\n";
    let (events, outcome) = read(&body);
    assert_eq!(events, "content error finish");
    assert_eq!(outcome.ending, Ending::BadJson);
}

#[test]
fn a_stream_is_whole_only_with_a_terminal_signal() {
    let token = chat(r#"{"content":"a"}"#, "");
    let second = END.replace("\"index\":0", "\"index\":1");
    let second_token = token.replace("\"index\":0", "\"index\":1");
    let cases = [
        (String::new(), Ending::Truncated),
        (token.clone(), Ending::Truncated),
        (token.clone() + END, Ending::Complete),
        (token.clone() + "data: [DONE]\n\n", Ending::Complete),
        (token.clone() + &second_token + END, Ending::Truncated),
        (token + &second_token + END + &second, Ending::Complete),
    ];
    for (body, ending) in cases {
        assert_eq!(read(&body).1.ending, ending, "{body}");
    }
}

#[test]
fn keep_alives_are_pings_and_strange_chunks_are_progress() {
    let body = ": ping\n\nevent: ping\ndata: {\"type\":\"ping\"}\n\ndata: null\n\ndata:\n\ndata: {\"choices\":[],\"sglext\":{}}\n\ndata: {}\n\n";
    assert_eq!(read(body).0, "ping ping ping ping progress progress");
}

#[test]
fn an_event_too_long_to_hold_fails_once() {
    let mut reader = StreamReader::with_limit(100);
    let mut errors = 0;
    for _ in 0..5 {
        reader.feed(&[b'x'; 60], |_| errors += 1);
    }
    reader.finish(|_| errors += 1);
    assert_eq!((errors, reader.ending()), (1, Ending::BadJson));
}
