//! What came back: how answers ended, how long they were, and who counted.

use super::{Code, Reason};
use crate::curve::LoadPoint;
use crate::health::Start;
use crate::record::FailureReason;

/// Early stops above this share are worth a warning.
const EARLY_STOP_WARN: f64 = 0.01;
/// Early stops above this share make the lengths asked for a fiction.
const EARLY_STOP_INVALID: f64 = 0.20;
/// Failures above this share are worth a warning: the error bound that every promise implies.
const FAILURES_WARN: f64 = crate::slo::IMPLIED_ERROR_RATE;
/// Failures above this share leave nothing to bill on, unless a lower load was served: then it was
/// too much load, which is a finding.
const FAILURES_INVALID: f64 = 0.10;
/// Input lengths further off than this share are worth a warning, and no more: prices are of the
/// tokens that the server counted.
const PROMPT_WARN: f64 = 0.05;
/// First answers that take so much longer than the others are those of a cold server...
const COLD: f64 = 2.0;
/// ...unless they take this little longer, in milliseconds.
const COLD_MS: f64 = 20.0;

pub(super) fn early_stops(point: &LoadPoint) -> Option<Reason> {
    let rate = point.requests.early_stop_rate().filter(|rate| *rate > EARLY_STOP_WARN)?;
    let evidence = format!(
        "{}: {} of {} answers ended before the requested length",
        point.offered, point.requests.early_stop, point.requests.ok
    );
    let hint = "use --ignore-eos where the server allows it, or a shorter --osl";
    Some(Reason::warn(Code::EarlyStop, evidence, hint).or_invalid(rate > EARLY_STOP_INVALID))
}

/// Failures at each load; `points` by rising load.
pub(super) fn failures(points: &[LoadPoint]) -> Vec<Reason> {
    let is_served = |point: &LoadPoint| {
        point.requests.error_rate().is_some_and(|rate| rate <= FAILURES_INVALID)
    };
    let first_served = points.iter().position(is_served).unwrap_or(points.len());
    let numbered = points.iter().enumerate();
    numbered.filter_map(|(n, point)| failures_of(point, n < first_served)).collect()
}

fn failures_of(point: &LoadPoint, is_lowest: bool) -> Option<Reason> {
    let rate = point.requests.error_rate().filter(|rate| *rate > FAILURES_WARN)?;
    let reasons = point.requests.failed.iter().map(|(reason, n)| format!("{} {n}", reason.name()));
    let evidence = format!(
        "{}: {:.1} % of requests failed ({})",
        point.offered,
        rate * 100.0,
        reasons.collect::<Vec<_>>().join(", ")
    );
    let hint = "see `reason` and `detail` in requests.jsonl, and the server's log";
    Some(
        Reason::warn(Code::Failures, evidence, hint)
            .or_invalid(is_lowest && rate > FAILURES_INVALID),
    )
}

pub(super) fn uncounted(point: &LoadPoint) -> Option<Reason> {
    point.requests.has_uncounted_tokens().then(|| {
        let evidence =
            format!("{}: the server sends no token counts; chunks were counted", point.offered);
        let hint = "a chunk may hold several tokens: TPOT and prices are withheld";
        Reason::warn(Code::UncountedTokens, evidence, hint)
    })
}

pub(super) fn sockets(point: &LoadPoint) -> Option<Reason> {
    use FailureReason::{BadHttp, Connect, Reset, Tls};
    let hint = "a full backlog, a limit on connections or a proxy between: see `detail` in \
                requests.jsonl, and `ulimit -n` on both sides";
    let (n, listed) = failed(point, &[Connect, Tls, Reset, BadHttp])?;
    let evidence = format!("{}: {n} connections were refused or broke ({listed})", point.offered);
    Some(Reason::warn(Code::SocketErrors, evidence, hint))
}

pub(super) fn truncated(point: &LoadPoint) -> Option<Reason> {
    let (n, _) = failed(point, &[FailureReason::Truncated])?;
    let evidence =
        format!("{}: {n} streams ended without a finish reason or [DONE]", point.offered);
    let hint = "the server or a proxy cuts them off; they count as failures, not as answers";
    Some(Reason::warn(Code::Truncated, evidence, hint))
}

/// How many requests failed for `reasons`, and how many for each.
fn failed(point: &LoadPoint, reasons: &[FailureReason]) -> Option<(u64, String)> {
    let failed = &point.requests.failed;
    let of: Vec<(FailureReason, u64)> =
        reasons.iter().filter_map(|reason| Some((*reason, *failed.get(reason)?))).collect();
    let listed: Vec<String> =
        of.iter().map(|(reason, n)| format!("{} {n}", reason.name())).collect();
    let n = of.iter().map(|(_, n)| n).sum();
    (n > 0).then(|| (n, listed.join(", ")))
}

pub(super) fn mismatch(point: &LoadPoint) -> Option<Reason> {
    let n = point.health.as_ref()?.token_mismatches;
    let hint = "what the server says it sent is not what it sent: tokens per second and prices \
                rest on its word";
    let evidence =
        format!("{}: {n} answers with more chunks than tokens, or another sum", point.offered);
    (n > 0).then(|| Reason::warn(Code::TokenMismatch, evidence, hint))
}

pub(super) fn prompt_length(point: &LoadPoint) -> Option<Reason> {
    let health = point.health.as_ref()?;
    let (asked, seen) = (health.isl_requested, health.isl_observed?);
    // A token or two are the chat template's.
    let off = (seen - asked).abs().max(2.0) - 2.0;
    let share = off / asked.max(1.0);
    let evidence = format!(
        "{}: prompts were {seen:.0} tokens long by the server's count, {asked:.0} were asked for",
        point.offered
    );
    let hint = "prices are of what was sent; choose an --isl that the server can take, or give \
                --tokenizer";
    (share > PROMPT_WARN).then(|| Reason::warn(Code::PromptLength, evidence, hint))
}

/// Whether the first answers of the load that came first were slow.
pub(super) fn cold(points: &[LoadPoint]) -> Option<Reason> {
    let first = points.iter().min_by_key(|point| point.window_start_ns)?;
    let Start { first_e2e_ms, later_e2e_ms } = first.health.as_ref()?.start?;
    let is_cold = first_e2e_ms > COLD * later_e2e_ms && first_e2e_ms - later_e2e_ms > COLD_MS;
    let evidence = format!(
        "{}: the first answers took {first_e2e_ms:.0} ms, later ones {later_e2e_ms:.0} ms",
        first.offered
    );
    let hint = "it was still compiling, loading or filling caches: send more with --warmup";
    is_cold.then(|| Reason::warn(Code::ColdServer, evidence, hint))
}
