//! Latencies against the server's own clock. Both run in one process, so they can be compared.

use crate::support::{PROBES, Rig};
use farebox_core::{EventKind, Metric, RequestRecord, TokenSource};
use farebox_measure::RunClock;
use farebox_testkit::{Answer, Cutting, Exchange, Script, UsagePlace, ms};
use std::time::Instant;

/// How late a stamp may be on a busy machine; a wrong definition is further off.
const LATE_MS: f64 = 20.0;

/// Milliseconds from what the server did to what the client noted; never before it.
fn late(clock: RunClock, noted: Option<farebox_core::RunInstant>, did: Option<Instant>) -> f64 {
    let (noted, did) = (noted.unwrap(), clock.at(did.unwrap()));
    assert!(noted >= did, "noted {noted:?} before it was sent at {did:?}");
    noted.ms_since(did).get()
}

async fn one(answer: impl Into<Answer>) -> (Rig, RequestRecord, Exchange) {
    let mut rig = Rig::start(Script::always(answer)).await;
    rig.one_by_one(1).await;
    let (record, exchange) = rig.pairs().remove(0);
    assert!(record.is_ok(), "{record:?}");
    (rig, record, exchange)
}

fn ms_between(early: Option<Instant>, late: Option<Instant>) -> f64 {
    late.unwrap().duration_since(early.unwrap()).as_secs_f64() * 1e3
}

#[tokio::test]
async fn stamps_follow_the_servers_writes() {
    let answer = Answer::stream().role_at(ms(0)).tokens(ms(80), ms(20), 10);
    let (rig, record, exchange) = one(answer).await;
    let sent_early = rig.clock.at(exchange.received_at).ms_since(record.send_ns).get();
    assert!(sent_early < LATE_MS, "the request arrived {sent_early} ms after it was sent");
    for (noted, did) in [
        (record.first_token_ns, exchange.first_token_at()),
        (record.first_output_ns, exchange.first_token_at()),
        (record.last_token_ns, exchange.last_token_at()),
        (Some(record.end_ns), exchange.writes.last().map(|wrote| wrote.at)),
    ] {
        let late = late(rig.clock, noted, did);
        assert!(late < LATE_MS, "noted {late} ms late");
    }
    let ttft = record.latency(Metric::Ttft).unwrap().get();
    assert!((79.0..80.0 + 3.0 * LATE_MS).contains(&ttft), "{ttft}: the role chunk is no token");
    let gaps: Vec<f64> = record.chunk_gaps().map(farebox_core::Milliseconds::get).collect();
    assert_eq!((gaps.len(), record.token_chunks), (9, 10));
    let truth = ms_between(exchange.first_token_at(), exchange.last_token_at());
    let tpot = record.latency(Metric::Tpot).unwrap().get();
    assert!((tpot - truth / 9.0).abs() < LATE_MS / 9.0, "tpot {tpot}, sent over {truth}");
    let kinds: Vec<EventKind> = record.events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds[0], EventKind::Role);
    assert_eq!(kinds[11..], [EventKind::Finish, EventKind::Usage]);
}

#[tokio::test]
async fn several_tokens_in_an_event_share_its_time() {
    let answer =
        Answer::stream().tokens(ms(40), ms(40), 20).tokens_per_event(4).usage(UsagePlace::Running);
    let (_rig, record, exchange) = one(answer).await;
    assert_eq!((record.token_chunks, record.first_chunk_tokens), (5, Some(4)));
    assert_eq!(record.output_tokens, Some(20));
    assert_eq!(record.token_source, Some(TokenSource::UsageStream));
    let truth = ms_between(exchange.first_token_at(), exchange.last_token_at());
    let tpot = record.latency(Metric::Tpot).unwrap().get();
    assert!((tpot - truth / 16.0).abs() < LATE_MS / 16.0, "16 tokens after the first event");
    let gaps: Vec<(f64, u32)> = record.token_gaps().map(|(gap, n)| (gap.get(), n)).collect();
    assert_eq!(gaps.iter().map(|(_, tokens)| tokens).sum::<u32>(), 16);
    let mean = gaps.iter().map(|(gap, tokens)| gap * f64::from(*tokens)).sum::<f64>() / 16.0;
    assert!((mean - tpot).abs() < 1e-6, "{mean} and {tpot} are one span over the same tokens");
}

#[tokio::test]
async fn a_reader_sees_nothing_of_reasoning() {
    for answer in [
        Answer::stream().tokens(ms(30), ms(30), 6).reasoning(4),
        Answer::stream().tokens(ms(30), ms(30), 6).reasoning_as_reasoning(4),
    ] {
        let (rig, record, exchange) = one(answer).await;
        let first_answer = exchange.token_writes().nth(4).map(|wrote| wrote.at);
        assert!(late(rig.clock, record.first_output_ns, first_answer) < LATE_MS);
        assert!(late(rig.clock, record.first_token_ns, exchange.first_token_at()) < LATE_MS);
        let [ttft, ttfo] = [Metric::Ttft, Metric::Ttfo].map(|m| record.latency(m).unwrap().get());
        assert!(ttfo - ttft > 100.0, "four tokens of 30 ms lie between {ttft} and {ttfo}");
        let reasoning = record.events.iter().filter(|e| e.kind == EventKind::Reasoning).count();
        assert_eq!(reasoning, 4);
    }
}

#[tokio::test]
async fn comments_keep_a_stream_alive_and_are_no_tokens() {
    let answer = Answer::stream()
        .tokens(ms(120), ms(10), 4)
        .comment_at(ms(0))
        .comment_at(ms(40))
        .comment_at(ms(80));
    let (rig, record, exchange) = one(answer).await;
    assert!(late(rig.clock, record.first_token_ns, exchange.first_token_at()) < LATE_MS);
    assert_eq!((record.token_chunks, record.output_tokens), (4, Some(4)));
}

#[tokio::test]
async fn events_of_one_read_share_its_number() {
    let answer = Answer::stream().tokens(ms(20), ms(10), 8).cut(Cutting::EventsPerWrite(4));
    let (_rig, record, _) = one(answer).await;
    let tokens: Vec<_> = record.token_events().collect();
    let reads: Vec<u32> = tokens.iter().map(|event| event.read_id).collect();
    assert!(reads[..4].iter().all(|read| *read == reads[0]), "{reads:?}");
    assert!(reads[4..].iter().all(|read| *read == reads[4]), "{reads:?}");
    assert!(reads[4] > reads[0]);
    assert_eq!(tokens[0].since_send_ns, tokens[3].since_send_ns);
}

/// A whole token that never arrives in one piece is there when its last byte is.
#[tokio::test]
async fn an_event_counts_when_its_last_byte_came() {
    let answer = Answer::stream().tokens(ms(100), ms(50), 3).cut(Cutting::Pieces(4, ms(10)));
    let script = Script::always(Answer::stream()).on_ordinals(PROBES..PROBES + 1, answer);
    let mut rig = Rig::start(script).await;
    rig.one_by_one(1).await;
    let (record, exchange) = rig.pairs().remove(0);
    assert!(late(rig.clock, record.first_token_ns, exchange.first_token_at()) < LATE_MS);
    assert_eq!(record.token_chunks, 3);
}
