//! One request and its answer, timed: the hot path.

use crate::ask::Ask;
use crate::cancel::Cancel;
use crate::clock::RunClock;
use crate::connection::Connection;
use crate::failure::{self, Broken, Fault, Progress};
use crate::guard::Guard;
use crate::settings::{EventDetail, Patience};
use crate::transcript::{Notes, Transcript, count_tokens};
use bytes::Bytes;
use farebox_core::{FailureReason, Phase, RequestRecord, Status, TokenSource};
use farebox_wire::stream::{Failure, StreamOutcome};
use farebox_wire::{ErrorBody, FinishReason};
use http_body_util::BodyExt;
use hyper::Response;
use hyper::body::{Body, Incoming};
use std::time::Instant;

/// What every exchange of a run shares.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) clock: RunClock,
    pub(crate) patience: Patience,
    pub(crate) events: EventDetail,
    pub(crate) min_osl: Option<u32>,
    pub(crate) cancel: Cancel,
}

/// A finished exchange: its record, and the refusal's body where there was one.
pub(crate) struct Exchanged {
    pub(crate) record: RequestRecord,
    pub(crate) refusal: Option<ErrorBody>,
    /// Whether a single byte came back.
    answered: bool,
}

impl Exchanged {
    /// The end of a request that never got a connection.
    pub(crate) fn never_sent(ask: &Ask, rules: &Rules, tried: Instant, broken: Broken) -> Self {
        let mut record = blank(ask, rules.clock, tried);
        record.end_ns = rules.clock.now();
        set_status(&mut record, Some(broken));
        Self { record, refusal: None, answered: false }
    }

    /// Whether it ended before a byte came back because the connection was closed under it.
    pub(crate) fn was_lost(&self) -> bool {
        !self.answered && self.record.reason == Some(FailureReason::Reset)
    }
}

/// Longest error body read.
const MAX_ERROR_BODY: usize = 64 * 1024;

/// Sends `ask` over `connection` and reads the answer to its end.
pub(crate) async fn exchange(connection: &mut Connection, ask: Ask, rules: &Rules) -> Exchanged {
    let mut record = blank(&ask, rules.clock, Instant::now());
    record.connection_reused = connection.carried > 0;
    let mut guard = Guard::new(rules.patience, rules.cancel.clone());
    let reads_before = connection.last_read().id;
    let head = connection.send(ask.http);
    let head = guard.wait(connection, head).await;
    let sent = connection.first_write().unwrap_or_else(Instant::now);
    record.send_ns = rules.clock.at(sent);

    let mut transcript = Transcript::new(sent, ask.osl, rules.events);
    let mut refusal = None;
    let ended = match head {
        Err(gave_up) => Err(gave_up.into()),
        Ok(Err(error)) => Err(Broken::Failed(failure::of_http(&error, Progress::BeforeHead))),
        Ok(Ok(response)) => {
            record.http_status = Some(response.status().as_u16());
            if response.status() == 200 {
                read_stream(connection, &mut guard, response, &mut transcript).await
            } else {
                let status = response.status().as_u16();
                let body = read_refusal(connection, &mut guard, response).await;
                let fault = Fault::of_status(status, &body);
                refusal = Some(body);
                Err(Broken::Failed(fault))
            }
        }
    };
    record.end_ns = rules.clock.now();
    let outcome = transcript.finish(connection.last_read());
    conclude(&mut record, transcript.notes, &outcome, ended, rules);
    Exchanged { record, refusal, answered: connection.last_read().id != reads_before }
}

/// Reads a streamed answer frame by frame, stamping each with the read that brought it.
async fn read_stream(
    connection: &mut Connection,
    guard: &mut Guard,
    response: Response<Incoming>,
    transcript: &mut Transcript,
) -> Result<(), Broken> {
    let mut body = response.into_body();
    loop {
        match guard.wait(connection, body.frame()).await? {
            None => return Ok(()),
            Some(Err(error)) => {
                return Err(Broken::Failed(failure::of_http(&error, Progress::InBody)));
            }
            Some(Ok(frame)) => {
                let stamp = connection.last_read();
                if let Some(bytes) = frame.data_ref() {
                    transcript.feed(bytes, stamp);
                }
                if transcript.notes.first_token.is_some() {
                    guard.tokens_flow(stamp.at);
                }
            }
        }
        // The last chunk of a body may arrive with its last token; asking spares a wait that
        // would only learn it from a later read.
        if body.is_end_stream() {
            return Ok(());
        }
    }
}

/// Reads the body of a refusal as far as it is worth, whatever happens on the way.
async fn read_refusal(
    connection: &mut Connection,
    guard: &mut Guard,
    response: Response<Incoming>,
) -> ErrorBody {
    let mut body = response.into_body();
    let mut bytes: Vec<u8> = Vec::new();
    while bytes.len() < MAX_ERROR_BODY {
        match guard.wait(connection, body.frame()).await {
            Ok(Some(Ok(frame))) => bytes.extend(frame.into_data().unwrap_or_else(|_| Bytes::new())),
            _ => break,
        }
    }
    ErrorBody::parse(&bytes)
}

/// Writes what the transcript and the ending say into the record.
fn conclude(
    record: &mut RequestRecord,
    notes: Notes,
    outcome: &StreamOutcome,
    ended: Result<(), Broken>,
    rules: &Rules,
) {
    let at = |instant: Option<Instant>| instant.map(|instant| rules.clock.at(instant));
    record.first_token_ns = at(notes.first_token);
    record.first_output_ns = at(notes.first_output);
    record.last_token_ns = at(notes.last_token);
    record.token_chunks = notes.token_chunks;
    record.first_chunk_tokens = notes.first_chunk_tokens;
    record.events = notes.events;
    record.finish_reason = outcome.finish.map(|finish| finish.as_wire().to_owned());
    if record.first_token_ns.is_some() {
        let (tokens, source) = count_tokens(outcome, notes.token_chunks);
        record.output_tokens = Some(tokens);
        record.token_source = Some(source);
    }
    if let Some(usage) = outcome.usage {
        record.input_tokens = usage.input_tokens;
        record.reasoning_tokens = usage.reasoning_tokens;
        record.cached_tokens = usage.cached_tokens;
    } else if let Some(native) = outcome.native {
        record.input_tokens = native.input_tokens;
        record.cached_tokens = native.cached_tokens;
    }
    let broken = ended.err().or_else(|| flaw(record, outcome, rules.min_osl).map(Broken::Failed));
    set_status(record, broken);
    record.early_stop = record.is_ok() && stopped_early(record);
}

/// What is wrong with an answer that arrived: an error inside it, no end, no token, too few.
fn flaw(record: &RequestRecord, outcome: &StreamOutcome, min_osl: Option<u32>) -> Option<Fault> {
    let message = outcome.failure.as_ref().map(Failure::message);
    if let Some(fault) = Fault::of_ending(outcome.ending, message) {
        return Some(fault);
    }
    if outcome.finish == Some(FinishReason::Abort) {
        return Some(Fault::new(FailureReason::InBandError, "the engine aborted the request"));
    }
    let Some(tokens) = record.output_tokens else {
        return Some(Fault::new(FailureReason::Empty, "a complete answer without a token"));
    };
    let short = min_osl.is_some_and(|least| tokens < u64::from(least));
    short.then(|| {
        let least = min_osl.unwrap_or_default();
        Fault::new(FailureReason::TooShort, format!("{tokens} tokens, fewer than {least}"))
    })
}

/// Fewer tokens than asked for; where nobody counted, the server's own word `stop`.
fn stopped_early(record: &RequestRecord) -> bool {
    match record.token_source {
        Some(TokenSource::Chunks) | None => record.finish_reason.as_deref() == Some("stop"),
        Some(_) => record.output_tokens < Some(u64::from(record.osl_requested)),
    }
}

fn set_status(record: &mut RequestRecord, broken: Option<Broken>) {
    (record.status, record.reason, record.detail) = match broken {
        None => (Status::Ok, None, None),
        Some(Broken::Cancelled) => (Status::Cancelled, None, None),
        Some(Broken::Failed(fault)) => (Status::Failed, Some(fault.reason), Some(fault.detail)),
    };
}

fn blank(ask: &Ask, clock: RunClock, tried: Instant) -> RequestRecord {
    RequestRecord {
        request_id: ask.id.clone(),
        point: 0,
        batch: None,
        phase: Phase::Warmup,
        sched_ns: None,
        send_ns: clock.at(tried),
        first_token_ns: None,
        first_output_ns: None,
        last_token_ns: None,
        end_ns: clock.at(tried),
        events: Vec::new(),
        token_chunks: 0,
        first_chunk_tokens: None,
        isl_requested: ask.isl,
        osl_requested: ask.osl,
        input_tokens: None,
        output_tokens: None,
        reasoning_tokens: None,
        cached_tokens: None,
        token_source: None,
        finish_reason: None,
        early_stop: false,
        http_status: None,
        connection_reused: false,
        status: Status::Cancelled,
        reason: None,
        detail: None,
    }
}
