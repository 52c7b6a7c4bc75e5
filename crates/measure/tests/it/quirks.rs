//! What real servers do differently, each to the same record.

use crate::support::{PROBES, Rig, settings};
use farebox_core::{EventKind, FailureReason, Metric, TokenSource};
use farebox_measure::{Endpoint, EventDetail};
use farebox_testkit::{Answer, Cutting, Script, StreamAnswer, UsagePlace, ms};
use farebox_wire::FinishReason;

fn stream() -> StreamAnswer {
    Answer::stream().tokens(ms(5), ms(2), 8).input_tokens(50)
}

#[tokio::test]
async fn every_quirk_gives_the_same_counts() {
    use TokenSource::{UsageFinal, UsageStream};
    for (name, answer, source) in [
        ("CRLF", stream().crlf(), UsageFinal),
        ("no space", stream().tight(), UsageFinal),
        ("named events", stream().event_name("message"), UsageFinal),
        ("no [DONE]", stream().no_done(), UsageFinal),
        ("no role", stream().no_role(), UsageFinal),
        ("null role", stream().null_role_at(ms(0)), UsageFinal),
        ("finish on the last token", stream().finish_on_last_token(), UsageFinal),
        ("usage on finish", stream().usage(UsagePlace::OnFinish), UsageFinal),
        ("zeros, then usage", stream().usage(UsagePlace::ZerosThenFinish), UsageFinal),
        ("running usage", stream().usage(UsagePlace::Running), UsageStream),
        ("in pieces", stream().cut(Cutting::Pieces(5, ms(0))), UsageFinal),
        ("inside a character", stream().text(" für").cut(Cutting::InsideCharacter(1)), UsageFinal),
        ("all in one write", stream().cut(Cutting::EventsPerWrite(8)), UsageFinal),
        ("no connection kept", stream().close_after(), UsageFinal),
        ("late headers", stream().headers_at(ms(10)), UsageFinal),
    ] {
        let mut rig = Rig::start(Script::always(answer)).await;
        for record in rig.one_by_one(2).await {
            assert!(record.is_ok(), "{name}: {record:?}");
            assert_eq!(
                (record.input_tokens, record.output_tokens, record.token_source),
                (Some(50), Some(8), Some(source)),
                "{name}"
            );
            assert_eq!(record.token_chunks, 8, "{name}");
            assert_eq!(record.finish_reason.as_deref(), Some("length"), "{name}");
            assert!(!record.early_stop, "{name}");
            assert!(record.latency(Metric::Tpot).is_some(), "{name}");
        }
        assert!(rig.truth().iter().all(|exchange| exchange.tokens() == 8), "{name}");
    }
}

/// vLLM holds back half a character: the token is made, and its event has no text.
#[tokio::test]
async fn tokens_without_text_are_counted_by_the_server() {
    let mut rig = Rig::start(Script::always(stream().empty_text(2..5))).await;
    let record = &rig.one_by_one(1).await[0];
    assert!(record.is_ok());
    assert_eq!(record.output_tokens, Some(8));
    assert!(record.token_chunks <= 8);
}

#[tokio::test]
async fn without_any_count_chunks_are_counted_and_said_to_be() {
    let mut rig = Rig::start(Script::always(stream().usage(UsagePlace::Nowhere))).await;
    let record = &rig.one_by_one(1).await[0];
    assert!(record.is_ok());
    assert_eq!(record.token_source, Some(TokenSource::Chunks));
    assert_eq!((record.input_tokens, record.output_tokens), (None, Some(8)));
    assert_eq!(record.latency(Metric::Tpot), None, "a chunk may hold any number of tokens");
    assert!(!record.early_stop, "nobody knows");

    let stop = stream().usage(UsagePlace::Nowhere).finish(FinishReason::Stop);
    let mut rig = Rig::start(Script::always(stop)).await;
    assert!(rig.one_by_one(1).await[0].early_stop, "the server says so");
}

#[tokio::test]
async fn completions_are_spoken_too() {
    let mut settings = settings();
    settings.endpoint = Endpoint::parse("completions").unwrap();
    let mut rig = Rig::with(Script::always(stream()), settings).await;
    let record = &rig.one_by_one(1).await[0];
    assert!(record.is_ok());
    assert_eq!(record.output_tokens, Some(8));
    let exchange = &rig.truth()[0];
    assert_eq!(exchange.path, "/v1/completions");
    assert!(exchange.json()["prompt"].is_string());
}

/// TGI's, SGLang's and Ollama's own APIs, each to the same record.
#[tokio::test]
async fn the_engines_own_apis_are_spoken_too() {
    use TokenSource::{Native, UsageStream};
    for (api, path, source, limit) in [
        ("tgi", "/generate_stream", Native, "/parameters/max_new_tokens"),
        ("sglang", "/generate", UsageStream, "/sampling_params/max_new_tokens"),
        ("ollama", "/api/chat", Native, "/options/num_predict"),
        ("ollama-generate", "/api/generate", Native, "/options/num_predict"),
    ] {
        let mut settings = settings();
        settings.endpoint = Endpoint::parse(api).unwrap();
        let answer = Answer::stream().tokens_as_requested(ms(5), ms(2)).input_tokens(50);
        let mut rig = Rig::with(Script::always(answer), settings).await;
        let record = &rig.one_by_one(1).await[0];
        assert!(record.is_ok(), "{api}: {record:?}");
        assert_eq!(
            (record.input_tokens, record.output_tokens, record.token_source),
            (Some(50), Some(8), Some(source)),
            "{api}"
        );
        assert_eq!((record.token_chunks, record.early_stop), (8, false), "{api}");
        assert_eq!(record.finish_reason.as_deref(), Some("length"), "{api}");
        assert!(record.latency(Metric::Tpot).is_some(), "{api}");
        let (exchange, times) = (&rig.truth()[0], record.server_times);
        assert_eq!((exchange.path.as_str(), exchange.tokens()), (path, 8));
        assert_eq!(exchange.json().pointer(limit), Some(&8.into()), "{api}");
        let ollamas =
            times.and_then(|times| Some((times.load_ns?, times.prefill_ns?, times.decode_ns?)));
        let expected = api.starts_with("ollama").then_some((1_000_000, 20_000_000, 30_000_000));
        assert_eq!(ollamas, expected, "{api}");
    }
}

/// What has no word in an API is not sent there, and the run says so.
#[tokio::test]
async fn an_api_without_a_word_for_it_is_not_asked() {
    for (api, known) in [("tgi", false), ("sglang", true), ("ollama", false)] {
        let mut settings = settings();
        settings.endpoint = Endpoint::parse(api).unwrap();
        let mut rig = Rig::with(Script::always(stream()), settings).await;
        assert!(rig.one_by_one(1).await[0].is_ok(), "{api}");
        let given_up = rig.prepared.negotiated.iter().map(|n| n.field.as_str());
        assert_eq!(given_up.eq(["ignore_eos"]), !known, "{api}: {:?}", rig.prepared.negotiated);
        let body = rig.truth()[0].json();
        let sent = body.to_string().contains("ignore_eos");
        assert_eq!(sent, known, "{api}: {body}");
    }
}

#[tokio::test]
async fn an_answer_in_another_api_that_breaks_off_is_no_success() {
    for api in ["tgi", "sglang", "ollama"] {
        let mut settings = settings();
        settings.endpoint = Endpoint::parse(api).unwrap();
        let script = Script::always(stream().truncate_after(4)).on_ordinals(0..PROBES, stream());
        let mut rig = Rig::with(script, settings).await;
        let record = &rig.one_by_one(1).await[0];
        assert_eq!(record.reason, Some(FailureReason::Truncated), "{api}");
        assert_eq!(record.token_chunks, 4, "{api}");
    }
}

#[tokio::test]
async fn a_summary_keeps_what_the_definitions_need() {
    let mut brief = settings();
    brief.events = EventDetail::Summary;
    let answer = stream().tokens_per_event(2).usage(UsagePlace::Running);
    let mut rig = Rig::with(Script::always(answer), brief).await;
    let record = &rig.one_by_one(1).await[0];
    assert!(record.is_ok() && record.events.is_empty());
    assert_eq!((record.token_chunks, record.first_chunk_tokens), (4, Some(2)));
    assert!(record.latency(Metric::Tpot).is_some() && record.latency(Metric::Ttft).is_some());
}

#[tokio::test]
async fn the_servers_order_of_events_is_kept() {
    let mut rig = Rig::start(Script::always(stream().usage(UsagePlace::Running))).await;
    let record = &rig.one_by_one(1).await[0];
    let times: Vec<u64> = record.events.iter().map(|event| event.since_send_ns).collect();
    assert!(times.is_sorted(), "{times:?}");
    assert_eq!(record.events.last().unwrap().kind, EventKind::Usage);
}
