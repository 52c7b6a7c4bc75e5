//! Whether the load was what was asked for. Whether the client could make it is for
//! [`crate::client`].

use super::{Code, Reason};
use crate::books::ServerBooks;
use crate::cache::{CacheControl, CacheState};
use crate::curve::{LoadKind, LoadPoint};
use crate::distribution::Distribution;
use crate::metric::Statistic;
use crate::quantity::Milliseconds;

/// Sends later than this part of TTFT make it a figure of the client as much as of the server...
const LATE_SHARE: f64 = 0.10;
/// ...unless they are this early: the hand-over between threads takes up to that.
const LATE: Milliseconds = Milliseconds::new(10.0);
/// A rate that falls short by more than this share was not offered...
const RATE_SHORT: f64 = 0.01;
/// ...unless so few requests are missing: they may just have crossed the window's edge.
const RATE_EDGE: f64 = 3.0;
/// Below this share of the requests in flight that were asked for, the load was another...
const CONCURRENCY_WARN: f64 = 0.90;
/// ...and below this one it was not even near, in a window of a second or more: in a shorter one a
/// single pause weighs too much.
const CONCURRENCY_INVALID: f64 = 0.50;
/// Shares of cached tokens further from the declared one than this are worth a warning...
const CACHE_WARN: f64 = 0.10;
/// ...and further than this make it another experiment.
const CACHE_INVALID: f64 = 0.30;

/// Compared where one in ten is worse: p90 of the lag with p90 of TTFT, both from the schedule.
pub(super) fn late_sends(point: &LoadPoint) -> Option<Reason> {
    let p90 = |of: &Option<Distribution>| of.as_ref()?.at(Statistic::Percentile(90.0));
    let (lag, ttft) = (p90(&point.send_lag_ms)?, p90(&point.ttft_sched_ms)?);
    let evidence = format!(
        "{}: one request in ten went out {lag} or more after it was due, of a TTFT of {ttft}",
        point.offered
    );
    let hint = "a cap on requests in flight keeps them back: raise it; without one, this machine \
                is too busy to send at that rate";
    (lag > LATE && lag > ttft.times(LATE_SHARE))
        .then(|| Reason::warn(Code::LateSends, evidence, hint))
}

pub(super) fn rate(point: &LoadPoint) -> Option<Reason> {
    let health = point.health.as_ref()?;
    let (due, sent) = (health.due_per_s?, health.sent_per_s?);
    let missing = (due - sent) * point.window_s?;
    let evidence = format!(
        "{}: {sent:.1} requests a second went out of {due:.1} that were due",
        point.offered
    );
    let hint = "a cap on requests in flight keeps them back: raise it, or offer a lower rate";
    (missing > RATE_EDGE && due - sent > RATE_SHORT * due)
        .then(|| Reason::warn(Code::RateNotReached, evidence, hint))
}

pub(super) fn concurrency(point: &LoadPoint) -> Option<Reason> {
    let (asked, held) = (point.offered.value, point.health.as_ref()?.in_flight);
    let held_in_a_loop = point.offered.kind == LoadKind::Concurrency && point.offered.steady;
    let evidence = format!("{}: {held:.1} requests were in flight on average", point.offered);
    let hint = "answers that are over at once, failures with their pauses, or a client too slow to \
                send: ask for longer answers or more requests in flight";
    (held_in_a_loop && held < CONCURRENCY_WARN * asked).then(|| {
        let invalid = held < CONCURRENCY_INVALID * asked && point.window_s >= Some(1.0);
        Reason::warn(Code::ConcurrencyNotReached, evidence, hint).or_invalid(invalid)
    })
}

/// Whether the prefix cache held what was declared.
pub(super) fn cache(points: &[LoadPoint], control: &CacheControl) -> Vec<Reason> {
    let answered = points.iter().filter(|point| point.requests.ok > 0);
    answered.filter_map(|point| cache_at(point, control.declared)).collect()
}

fn cache_at(point: &LoadPoint, declared: CacheState) -> Option<Reason> {
    let health = point.health.as_ref()?;
    let counted = || health.server.as_ref().and_then(ServerBooks::cached_fraction);
    let Some(seen) = health.cached_fraction.or_else(counted) else {
        let evidence = format!(
            "{}: --cache {declared} cannot be checked: the server counts no cached tokens",
            point.offered
        );
        let hint = "vLLM counts them with --enable-prompt-tokens-details";
        return Some(Reason::warn(Code::CacheUnverified, evidence, hint));
    };
    let off = (seen - declared.share()).abs();
    let evidence = format!(
        "{}: {:.0} % of input tokens came from the prefix cache, --cache {declared} declares {:.0} %",
        point.offered,
        seen * 100.0,
        declared.share() * 100.0
    );
    let hint = "is prefix caching on, are prompts long enough for whole blocks, and does the cache \
                have room for them?";
    (off > CACHE_WARN)
        .then(|| Reason::warn(Code::CacheMismatch, evidence, hint).or_invalid(off > CACHE_INVALID))
}
