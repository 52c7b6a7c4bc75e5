//! KV bytes of an engine that publishes none.

use farebox_core::{
    Phase, RequestRecord, RunInstant, Scope, Signal, Status, TelemetrySample, TokenSource,
};
use farebox_telemetry::kv_estimate::kv_used_bytes;
use proptest::prelude::*;

const SECOND: u64 = 1_000_000_000;

/// 100 tokens in, 11 out, from `first` to `last` seconds.
fn record(first: Option<u64>, last: u64) -> RequestRecord {
    let at = |s: u64| RunInstant::from_nanos(s * SECOND);
    serde_json::from_value::<RequestRecord>(serde_json::json!({
        "request_id": "r", "point": 0, "phase": Phase::Window, "sched_ns": null,
        "send_ns": at(0), "first_token_ns": first.map(at), "last_token_ns": first.map(|_| at(last)),
        "end_ns": at(last), "isl_requested": 90, "osl_requested": 11,
        "input_tokens": 100, "output_tokens": 11, "reasoning_tokens": null, "cached_tokens": null,
        "token_source": TokenSource::UsageFinal, "finish_reason": "length", "early_stop": false,
        "http_status": 200, "connection_reused": false, "status": Status::Ok, "reason": null,
    }))
    .unwrap()
}

fn values(records: &[RequestRecord], seconds: &[f64]) -> Vec<f64> {
    let at = |s: &f64| RunInstant::from_nanos((s * SECOND as f64) as u64);
    let times: Vec<_> = seconds.iter().map(at).collect();
    let samples = kv_used_bytes(records, 2.0, &times);
    let is_right = |(sample, t): (&TelemetrySample, _)| {
        sample.t_ns == t
            && sample.scope == Scope::Engine
            && sample.metric == Signal::KvUsedBytesEstimated
    };
    assert!(samples.iter().zip(times).all(is_right));
    samples.iter().map(|sample| sample.value).collect()
}

#[test]
fn a_request_holds_its_prompt_and_grows_by_its_answer() {
    let one = [record(Some(1), 3)];
    let held = values(&one, &[0.5, 1.0, 2.0, 2.999_999_999, 3.0, 9.0]);
    assert_eq!(held[..3], [0.0, 200.0, 210.0]);
    assert!((held[3] - 220.0).abs() < 1e-6, "all but the newest token: {}", held[3]);
    assert_eq!(held[4..], [0.0, 0.0]);
}

#[test]
fn requests_add_up_and_one_without_a_token_holds_nothing() {
    let three = [record(Some(2), 6), record(None, 9), record(Some(1), 3)];
    assert_eq!(values(&three, &[1.0, 2.0, 4.0]), [200.0, 210.0 + 200.0, 210.0]);
}

#[test]
fn where_nobody_counted_what_was_asked_for_stands_in() {
    let mut uncounted = record(Some(1), 3);
    (uncounted.input_tokens, uncounted.output_tokens) = (None, None);
    assert_eq!(values(&[uncounted], &[1.0]), [180.0]);
}

proptest! {
    /// What is held together is what each holds, and never more than all of it.
    #[test]
    fn holdings_are_a_sum(spans in prop::collection::vec((1_u64..20, 0_u64..20), 0..20)) {
        let records: Vec<_> =
            spans.iter().map(|&(first, lasts)| record(Some(first), first + lasts)).collect();
        let seconds: Vec<_> = (0..80).map(|half| f64::from(half) / 2.0).collect();
        let together = values(&records, &seconds);
        let mut apart = vec![0.0; seconds.len()];
        for one in &records {
            for (sum, value) in apart.iter_mut().zip(values(std::slice::from_ref(one), &seconds)) {
                *sum += value;
            }
        }
        for (together, apart) in together.iter().zip(&apart) {
            prop_assert!((together - apart).abs() < 1e-6);
            prop_assert!(*together <= 220.0 * records.len() as f64);
        }
    }
}
