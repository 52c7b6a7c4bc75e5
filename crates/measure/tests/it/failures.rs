//! Failure is never success: each under its own reason, in the denominator, and the run goes on.

use crate::support::{PROBES, Rig, settings};
use farebox_core::FailureReason::{self, *};
use farebox_core::{RequestRecord, Status};
use farebox_measure::LoadSettings;
use farebox_testkit::{Answer, Ended, ErrorForm, Fault, Script, StreamAnswer, ms};

/// What goes wrong and how it must be called.
struct Case {
    name: &'static str,
    answer: Answer,
    reason: FailureReason,
    /// What the one line about it must say.
    detail: &'static str,
}

fn case(
    name: &'static str,
    answer: impl Into<Answer>,
    reason: FailureReason,
    detail: &'static str,
) -> Case {
    Case { name, answer: answer.into(), reason, detail }
}

fn stream() -> StreamAnswer {
    Answer::stream().tokens(ms(2), ms(1), 8)
}

/// Sends five requests one by one, of which the second and the fourth get the faulty answer, and
/// holds the records against the server's books.
async fn check(case: Case, settings: LoadSettings) -> Vec<RequestRecord> {
    let Case { name, answer, reason, detail } = case;
    let faulty = [PROBES + 1, PROBES + 3];
    let script = faulty.iter().fold(Script::always(stream()), |script, ordinal| {
        script.on_ordinals(*ordinal..ordinal + 1, answer.clone())
    });
    let mut rig = Rig::with(script, settings).await;
    let records = rig.one_by_one(5).await;
    assert_eq!(rig.truth().len(), records.len(), "{name}: every request once, none forgotten");
    for (record, exchange) in rig.pairs() {
        if !faulty.contains(&exchange.ordinal) {
            assert!(record.is_ok() && record.reason.is_none(), "{name}: {record:?}");
            assert_eq!(record.output_tokens, Some(exchange.tokens()), "{name}");
            continue;
        }
        assert_eq!((record.status, record.reason), (Status::Failed, Some(reason)), "{name}");
        let said = record.detail.unwrap();
        assert!(said.contains(detail), "{name}: {said}");
        assert_eq!(record.token_chunks as usize, exchange.token_writes().count(), "{name}");
    }
    records
}

#[tokio::test]
async fn statuses() {
    let html = "500 Internal Server Error";
    for case in [
        case("429", Answer::rate_limited(7), RateLimited, "HTTP 429: the script says no"),
        case("500", Answer::status(500), Http5xx, "HTTP 500: the script says no"),
        case("500 in HTML", Answer::html_error(), Http5xx, html),
        case("503", Answer::status(503), Http5xx, "HTTP 503"),
        case("400", Answer::refuse_field(400, "prompt"), Http4xx, "'prompt'"),
        case("401", Answer::status(401), Http4xx, "HTTP 401"),
        case("404", Answer::status(404), Http4xx, "HTTP 404"),
        case("302", Answer::status(302), HttpOther, "HTTP 302"),
    ] {
        check(case, settings()).await;
    }
}

#[tokio::test]
async fn broken_streams() {
    for case in [
        case("reset before the first token", stream().reset_after(0), Reset, ""),
        case("reset in the middle", stream().reset_after(3), Reset, ""),
        case("closed between chunks", stream().fault_after(3, Fault::Close), Truncated, ""),
        case(
            "closed inside a chunk",
            stream().fault_after(3, Fault::CloseInsideChunk),
            Truncated,
            "",
        ),
        case("ended without an end", stream().truncate_after(3), Truncated, "without a finish"),
        case("not a token and no end", stream().truncate_after(0), Truncated, "without a finish"),
        case("broken JSON", stream().bad_json_after(3), BadJson, "not JSON"),
    ] {
        let (name, tokens_came) = (case.name, case.reason != Reset);
        for record in check(case, settings()).await.iter().filter(|record| !record.is_ok()) {
            assert_eq!(record.http_status, Some(200), "{name}: it had begun well");
            // A reset may overtake tokens; anything else leaves the count to the transcript.
            assert!(!tokens_came || record.output_tokens.is_some() == (record.token_chunks > 0));
        }
    }
}

#[tokio::test]
async fn errors_inside_a_stream() {
    for form in [
        ErrorForm::Object,
        ErrorForm::Text,
        ErrorForm::BrokenText,
        ErrorForm::NamedEvent,
        ErrorForm::Unframed,
    ] {
        for (tokens, when) in [(0, "before the first token"), (3, "after tokens")] {
            let answer = stream().error_after(tokens, form);
            let records = check(case(when, answer, InBandError, when), settings()).await;
            for record in records.iter().filter(|record| !record.is_ok()) {
                assert_eq!(record.token_chunks, tokens, "{form:?}");
                let said = record.detail.as_ref().unwrap();
                assert!(said.contains("scripted failure"), "{form:?}: {said}");
            }
        }
    }
}

#[tokio::test]
async fn silence() {
    let mut stall = settings();
    stall.patience.stall = ms(200);
    let records = check(case("stall", stream().stall_after(3), Stall, "no byte for 0.2 s"), stall);
    for record in records.await.iter().filter(|record| !record.is_ok()) {
        let silent = record.end_ns.ms_since(record.last_token_ns.unwrap()).get();
        assert!((195.0..10_000.0).contains(&silent), "given up after {silent} ms");
    }
    let mut hurried = settings();
    hurried.patience.request = ms(400);
    let dripping = Answer::stream().tokens(ms(0), ms(50), 200);
    for case in [
        case("no answer at all", Answer::Silence, Timeout, "within 0.4 s"),
        case("a stall before the first token", stream().stall_after(0), Timeout, "within 0.4 s"),
    ] {
        check(case, hurried.clone()).await;
    }
    let script = Script::always(stream()).on_ordinals(PROBES..PROBES + 1, dripping);
    let mut rig = Rig::with(script, hurried).await;
    let records = rig.one_by_one(2).await;
    assert_eq!(records[0].reason, Some(Timeout));
    assert!(records[0].token_chunks >= 2, "{} chunks came in time", records[0].token_chunks);
    assert!(records[1].is_ok());
    assert_eq!(rig.truth()[0].ended, Ended::ClientLeft, "the server is told to stop");
}

#[tokio::test]
async fn answers_too_short_to_count() {
    let nothing = Answer::stream().tokens(ms(0), ms(0), 0);
    check(case("no token", nothing, Empty, "without a token"), settings()).await;
    let mut strict = settings();
    strict.min_osl = Some(8);
    let short = Answer::stream().tokens(ms(0), ms(1), 7);
    check(case("one too few", short.clone(), TooShort, "7 tokens, fewer than 8"), strict).await;

    let mut rig = Rig::start(Script::always(short)).await;
    let record = &rig.one_by_one(1).await[0];
    assert!(record.is_ok() && record.early_stop, "without --min-osl it is whole, and early");
    assert_eq!(record.output_tokens, Some(7));
}
