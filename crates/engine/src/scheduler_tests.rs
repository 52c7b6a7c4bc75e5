//! The scheduler's invariants, and one sweep of a real server replayed through it.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::machine::kv_capacity;
use crate::preset;

fn formula() -> StepTime {
    let model = preset::model("llama-3.1-8b").unwrap();
    StepTime::new(model, preset::accelerator("a100").unwrap())
}

fn scheduler(max_running: usize, max_step_tokens: u64, kv_capacity: u64) -> Scheduler {
    let limits = SchedulerLimits { max_running, max_step_tokens: Tokens(max_step_tokens) };
    Scheduler::new(formula(), limits, Tokens(kv_capacity))
}

fn job(isl: u64, osl: u64) -> Job {
    Job { isl: Tokens(isl), osl: Tokens(osl) }
}

#[test]
fn a_long_prompt_is_read_in_chunks_and_answers_with_its_last() {
    let mut scheduler = scheduler(8, 100, 1_000);
    scheduler.admit(RequestId(1), job(250, 2)).unwrap();
    let emitted: Vec<usize> =
        std::iter::from_fn(|| scheduler.step()).map(|step| step.emissions.len()).collect();
    assert_eq!(emitted, [0, 0, 1, 1]);
}

#[test]
fn decoding_goes_on_while_another_prompt_is_read() {
    let mut scheduler = scheduler(8, 100, 1_000);
    scheduler.admit(RequestId(1), job(10, 5)).unwrap();
    scheduler.step().unwrap();
    scheduler.admit(RequestId(2), job(150, 1)).unwrap();
    let ids: Vec<Vec<u64>> = std::iter::from_fn(|| scheduler.step())
        .map(|step| step.emissions.iter().map(|emission| emission.id.0).collect())
        .collect();
    assert_eq!(ids, [vec![1], vec![1, 2], vec![1], vec![1]]);
}

#[test]
fn who_does_not_fit_waits_and_nobody_overtakes() {
    let mut scheduler = scheduler(8, 1_000, 100);
    scheduler.admit(RequestId(1), job(50, 2)).unwrap();
    scheduler.admit(RequestId(2), job(80, 1)).unwrap();
    scheduler.admit(RequestId(3), job(1, 1)).unwrap();
    let order: Vec<u64> = std::iter::from_fn(|| scheduler.step())
        .flat_map(|step| step.emissions)
        .map(|emission| emission.id.0)
        .collect();
    assert_eq!(order, [1, 1, 2, 3]);
}

#[test]
fn what_can_never_run_is_refused() {
    let mut scheduler = scheduler(8, 1_000, 100);
    let too_large = AdmitError::TooLarge { needed: Tokens(101), capacity: Tokens(100) };
    assert_eq!(scheduler.admit(RequestId(1), job(100, 1)), Err(too_large));
    assert_eq!(scheduler.admit(RequestId(2), job(0, 1)), Err(AdmitError::Empty));
    assert_eq!(scheduler.admit(RequestId(3), job(1, 0)), Err(AdmitError::Empty));
    assert!(scheduler.is_idle());
}

#[test]
fn cancelling_frees_the_cache() {
    let mut scheduler = scheduler(8, 10, 100);
    scheduler.admit(RequestId(1), job(50, 50)).unwrap();
    scheduler.admit(RequestId(2), job(50, 50)).unwrap();
    scheduler.step().unwrap();
    assert_eq!(scheduler.kv_reserved(), Tokens(100));
    scheduler.cancel(RequestId(1));
    assert_eq!(scheduler.kv_reserved(), Tokens(0));
    scheduler.cancel(RequestId(2));
    assert_eq!(scheduler.step(), None);
}

/// Mean TTFT and mean gap between tokens of a burst of `batch` requests, in milliseconds.
fn replay_burst(batch: u64, isl: u64, osl: u64) -> (f64, f64) {
    let model = preset::model("llama-3.1-8b").unwrap();
    let capacity = kv_capacity(&model, &preset::accelerator("a100").unwrap());
    let mut scheduler = Scheduler::new(formula(), SchedulerLimits::default(), capacity);
    for id in 0..batch {
        scheduler.admit(RequestId(id), job(isl, osl)).unwrap();
    }
    let (mut now, mut first, mut last) = (0.0, BTreeMap::new(), BTreeMap::new());
    while let Some(step) = scheduler.step() {
        now += step.duration.as_secs_f64() * 1e3;
        for emission in step.emissions {
            first.entry(emission.id).or_insert(now);
            last.insert(emission.id, now);
        }
    }
    let n = batch as f64;
    let ttft: f64 = first.values().sum::<f64>() / n;
    let ends: f64 = last.values().sum::<f64>() / n;
    (ttft, (ends - ttft) / (osl - 1) as f64)
}

/// Batch, mean TTFT in ms and mean TPOT in ms of the series `base_1` (Llama-3.1-8B in bf16 on one
/// A100-80GB, 1,884 + 449 tokens, vLLM) in github.com/rushilbhat/inference-pricing.
const MEASURED: [(u64, f64, f64); 8] = [
    (1, 125.4, 11.96),
    (2, 189.3, 12.43),
    (4, 319.6, 13.09),
    (8, 570.7, 14.50),
    (16, 1094.1, 17.41),
    (32, 2127.7, 25.15),
    (64, 4370.4, 37.19),
    (128, 9420.7, 61.53),
];

#[test]
fn bursts_take_the_measured_times() {
    for (batch, ttft, tpot) in MEASURED {
        let (got_ttft, got_tpot) = replay_burst(batch, 1884, 449);
        let bound = if batch == 128 { 0.13 } else { 0.06 };
        assert!((got_ttft / ttft - 1.0).abs() < bound, "ttft at {batch}: {got_ttft} not {ttft}");
        assert!((got_tpot / tpot - 1.0).abs() < 0.05, "tpot at {batch}: {got_tpot} not {tpot}");
    }
}

fn jobs() -> impl Strategy<Value = Vec<Job>> {
    let one = (1_u64..400, 1_u64..40).prop_map(|(isl, osl)| job(isl, osl));
    prop::collection::vec(one, 1..30)
}

proptest! {
    #[test]
    fn everyone_gets_exactly_their_tokens_in_order(
        jobs in jobs(), max_running in 1_usize..10, budget in 1_u64..300, capacity in 440_u64..2_000,
    ) {
        let mut scheduler = scheduler(max_running, budget, capacity);
        for (id, job) in (0..).zip(&jobs) {
            scheduler.admit(RequestId(id), *job).unwrap();
        }
        let mut twin = scheduler.clone();
        let mut emitted = vec![0; jobs.len()];
        while let Some(step) = scheduler.step() {
            prop_assert_eq!(twin.step(), Some(step.clone()));
            prop_assert!(scheduler.kv_reserved() <= Tokens(capacity));
            for emission in step.emissions {
                let count = &mut emitted[emission.id.0 as usize];
                prop_assert_eq!(emission.index, *count);
                *count += 1;
                prop_assert_eq!(emission.left.0 + *count, jobs[emission.id.0 as usize].osl.0);
            }
        }
        let asked: Vec<u64> = jobs.iter().map(|job| job.osl.0).collect();
        prop_assert_eq!(emitted, asked);
        prop_assert_eq!(scheduler.kv_reserved(), Tokens(0));
        prop_assert!(scheduler.is_idle());
    }

    #[test]
    fn cancelling_anyone_leaves_the_others_whole(jobs in jobs(), victim in 0_usize..30, after in 0_u32..20) {
        let mut scheduler = scheduler(4, 100, 1_000);
        for (id, job) in (0..).zip(&jobs) {
            scheduler.admit(RequestId(id), *job).unwrap();
        }
        let victim = RequestId((victim % jobs.len()) as u64);
        let mut emitted = vec![0; jobs.len()];
        for step_number in 0.. {
            if step_number == after {
                scheduler.cancel(victim);
            }
            let Some(step) = scheduler.step() else { break };
            for emission in step.emissions {
                prop_assert!(emission.id != victim || step_number < after);
                emitted[emission.id.0 as usize] += 1;
            }
        }
        for (id, job) in (0..).zip(&jobs) {
            prop_assert!(RequestId(id) == victim || emitted[id as usize] == job.osl.0);
        }
    }
}
