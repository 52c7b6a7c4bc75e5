//! The state machine from bytes to events and outcome.

use super::event::{EventKind, StreamEvent};
use super::outcome::{CountSource, Ending, Failure, StreamOutcome, Streamed, When};
use super::progress::{Progress, Step};
use super::totals::Totals;
use crate::chunk::{self, Chunk, Delta, Payload, Stencil};
use crate::error_body::ErrorBody;
use crate::finish::FinishReason;
use crate::sse::{DEFAULT_LIMIT, Framing, SseDecoder, SseError, SseEvent};

/// Choices beyond this many share the last place: an index is a number from the network.
const MAX_CHOICES: usize = 1024;

/// Reads one streamed answer. Feed it each read, then [`StreamReader::finish`] it.
#[derive(Debug)]
pub struct StreamReader {
    decoder: SseDecoder,
    stencil: Stencil,
    state: State,
}

/// What the payloads so far have said.
#[derive(Debug, Default)]
struct State {
    choices: Vec<Option<Progress>>,
    done: bool,
    finish: Option<FinishReason>,
    totals: Totals,
    streamed: Streamed,
    failure: Option<Failure>,
}

impl Default for StreamReader {
    fn default() -> Self {
        Self::new()
    }
}

impl StreamReader {
    /// A reader for one answer.
    pub fn new() -> Self {
        Self::with_limit(DEFAULT_LIMIT)
    }

    /// A reader that holds at most `limit` bytes of one event.
    pub fn with_limit(limit: usize) -> Self {
        let decoder = SseDecoder::with_limit(limit);
        Self { decoder, stencil: Stencil::default(), state: State::default() }
    }

    /// Takes the bytes of one read. An event too long to hold makes the ending
    /// [`Ending::BadJson`]; nothing after it is read.
    pub fn feed(&mut self, bytes: &[u8], mut on_event: impl FnMut(StreamEvent)) {
        let Self { decoder, stencil, state } = self;
        let result = decoder.feed(bytes, |event| state.on_sse(event, stencil, &mut on_event));
        self.state.on_decoded(result, &mut on_event);
    }

    /// Says that the body is over: reads what a missing line end held back.
    pub fn finish(&mut self, mut on_event: impl FnMut(StreamEvent)) {
        let Self { decoder, stencil, state } = self;
        let result = decoder.finish(|event| state.on_sse(event, stencil, &mut on_event));
        self.state.on_decoded(result, &mut on_event);
    }

    /// Whether `[DONE]` has come: a caller may stop reading here.
    pub fn is_done(&self) -> bool {
        self.state.done
    }

    /// How the stream would have ended, were it over now.
    pub fn ending(&self) -> Ending {
        self.state.ending()
    }

    /// What the stream has said so far.
    pub fn outcome(&self) -> StreamOutcome {
        let state = &self.state;
        StreamOutcome {
            ending: state.ending(),
            finish: state.finish,
            usage: state.totals.usage(),
            native: state.totals.native(),
            streamed: state.streamed,
            failure: state.failure.clone(),
        }
    }
}

impl State {
    fn on_sse(
        &mut self,
        event: SseEvent<'_>,
        stencil: &mut Stencil,
        on_event: &mut impl FnMut(StreamEvent),
    ) {
        if event.framing == Framing::Comment || event.name == Some(b"ping") {
            return emit(on_event, EventKind::Ping);
        }
        if event.name == Some(b"error") {
            return self.fail_in_band(ErrorBody::parse(event.data), on_event);
        }
        if let Some(chunk) = stencil.chunk_of(event.data) {
            return self.on_chunk(chunk, on_event);
        }
        match chunk::parse(event.data) {
            Ok(Payload::Done) => self.done = true,
            Ok(Payload::Null) => emit(on_event, EventKind::Ping),
            Ok(Payload::Error(error)) => self.fail_in_band(error, on_event),
            Ok(Payload::Chunk(chunk)) => {
                self.on_chunk(&chunk, on_event);
                stencil.cut(event.data, chunk);
            }
            Err(error) => self.fail(Failure::BadJson(error.to_string()), on_event),
        }
    }

    fn on_decoded(&mut self, result: Result<(), SseError>, on_event: &mut impl FnMut(StreamEvent)) {
        // A stopped decoder repeats its error; the stream failed once.
        if let Err(error) = result
            && self.failure.is_none()
        {
            self.fail(Failure::BadJson(error.to_string()), on_event);
        }
    }

    fn on_chunk(&mut self, chunk: &Chunk, on_event: &mut impl FnMut(StreamEvent)) {
        let mut sum = ChunkSum::default();
        for delta in chunk.deltas.iter() {
            let progress = self.progress(delta);
            sum.add(progress.step(*delta, chunk.usage, chunk.dialect));
            if let Some(reason) = delta.finish {
                if !std::mem::replace(&mut progress.ended, true) {
                    self.totals.on_end();
                }
                self.finish = Some(reason);
                sum.ended = true;
            }
        }
        // Several choices in one chunk share its counts: the first stands for all.
        self.totals.enter(chunk.deltas.iter().next().map(place), chunk);
        self.emit_chunk(chunk, &sum, on_event);
    }

    fn emit_chunk(
        &mut self,
        chunk: &Chunk,
        sum: &ChunkSum,
        on_event: &mut impl FnMut(StreamEvent),
    ) {
        let states_usage = chunk.usage.is_some_and(|usage| usage.output_tokens > 0);
        let is_final = chunk.deltas.is_empty() || sum.ended || self.all_ended();
        let final_usage = states_usage && is_final;
        if let Some(kind) = sum.kind {
            let counted = sum.counted();
            self.streamed.add(counted);
            on_event(StreamEvent { kind, tokens: counted.map(|(tokens, _)| tokens) });
        } else if chunk.progress.is_some() {
            emit(on_event, EventKind::Progress);
        } else if sum.role {
            emit(on_event, EventKind::Role);
        } else if !sum.ended && !final_usage {
            emit(on_event, EventKind::Progress);
        }
        if sum.ended {
            emit(on_event, EventKind::Finish);
        }
        if final_usage {
            emit(on_event, EventKind::Usage);
        }
    }

    fn fail_in_band(&mut self, error: ErrorBody, on_event: &mut impl FnMut(StreamEvent)) {
        let when = match self.streamed.events {
            0 => When::BeforeFirstToken,
            _ => When::AfterFirstToken,
        };
        self.fail(Failure::InBand(error, when), on_event);
    }

    fn fail(&mut self, failure: Failure, on_event: &mut impl FnMut(StreamEvent)) {
        self.failure.get_or_insert(failure);
        emit(on_event, EventKind::Error);
    }

    fn progress(&mut self, delta: &Delta) -> &mut Progress {
        let place = place(delta);
        if self.choices.len() <= place {
            self.choices.resize_with(place + 1, || None);
        }
        self.choices[place].get_or_insert_with(Progress::new)
    }

    fn all_ended(&self) -> bool {
        let mut begun = self.choices.iter().flatten().peekable();
        begun.peek().is_some() && begun.all(|progress| progress.ended)
    }

    fn ending(&self) -> Ending {
        match &self.failure {
            Some(Failure::InBand(_, when)) => Ending::InBandError(*when),
            Some(Failure::BadJson(_)) => Ending::BadJson,
            None if self.done || self.all_ended() => Ending::Complete,
            None => Ending::Truncated,
        }
    }
}

/// What the deltas of one chunk brought together. The clock knows chunks and not choices, so a
/// chunk bears tokens once, however many deltas it has.
#[derive(Debug, Default)]
struct ChunkSum {
    kind: Option<EventKind>,
    tokens: u32,
    source: Option<CountSource>,
    uncounted: bool,
    role: bool,
    ended: bool,
}

impl ChunkSum {
    fn add(&mut self, step: Step) {
        match step {
            Step::Nothing => {}
            Step::Role => self.role = true,
            Step::Tokens(kind, counted) => {
                // An answer beside reasoning is an answer: TTFO must not miss it.
                if self.kind.is_none_or(|so_far| so_far == EventKind::Reasoning) {
                    self.kind = Some(kind);
                }
                self.uncounted |= counted.is_none();
                if let Some((tokens, source)) = counted {
                    self.tokens = self.tokens.saturating_add(tokens);
                    self.source = self.source.max(Some(source));
                }
            }
        }
    }

    fn counted(&self) -> Option<(u32, CountSource)> {
        self.source.filter(|_| !self.uncounted).map(|source| (self.tokens, source))
    }
}

impl Streamed {
    fn add(&mut self, counted: Option<(u32, CountSource)>) {
        self.counted = match (self.events, self.counted, counted) {
            (0, _, first) => first.map(|(tokens, source)| (u64::from(tokens), source)),
            (_, Some((sum, worst)), Some((tokens, source))) => {
                Some((sum.saturating_add(u64::from(tokens)), worst.max(source)))
            }
            _ => None,
        };
        self.events += 1;
    }
}

fn place(delta: &Delta) -> usize {
    usize::try_from(delta.index).unwrap_or(MAX_CHOICES).min(MAX_CHOICES - 1)
}

fn emit(on_event: &mut impl FnMut(StreamEvent), kind: EventKind) {
    on_event(StreamEvent { kind, tokens: None });
}
