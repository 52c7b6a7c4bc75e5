//! The events of one stream with their times, and what the definitions need of them.

use crate::settings::EventDetail;
use crate::stamped::ReadStamp;
use farebox_core::{Event, EventKind, TokenSource};
use farebox_wire::stream::{
    CountSource, EventKind as WireKind, StreamEvent, StreamOutcome, StreamReader,
};
use std::time::Instant;

/// Takes the bytes of one answer, read by read.
pub(crate) struct Transcript {
    reader: StreamReader,
    pub(crate) notes: Notes,
}

/// What the definitions need of the stream so far.
pub(crate) struct Notes {
    sent: Instant,
    detail: EventDetail,
    pub(crate) events: Vec<Event>,
    pub(crate) token_chunks: u32,
    pub(crate) first_chunk_tokens: Option<u32>,
    pub(crate) first_token: Option<Instant>,
    pub(crate) first_output: Option<Instant>,
    pub(crate) last_token: Option<Instant>,
    /// When the finish reason or the final usage came: the only time known for a token that
    /// came without text.
    closing: Option<Instant>,
}

/// Room for more events than this is not made ahead.
const MAX_AHEAD: u32 = 16_384;

impl Transcript {
    /// The transcript of a request sent at `sent`, expected to bring `osl` tokens.
    pub(crate) fn new(sent: Instant, osl: u32, detail: EventDetail) -> Self {
        let ahead = match detail {
            EventDetail::Full => osl.min(MAX_AHEAD) as usize + 8,
            EventDetail::Summary => 0,
        };
        let notes = Notes {
            sent,
            detail,
            events: Vec::with_capacity(ahead),
            token_chunks: 0,
            first_chunk_tokens: None,
            first_token: None,
            first_output: None,
            last_token: None,
            closing: None,
        };
        Self { reader: StreamReader::new(), notes }
    }

    /// Takes bytes that came in the read `stamp`.
    pub(crate) fn feed(&mut self, bytes: &[u8], stamp: ReadStamp) {
        let Self { reader, notes } = self;
        reader.feed(bytes, |event| notes.note(event, stamp));
    }

    /// The stream has ended: takes what the decoder still held back, and sums up.
    pub(crate) fn finish(&mut self, stamp: ReadStamp) -> StreamOutcome {
        let Self { reader, notes } = self;
        reader.finish(|event| notes.note(event, stamp));
        let outcome = reader.outcome();
        notes.credit_textless_token(&outcome);
        outcome
    }
}

impl Notes {
    fn note(&mut self, event: StreamEvent, stamp: ReadStamp) {
        let kind = kind_of(event.kind);
        if self.detail == EventDetail::Full {
            let since_send = stamp.at.saturating_duration_since(self.sent);
            self.events.push(Event {
                since_send_ns: since_send.as_nanos() as u64,
                kind,
                tokens: event.tokens,
                read_id: stamp.id,
            });
        }
        match kind {
            EventKind::Reasoning | EventKind::Content | EventKind::Tool => {
                self.note_tokens(kind, event.tokens, stamp.at);
            }
            EventKind::Finish | EventKind::Usage => self.closing = self.closing.or(Some(stamp.at)),
            _ => {}
        }
    }

    fn note_tokens(&mut self, kind: EventKind, tokens: Option<u32>, at: Instant) {
        if self.first_token.is_none() {
            self.first_token = Some(at);
            self.first_chunk_tokens = tokens;
        }
        if kind != EventKind::Reasoning {
            self.first_output = self.first_output.or(Some(at));
        }
        self.last_token = Some(at);
        self.token_chunks += 1;
    }

    /// An answer of one token may bring no text at all (half a character, a special token):
    /// the server's count says that it came, at the latest with the finish.
    fn credit_textless_token(&mut self, outcome: &StreamOutcome) {
        let counted = outcome.usage.is_some_and(|usage| usage.output_tokens > 0);
        if let (true, None, Some(at)) = (counted, self.first_token, self.closing) {
            self.note_tokens(EventKind::Content, None, at);
        }
    }
}

/// Output tokens and who counted them, best source first.
pub(crate) fn count_tokens(outcome: &StreamOutcome, chunks: u32) -> (u64, TokenSource) {
    let usage = outcome.usage.filter(|usage| usage.output_tokens > 0 || chunks == 0);
    let native = outcome.native.and_then(|native| native.output_tokens);
    match (outcome.streamed.counted, usage) {
        (Some((tokens, CountSource::TokenIds)), _) => (tokens, TokenSource::TokenIds),
        (Some((tokens, CountSource::UsageStream)), usage) => {
            (usage.map_or(tokens, |usage| usage.output_tokens), TokenSource::UsageStream)
        }
        (_, Some(usage)) => (usage.output_tokens, TokenSource::UsageFinal),
        (Some((tokens, CountSource::Native)), None) => {
            (native.unwrap_or(tokens), TokenSource::Native)
        }
        (None, None) => match native {
            Some(tokens) => (tokens, TokenSource::Native),
            None => (u64::from(chunks), TokenSource::Chunks),
        },
    }
}

fn kind_of(kind: WireKind) -> EventKind {
    match kind {
        WireKind::Role => EventKind::Role,
        WireKind::Reasoning => EventKind::Reasoning,
        WireKind::Content => EventKind::Content,
        WireKind::Tool => EventKind::Tool,
        WireKind::Finish => EventKind::Finish,
        WireKind::Usage => EventKind::Usage,
        WireKind::Progress => EventKind::Progress,
        WireKind::Ping => EventKind::Ping,
        WireKind::Error => EventKind::Error,
    }
}
