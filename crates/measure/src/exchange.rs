//! One request and its answer, timed: the hot path.

use crate::ask::Ask;
use crate::cancel::Cancel;
use crate::clock::RunClock;
use crate::connection::Connection;
use crate::failure::{self, Broken, Fault};
use crate::guard::Guard;
use crate::lag::LagBook;
use crate::settings::{EventDetail, Patience};
use crate::transcript::{Notes, Transcript, count_tokens};
use farebox_core::{FailureReason, Phase, RequestRecord, Status, TokenSource};
use farebox_wire::http::{HttpError, ResponseReader};
use farebox_wire::stream::{Failure, StreamOutcome};
use farebox_wire::{ErrorBody, FinishReason};
use std::cell::RefCell;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

/// What every exchange of a run shares.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) clock: RunClock,
    pub(crate) patience: Patience,
    pub(crate) events: EventDetail,
    pub(crate) min_osl: Option<u32>,
    pub(crate) cancel: Cancel,
    /// How late reads were.
    pub(crate) lags: Arc<LagBook>,
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

/// Longest error body kept, in bytes.
const MAX_ERROR_BODY: usize = 64 * 1024;
/// Largest single read, in bytes.
const BUFFER: usize = 64 * 1024;

thread_local! {
    /// One buffer per event loop: bytes are looked at as they are read, and never kept in it.
    static READ_INTO: RefCell<Box<[u8]>> = RefCell::new(vec![0; BUFFER].into_boxed_slice());
}

/// Sends `ask` over `connection` and reads the answer to its end.
pub(crate) async fn exchange(connection: &mut Connection, ask: Ask, rules: &Rules) -> Exchanged {
    let mut record = blank(&ask, rules.clock, Instant::now());
    record.connection_reused = connection.carried > 0;
    let mut guard = Guard::new(rules.patience, rules.cancel.clone());
    let reads_before = connection.last_read().id;
    connection.send(ask.bytes);
    let mut answer = Answer::new(ask.osl, rules.events);
    let ended =
        poll_fn(|cx| READ_INTO.with_borrow_mut(|buf| answer.poll(cx, connection, &mut guard, buf)));
    let ended = ended.await;

    let sent = connection.first_write().unwrap_or_else(Instant::now);
    record.send_ns = rules.clock.at(sent);
    record.http_status = answer.reader.head().map(|head| head.status);
    record.end_ns = rules.clock.now();
    rules.lags.add(&connection.take_lags());
    let mut transcript =
        answer.transcript.unwrap_or_else(|| Transcript::new(sent, 0, rules.events));
    let outcome = transcript.finish(connection.last_read());
    let refused = record.http_status.filter(|status| *status != 200);
    let refusal = refused.map(|_| ErrorBody::parse(&answer.refusal));
    let ended = match (refused, &refusal) {
        (Some(status), Some(body)) => Err(Broken::Failed(Fault::of_status(status, body))),
        _ => ended,
    };
    conclude(&mut record, transcript.notes, &outcome, ended, rules);
    Exchanged { record, refusal, answered: connection.last_read().id != reads_before }
}

/// An answer under way.
struct Answer {
    reader: ResponseReader,
    osl: u32,
    detail: EventDetail,
    /// Begins with the first byte that comes.
    transcript: Option<Transcript>,
    /// The body of any other status, as far as it is worth.
    refusal: Vec<u8>,
}

impl Answer {
    fn new(osl: u32, detail: EventDetail) -> Self {
        let (reader, refusal) = (ResponseReader::default(), Vec::new());
        Self { reader, osl, detail, transcript: None, refusal }
    }

    /// Moves bytes until the answer is over, broken or waiting.
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        connection: &mut Connection,
        guard: &mut Guard,
        buf: &mut [u8],
    ) -> Poll<Result<(), Broken>> {
        let mut bytes_came = false;
        loop {
            match connection.poll_answer(cx, buf) {
                Poll::Pending => {
                    let last_read = connection.last_read().at;
                    return guard
                        .poll(cx, last_read, bytes_came)
                        .map(|gave_up| Err(gave_up.into()));
                }
                Poll::Ready(Err(error)) => {
                    return Poll::Ready(Err(Broken::Failed(failure::of_io(&error))));
                }
                Poll::Ready(Ok(0)) => {
                    return Poll::Ready(self.reader.close().map_err(|error| broken(&error)));
                }
                Poll::Ready(Ok(read)) => {
                    bytes_came = true;
                    match self.take(&buf[..read], connection) {
                        Err(error) => return Poll::Ready(Err(broken(&error))),
                        Ok(()) if self.reader.is_over() => return Poll::Ready(Ok(())),
                        Ok(()) => {}
                    }
                    if let Some(transcript) = &self.transcript
                        && transcript.notes.first_token.is_some()
                    {
                        guard.tokens_flow(connection.last_read().at);
                    }
                }
            }
        }
    }

    /// Takes the bytes of the latest read.
    fn take(&mut self, bytes: &[u8], connection: &mut Connection) -> Result<(), HttpError> {
        let Self { reader, osl, detail, transcript, refusal } = self;
        let stamp = connection.last_read();
        let transcript = transcript.get_or_insert_with(|| {
            let sent = connection.first_write().unwrap_or(stamp.at);
            Transcript::new(sent, *osl, *detail)
        });
        let taken = reader.feed(bytes, |head, data| {
            if head.status == 200 { transcript.feed(data, stamp) } else { keep(refusal, data) }
        })?;
        connection.may_go_on = reader.may_go_on() && taken == bytes.len();
        Ok(())
    }
}

fn keep(refusal: &mut Vec<u8>, data: &[u8]) {
    let room = MAX_ERROR_BODY.saturating_sub(refusal.len());
    refusal.extend_from_slice(&data[..data.len().min(room)]);
}

fn broken(error: &HttpError) -> Broken {
    Broken::Failed(failure::of_http(*error))
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
    record.server_times = outcome.native.and_then(|native| native.times);
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
        server_times: None,
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
