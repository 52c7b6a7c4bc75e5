//! Every recorded answer reads as what it is. The tables were written by reading the recordings.

use std::fmt::Write;

use farebox_wire::models::parse_models;
use farebox_wire::reply::ReplyText;
use farebox_wire::{Ending, ErrorBody, EventKind, FinishReason, Reply, StreamReader, Usage};

use crate::recordings::{self, Recording};

/// engine, case, ending, finish, token-bearing events, tokens counted event by event (and by
/// what), usage input/output/cached, the engine's own output count, events in order (`_` where
/// they are too many or interleaved to be worth writing down).
const STREAMS: &str = "
vllm 10-chat-stream-usage             complete  length 16  -          33/16/- -   role,content*16,finish,usage
vllm 11-chat-stream-no-usage          complete  length 8   -          -       -   role,content*8,finish
vllm 13-chat-stream-continuous-usage  complete  length 8   8:usage    33/8/-  -   role,content*8,finish,usage*2
vllm 14-chat-stream-max-completion-tokens complete length 8 -         33/8/-  -   role,content*8,finish,usage
vllm 15-chat-stream-ignore-eos        complete  length 584 -          33/600/- -  _
vllm 16-chat-stream-natural-end       complete  stop   4   -          33/5/-  -   role,content*4,finish,usage
vllm 18-chat-stream-raw-chunked       complete  length 6   -          33/6/-  -   role,content*6,finish,usage
vllm 19-chat-stream-logprobs          complete  length 4   -          -       -   role,content*4,finish
vllm 20-chat-stream-n2                complete  length 8   -          33/8/-  -   _
vllm 21-chat-stream-token-ids         complete  length 4   4:ids      33/4/-  -   role,content*4,finish,usage
vllm 22-chat-stream-stop              complete  stop   1   -          33/1/-  -   role,content,finish,usage
vllm 30-completions-stream-usage      complete  length 16  -          10/16/- -   content*16,finish,usage
vllm 32-completions-token-ids-prompt  complete  length 8   -          5/8/-   -   content*8,finish,usage
vllm 33-completions-two-prompts       complete  length 8   -          8/8/-   -   _
vllm 61-abort-midstream               truncated -      8   -          -       -   role,content*8
vllm 80-chat-stream-under-load        complete  stop   5   -          66/6/-  -   role,content*5,finish,usage
llama-server 10-chat-stream-usage     complete  length 16  -          33/16/0 16  role,content*16,finish,usage
llama-server 11-chat-stream-no-usage  complete  length 8   -          -       8   role,content*8,finish
llama-server 13-chat-stream-continuous-usage complete length 8 -      33/8/32 8   role,content*8,finish,usage
llama-server 14-chat-stream-max-completion-tokens complete length 8 - 33/8/32 8   role,content*8,finish,usage
llama-server 15-chat-stream-ignore-eos complete length 596 -        33/600/32 600 role,content*596,finish,usage
llama-server 16-chat-stream-natural-end complete stop  18  -         33/20/32 20  role,content*18,finish,usage
llama-server 18-chat-stream-raw-chunked complete length 6  -          33/6/32 6   role,content*6,finish,usage
llama-server 19-chat-stream-logprobs  complete  length 4   -          -       4   role,content*4,finish
llama-server 20-chat-stream-n2        complete  length 8   -          33/8/32 8   _
llama-server 21-chat-stream-token-ids complete  length 4   -          33/4/32 4   role,content*4,finish,usage
llama-server 22-chat-stream-stop      complete  stop   1   -          33/1/32 1   role,content,finish,usage
llama-server 30-completions-stream-usage complete length 16 -         10/16/0 16  content*16,finish,usage
llama-server 32-completions-token-ids-prompt complete length 8 -      5/8/1   8   content*8,finish,usage
llama-server 33-completions-two-prompts complete length 8  -          4/8/1   8   _
llama-server 40-err-unknown-model     complete  length 4   -          -       4   role,content*4,finish
llama-server 41-err-max-tokens-0      complete  length 1   -          33/1/32 1   role,content,finish,usage
llama-server 55-err-completions-max-tokens-0 complete length 1 -      10/1/9  1   content,finish,usage
llama-server 61-abort-midstream       truncated -      334 -          -       -   role,content*334
llama-server 80-chat-stream-under-load complete stop   175 -      66/178/65   178 role,content*175,finish,usage
transformers-serve 10-chat-stream-usage complete length 16 -          33/16/- -   role,content*16,finish,usage
transformers-serve 11-chat-stream-no-usage complete length 8 -        33/8/-  -   role,content*8,finish,usage
transformers-serve 13-chat-stream-continuous-usage complete length 8 - 33/8/- -   role,content*8,finish,usage
transformers-serve 14-chat-stream-max-completion-tokens complete length 8 - 33/8/- - role,content*8,finish,usage
transformers-serve 16-chat-stream-natural-end complete stop 33 -      33/34/- -   role,content*33,finish,usage
transformers-serve 18-chat-stream-raw-chunked complete length 6 -     33/6/-  -   role,content*6,finish,usage
transformers-serve 19-chat-stream-logprobs complete length 4 -        33/4/-  -   role,content*4,finish,usage
transformers-serve 20-chat-stream-n2  complete  length 4   -          33/4/-  -   role,content*4,finish,usage
transformers-serve 22-chat-stream-stop complete stop   1   -          33/2/-  -   role,content,finish,usage
transformers-serve 30-completions-stream-usage complete length 16 -   10/16/- -   content*16,finish,usage
transformers-serve 41-err-max-tokens-0 error_before -  0   -          -       -   role,error
transformers-serve 44-err-prompt-too-long-stream complete length 3 -  7658/4/- -  role,content*3,finish,usage
transformers-serve 55-err-completions-max-tokens-0 error_before - 0 - -       -   error
transformers-serve 80-chat-stream-c1  complete  stop   32  -          66/35/- -   role,content*32,finish,usage
transformers-serve 80-chat-stream-c4  complete  stop   5   -          66/6/-  -   role,content*5,finish,usage
";

/// engine, case, finish, usage input/output/cached, the engine's own output count.
const REPLIES: &str = "
vllm 12-chat-nonstream                  length 33/16/-   -
vllm 17-chat-min-tokens                 length 33/600/-  -
vllm 31-completions-nonstream           length 10/16/-   -
vllm 34-completions-ignore-eos          length 10/600/-  -
vllm 35-completions-no-max-tokens       length 10/16/-   -
vllm 54-err-unknown-field               length 33/4/-    -
llama-server 12-chat-nonstream          length 33/16/32  16
llama-server 17-chat-min-tokens         stop   33/20/32  20
llama-server 31-completions-nonstream   length 10/16/9   16
llama-server 34-completions-ignore-eos  length 10/600/4  600
llama-server 35-completions-no-max-tokens stop 10/24/9   24
llama-server 45-err-max-tokens-too-large stop  33/342/32 342
llama-server 49-err-empty-messages      length 7/4/2     4
llama-server 52-err-temperature-negative length 33/4/1   4
llama-server 53-err-stream-options-without-stream length 33/4/32 4
llama-server 54-err-unknown-field       length 33/4/32   4
transformers-serve 12-chat-nonstream    length 33/16/-   -
transformers-serve 31-completions-nonstream length 10/16/- -
transformers-serve 35-completions-no-max-tokens stop 10/46/- -
transformers-serve 43-err-prompt-too-long length 7658/4/- -
transformers-serve 45-err-max-tokens-too-large stop 33/29/- -
transformers-serve 53-err-stream-options-without-stream length 33/4/- -
";

/// engine, case, status, the field it names (`-` for none), the beginning of its message.
/// Paths that do not exist are checked by `unknown_paths_say_so`.
const REFUSALS: &str = "
vllm 40-err-unknown-model 404 model The model `no-such-model` does not exist.
vllm 41-err-max-tokens-0 400 max_tokens max_tokens must be at least 1, got 0.
vllm 42-err-max-tokens-negative 400 max_tokens max_tokens must be at least 1, got -5.
vllm 43-err-prompt-too-long 400 input_tokens This model's maximum context length is 2048 tokens.
vllm 44-err-prompt-too-long-stream 400 input_tokens This model's maximum context length is 2048
vllm 45-err-max-tokens-too-large 400 max_tokens max_tokens=1000000 cannot be greater than
vllm 46-err-bad-json 400 - 1 validation error:
vllm 47-err-wrong-type 400 max_tokens 1 validation error:
vllm 48-err-no-messages 400 messages 1 validation error:
vllm 49-err-empty-messages 400 - Cannot apply chat template to an empty conversation.
vllm 52-err-temperature-negative 400 temperature temperature must be non-negative, got -1.0.
vllm 53-err-stream-options-without-stream 400 stream_options Stream options can only be defined
vllm 55-err-completions-max-tokens-0 400 max_tokens max_tokens must be at least 1, got 0.
llama-server 42-err-max-tokens-negative 400 max_tokens Field 'max_tokens': Value must be between
llama-server 43-err-prompt-too-long 400 - request (3836 tokens) exceeds the available context
llama-server 44-err-prompt-too-long-stream 400 - request (3836 tokens) exceeds the available
llama-server 46-err-bad-json 400 - [json.exception.parse_error.101] parse error at line 1
llama-server 47-err-wrong-type 400 max_tokens Field 'max_tokens': [json.exception.type_error.302]
llama-server 48-err-no-messages 400 messages 'messages' is required
transformers-serve 01-models 500 - Internal Server Error
transformers-serve 15-chat-stream-ignore-eos 422 ignore_eos Unexpected fields in the request:
transformers-serve 17-chat-min-tokens 422 min_tokens Unexpected fields in the request:
transformers-serve 21-chat-stream-token-ids 422 return_token_ids Unexpected fields in the request:
transformers-serve 32-completions-token-ids-prompt 400 prompt prompt must be a string.
transformers-serve 33-completions-two-prompts 400 prompt prompt must be a string.
transformers-serve 34-completions-ignore-eos 422 ignore_eos Unexpected fields in the request:
transformers-serve 40-err-unknown-model 400 - Server is pinned to 'model/hf'; requested
transformers-serve 42-err-max-tokens-negative 500 - Internal Server Error
transformers-serve 46-err-bad-json 422 - body.20: JSON decode error
transformers-serve 47-err-wrong-type 500 - Internal Server Error
transformers-serve 48-err-no-messages 500 - Internal Server Error
transformers-serve 49-err-empty-messages 500 - Internal Server Error
transformers-serve 52-err-temperature-negative 500 - Internal Server Error
transformers-serve 54-err-unknown-field 422 no_such_field Unexpected fields in the request:
transformers-serve 61-abort-midstream 422 ignore_eos Unexpected fields in the request:
";

#[test]
fn every_recorded_stream_reads_as_written_down() {
    let mut streams: Vec<(&str, String, Vec<Vec<u8>>)> = recordings::all()
        .into_iter()
        .filter(|recording| recording.streamed)
        .map(|recording| (recording.engine, recording.case, vec![recording.body]))
        .collect();
    streams.extend(recordings::reads());
    for (engine, case, reads) in &streams {
        let expected = row(STREAMS, engine, case, 9);
        let (mut got, kinds) = describe_stream(reads);
        got.push(if expected[8] == "_" { "_".to_owned() } else { kinds });
        assert_eq!(got, expected[2..], "{engine} {case}");
    }
    assert_eq!(streams.len(), rows(STREAMS).count());
}

#[test]
fn every_recorded_reply_reads_as_written_down() {
    let replies: Vec<Recording> = recordings::all().into_iter().filter(is_reply).collect();
    for Recording { engine, case, body, .. } in &replies {
        let expected = row(REPLIES, engine, case, 5);
        let reply = Reply::parse(body).unwrap();
        assert_eq!(reply.text, ReplyText::Present, "{engine} {case}");
        let native = reply.native.and_then(|native| native.output_tokens);
        let got = [finish(reply.finish), usage(reply.usage), number(native)];
        assert_eq!(got, expected[2..], "{engine} {case}");
    }
    assert_eq!(replies.len(), rows(REPLIES).count());
}

#[test]
fn every_recorded_refusal_reads_as_written_down() {
    let refusals: Vec<Recording> = recordings::all().into_iter().filter(is_refusal).collect();
    for Recording { engine, case, status, body, .. } in &refusals {
        let expected = row(REFUSALS, engine, case, 5);
        let error = ErrorBody::parse(body);
        assert_eq!(status.to_string(), expected[2], "{engine} {case}");
        assert!(error.message.starts_with(&expected[4]), "{engine} {case}: {error:?}");
        let fields =
            ["max_tokens", "max_completion_tokens", "ignore_eos", "min_tokens", "messages"];
        for field in fields {
            assert_eq!(error.names_field(field), field == expected[3], "{engine} {case} {field}");
        }
        assert!(
            expected[3] == "-" || error.names_field(&expected[3]),
            "{engine} {case}: {error:?}"
        );
    }
    assert_eq!(refusals.len(), rows(REFUSALS).count());
}

#[test]
fn unknown_paths_say_so() {
    for recording in recordings::all().into_iter().filter(is_no_such_path) {
        let message = ErrorBody::parse(&recording.body).message;
        let known = ["Not Found", "File Not Found", "Method Not Allowed"];
        assert!(known.contains(&message.as_str()), "{} {}", recording.engine, recording.case);
    }
}

#[test]
fn served_models_are_listed_with_their_context() {
    for (engine, root) in [("vllm", Some("model/hf")), ("llama-server", None)] {
        let models = parse_models(&recordings::read(engine, "01-models").body).unwrap();
        let [model] = models.as_slice() else { panic!("{engine}: {models:?}") };
        assert_eq!((model.id.as_str(), model.root.as_deref()), ("tiny", root));
        assert_eq!(model.max_model_len, Some(2048));
    }
}

fn is_reply(recording: &Recording) -> bool {
    let about_the_server = recording.case.starts_with('0') || recording.case.starts_with("60");
    recording.status == 200 && !recording.streamed && !about_the_server
}

fn is_no_such_path(recording: &Recording) -> bool {
    recording.status == 405 || (recording.status == 404 && !recording.case.starts_with("40"))
}

fn is_refusal(recording: &Recording) -> bool {
    recording.status >= 400 && !is_no_such_path(recording)
}

/// The columns after engine and case, without the last, and the last: the events run by run.
fn describe_stream(reads: &[Vec<u8>]) -> (Vec<String>, String) {
    let mut reader = StreamReader::new();
    let mut kinds: Vec<EventKind> = Vec::new();
    let mut tokens = 0u64;
    for read in reads {
        reader.feed(read, |event| {
            kinds.push(event.kind);
            tokens += u64::from(event.tokens.unwrap_or(0));
        });
    }
    reader.finish(|event| kinds.push(event.kind));
    let outcome = reader.outcome();
    let counted = outcome.streamed.counted.map_or_else(
        || "-".to_owned(),
        |(sum, source)| {
            assert_eq!(sum, tokens);
            format!(
                "{sum}:{}",
                format!("{source:?}").replace("UsageStream", "usage").replace("TokenIds", "ids")
            )
        },
    );
    let columns = vec![
        ending(outcome.ending).to_owned(),
        finish(outcome.finish),
        outcome.streamed.events.to_string(),
        counted,
        usage(outcome.usage),
        number(outcome.native.and_then(|native| native.output_tokens)),
    ];
    (columns, runs(&kinds))
}

fn runs(kinds: &[EventKind]) -> String {
    let mut text = String::new();
    for run in kinds.chunk_by(|a, b| a == b) {
        let comma = if text.is_empty() { "" } else { "," };
        write!(text, "{comma}{}", run[0]).unwrap();
        if run.len() > 1 {
            write!(text, "*{}", run.len()).unwrap();
        }
    }
    text
}

fn ending(ending: Ending) -> &'static str {
    match ending {
        Ending::Complete => "complete",
        Ending::Truncated => "truncated",
        Ending::InBandError(farebox_wire::stream::When::BeforeFirstToken) => "error_before",
        Ending::InBandError(farebox_wire::stream::When::AfterFirstToken) => "error_after",
        Ending::BadJson => "bad_json",
    }
}

fn finish(reason: Option<FinishReason>) -> String {
    reason.map_or("-", FinishReason::as_wire).to_owned()
}

fn usage(usage: Option<Usage>) -> String {
    usage.map_or_else(
        || "-".to_owned(),
        |usage| {
            let (input, cached) = (number(usage.input_tokens), number(usage.cached_tokens));
            format!("{input}/{}/{cached}", usage.output_tokens)
        },
    )
}

fn number(count: Option<u64>) -> String {
    count.map_or_else(|| "-".to_owned(), |count| count.to_string())
}

fn rows(table: &str) -> impl Iterator<Item = &str> {
    table.lines().filter(|line| !line.is_empty())
}

/// The row of a case, in `columns` columns of which the last may hold spaces.
fn row(table: &str, engine: &str, case: &str, columns: usize) -> Vec<String> {
    let cells = |line: &str| -> Vec<String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (first, last) = words.split_at(columns - 1);
        first.iter().map(|word| (*word).to_owned()).chain([last.join(" ")]).collect()
    };
    let found = rows(table).map(cells).find(|cells| cells[0] == engine && cells[1] == case);
    found.unwrap_or_else(|| panic!("no row for {engine} {case}"))
}
