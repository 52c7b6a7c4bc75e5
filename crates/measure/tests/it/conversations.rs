//! Turns of a conversation: in order, each after the answer before it and a time to think.

use crate::support::{Rig, fixed, settings};
use farebox_measure::{Bound, Load};
use farebox_testkit::{Answer, Exchange, Script, ms};
use farebox_workload::sharing::{Pause, Turns};
use farebox_workload::{Generated, Lengths, Marginal, Pace, Rhythm, Sessions, Sharing, Workload};
use std::time::{Duration, Instant};

const THINK: Duration = Duration::from_millis(20);

/// Conversations of three turns whose answers take 40 ms.
async fn rig() -> Rig {
    let mut settings = settings();
    let sessions = Sessions {
        turns: Turns::Fixed(3),
        growth: Marginal::Fixed(10),
        pause: Pause::Fixed(THINK.as_secs_f64()),
    };
    settings.workload = Workload::Generated(Generated {
        lengths: Lengths::fixed(20, 4),
        arrivals: None,
        sharing: Sharing::Sessions(sessions),
    });
    Rig::with(Script::always(Answer::stream().tokens(ms(10), ms(10), 4)), settings).await
}

/// Words of a prompt, when it arrived, and when its answer's last token left.
type Turn = (usize, Instant, Instant);

/// The words of a prompt.
fn words(exchange: &Exchange) -> Vec<String> {
    let body = exchange.json();
    let text = body["messages"][0]["content"].as_str().unwrap();
    text.split(' ').map(str::to_owned).collect()
}

/// The exchanges of each conversation in order of arrival, told by the words that they begin with.
fn conversations(exchanges: &[Exchange]) -> Vec<Vec<Turn>> {
    let mut known: Vec<(String, Vec<Turn>)> = Vec::new();
    for exchange in exchanges {
        let words = words(exchange);
        let turn = (words.len(), exchange.received_at, exchange.last_token_at().unwrap());
        let start = words[..15].join(" ");
        match known.iter_mut().find(|(begins, _)| *begins == start) {
            Some((_, turns)) => turns.push(turn),
            None => known.push((start, vec![turn])),
        }
    }
    known.into_iter().map(|(_, turns)| turns).collect()
}

/// How many turns each has had, after checking that they came in order.
fn turns(exchanges: &[Exchange]) -> Vec<usize> {
    let conversations = conversations(exchanges);
    for turns in &conversations {
        let words: Vec<usize> = turns.iter().map(|turn| turn.0).collect();
        assert_eq!(words, [20, 30, 40][..turns.len()]);
        for pair in turns.windows(2) {
            let waited = pair[1].1.saturating_duration_since(pair[0].2);
            assert!(waited >= THINK, "the next turn came {waited:?} after the last token");
        }
    }
    conversations.iter().map(Vec::len).collect()
}

#[tokio::test]
async fn in_closed_loop_a_slot_holds_one_conversation_to_its_end() {
    let mut rig = rig().await;
    rig.run(Load::Concurrency(2), Bound::Requests(12)).await;
    assert_eq!(turns(&rig.truth()), [3, 3, 3, 3]);
    assert!(rig.measured().iter().all(|record| record.is_ok() && record.sched_ns.is_none()));
}

#[tokio::test]
async fn in_open_loop_conversations_begin_by_schedule_and_go_on_by_their_answers() {
    let mut rig = rig().await;
    // Conversations begin every 100 ms and take 180: the first ends long before the twelfth turn.
    let pace = Pace::new(30.0, Rhythm::Constant).unwrap();
    let load = Load::Rate { pace, at_most: None };
    let marks = rig.run(load, Bound::Requests(12)).await;
    let turns = turns(&rig.truth());
    assert_eq!((turns.iter().sum::<usize>(), turns[0]), (12, 3), "{turns:?}");
    let records = rig.measured();
    let due = |record: &farebox_core::RequestRecord| record.sched_ns.unwrap();
    let last = records.iter().map(due).max();
    assert_eq!(marks.stopped_ns, last, "the point goes on to its last turn");
    assert!(records.iter().all(|it| it.send_ns >= due(it)), "nothing goes out early");
    // What a turn waits for its own conversation is no latency: it is not due before.
    let mut told: Vec<_> = rig.pairs().into_iter().map(|(it, sent)| (words(&sent), it)).collect();
    told.sort_by(|(one, _), (other, _)| one.cmp(other));
    let mut followed = 0;
    for pair in told.windows(2).filter(|pair| pair[0].0[..15] == pair[1].0[..15]) {
        followed += 1;
        let thought = due(&pair[1].1).since(pair[0].1.end_ns);
        assert!(thought >= THINK, "due {thought:?} after the answer");
    }
    assert!(followed >= 2, "{followed} turns followed another");
}

#[tokio::test]
async fn turns_that_would_come_after_the_end_are_not_due() {
    let mut rig = rig().await;
    let pace = Pace::new(300.0, Rhythm::Constant).unwrap();
    rig.run(Load::Rate { pace, at_most: None }, Bound::Duration(ms(30))).await;
    let records = rig.measured();
    assert!(
        !records.is_empty() && records.iter().all(farebox_core::RequestRecord::is_ok),
        "{records:?}"
    );
    assert!(records.iter().all(|record| record.isl_requested == 20), "first turns only");
}

#[tokio::test]
async fn whoever_writes_the_prompts_is_not_asked_to_fit_words() {
    let mut settings = settings();
    settings.workload = fixed(4000, 2);
    let fitted = Rig::with(Script::always(Answer::stream()), settings.clone()).await;
    settings.prompts = Some(std::sync::Arc::new(crate::open_loop::Numbered));
    let given = Rig::with(Script::always(Answer::stream()), settings).await;
    let bytes = |rig: &Rig| -> Vec<usize> {
        rig.server.truth().iter().filter(|e| e.method == "POST").map(|e| e.body.len()).collect()
    };
    assert_eq!((bytes(&fitted).len(), bytes(&given).len()), (2, 1));
    assert!(bytes(&given)[0] < 500, "one short request for the fields alone");
}
