//! Whether the server's own account agrees with ours.

use super::{Code, Reason};
use crate::books::{OurBooks, ServerBooks};
use crate::curve::LoadPoint;

/// Counts further apart than this share are not of the same requests or not of the same tokens.
const APART: f64 = 0.01;
/// Requests that may lie on the other side of a snapshot.
const EDGE: f64 = 1.5;
/// With more than this share of foreign requests the figures are of another experiment.
const FOREIGN_INVALID: f64 = 0.20;
/// A server's TTFT above ours by less than this share...
const ABOVE: f64 = 0.05;
/// ...or by less than this, in milliseconds, is the resolution of its clock.
const ABOVE_MS: f64 = 2.0;

/// Both accounts of a load, where there are both and the server's is whole.
fn accounts(point: &LoadPoint) -> Option<(&OurBooks, &ServerBooks)> {
    let health = point.health.as_ref()?;
    Some((health.ours.as_ref()?, health.server.as_ref().filter(|server| server.resets == 0)?))
}

/// Requests that the server finished and we never sent.
fn foreign(ours: &OurBooks, server: &ServerBooks) -> Option<f64> {
    let sent = ours.requests as f64;
    let more = server.requests? - sent;
    (more > EDGE.max(APART * sent)).then_some(more)
}

pub(super) fn foreign_traffic(point: &LoadPoint) -> Option<Reason> {
    let (ours, server) = accounts(point)?;
    let more = foreign(ours, server)?;
    let evidence = format!(
        "{}: the server finished {more:.0} requests more than the {} that we sent",
        point.offered, ours.requests
    );
    let hint = "somebody else uses the server: figures are of both loads together; measure alone";
    let invalid = more > FOREIGN_INVALID * ours.requests as f64;
    Some(Reason::warn(Code::ForeignTraffic, evidence, hint).or_invalid(invalid))
}

pub(super) fn counts(point: &LoadPoint) -> Option<Reason> {
    let (ours, server) = accounts(point)?;
    if foreign(ours, server).is_some() {
        return None;
    }
    let differs = fewer_requests(ours, server)
        .or_else(|| output_differs(ours, server))
        .or_else(|| input_differs(ours, server))?;
    let hint = "do /metrics and the answers come from one and the same server, not one of several? \
                prices rest on the tokens that answers state";
    let evidence = format!("{}: {differs}", point.offered);
    Some(Reason::warn(Code::ServerCountMismatch, evidence, hint))
}

fn fewer_requests(ours: &OurBooks, server: &ServerBooks) -> Option<String> {
    let (answered, finished) = (ours.answered as f64, server.requests?);
    (answered - finished > EDGE.max(APART * answered)).then(|| {
        format!("the server counts {finished:.0} finished requests, and {answered} were answered")
    })
}

/// Where some requests failed, the server may have made tokens that nobody saw.
fn output_differs(ours: &OurBooks, server: &ServerBooks) -> Option<String> {
    let (mine, theirs) = (ours.output_tokens? as f64, server.output_tokens?);
    let all_answered = ours.requests == ours.answered;
    let over = all_answered && theirs > mine * (1.0 + APART);
    (over || theirs < mine * (1.0 - APART)).then(|| {
        format!("the server counts {theirs:.0} output tokens, and its answers state {mine:.0}")
    })
}

/// Some engines count cached tokens and some do not.
fn input_differs(ours: &OurBooks, server: &ServerBooks) -> Option<String> {
    let (mine, theirs) = (ours.input_tokens? as f64, server.input_tokens?);
    let cached = ours.cached_tokens.map(|n| n as f64).or(server.cached_tokens);
    let least = cached.map_or(0.0, |cached| (mine - cached) * (1.0 - APART));
    let all_answered = ours.requests == ours.answered;
    let over = all_answered && theirs > mine * (1.0 + APART);
    (over || theirs < least).then(|| {
        format!("the server counts {theirs:.0} input tokens, and its answers state {mine:.0}")
    })
}

pub(super) fn ttft(point: &LoadPoint) -> Option<Reason> {
    let (ours, server) = accounts(point)?;
    let (mine, theirs) = (ours.ttft_ms?, server.ttft_ms?);
    let above = theirs - mine > ABOVE_MS.max(ABOVE * mine);
    let evidence = format!(
        "{}: mean ttft is {mine:.1} ms from outside and {theirs:.1} ms by the server's own clock",
        point.offered
    );
    let hint = "a token cannot come before it is made: does a proxy answer in the server's place, \
                or a first event without a token?";
    (above && foreign(ours, server).is_none())
        .then(|| Reason::warn(Code::ServerTtftAbove, evidence, hint))
}

pub(super) fn preemptions(point: &LoadPoint) -> Option<Reason> {
    let (_, server) = accounts(point)?;
    let n = server.preemptions.filter(|n| *n > 0.0)?;
    let evidence = format!(
        "{}: {n:.0} times a request was put aside for want of KV cache, and computed again",
        point.offered
    );
    let hint = "the load is more than the cache holds: fewer requests in flight, shorter ones, or \
                more memory for the cache";
    Some(Reason::warn(Code::Preemptions, evidence, hint))
}

pub(super) fn restarted(point: &LoadPoint) -> Option<Reason> {
    let resets = point.health.as_ref()?.server?.resets;
    let evidence = format!("{}: the server's counters fell {resets} times", point.offered);
    let hint = "it started anew meanwhile, or several servers answer /metrics in turn: its account \
                of this load is not held against ours";
    (resets > 0).then(|| Reason::warn(Code::ServerRestarted, evidence, hint))
}
