//! A stream, quirk by quirk.

use std::ops::Range;
use std::time::Duration;

use farebox_wire::FinishReason;
use farebox_wire::encode::{FrameStyle, Gap, LineEnd};

use crate::fault::{ErrorForm, Fault};

/// A streamed answer. Unless told otherwise it does what vLLM does: a role chunk at once, content,
/// a finish chunk with `length`, usage in a chunk of its own where the request asks for it, and
/// `[DONE]`; LF frames in a chunked body, one write per event, on a connection that is kept.
///
/// A request that asks for no stream gets the same answer whole, when its last token is due.
#[derive(Debug, Clone)]
pub struct StreamAnswer {
    pub(crate) headers_at: Duration,
    pub(crate) role: RoleChunk,
    pub(crate) first_at: Duration,
    pub(crate) gap: Duration,
    pub(crate) tokens: TokenCount,
    pub(crate) tokens_per_event: u32,
    pub(crate) reasoning_tokens: u32,
    pub(crate) reasoning_field: ReasoningField,
    pub(crate) empty_text: Range<u32>,
    pub(crate) text: &'static str,
    pub(crate) ending: Ending,
    pub(crate) usage: UsagePlace,
    pub(crate) input_tokens: u64,
    pub(crate) cached_tokens: Option<u64>,
    pub(crate) comments: Vec<Duration>,
    pub(crate) style: FrameStyle,
    pub(crate) cutting: Cutting,
    pub(crate) connection: Connection,
    pub(crate) fault: Option<(u32, Fault)>,
}

/// The chunk that says who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RoleChunk {
    /// None.
    Absent,
    /// With `content: ""`, at this time.
    EmptyAt(Duration),
    /// With `content: null` (llama.cpp), at this time.
    NullAt(Duration),
}

/// How many tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenCount {
    /// This many.
    Fixed(u32),
    /// As many as the request's output limit, or 16.
    AsRequested,
}

/// How a stream that nothing goes wrong with ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ending {
    /// The finish reason, if one is sent.
    pub(crate) finish: Option<FinishReason>,
    /// Whether the reason rides on the last token's chunk (vLLM) or has its own.
    pub(crate) finish_on_last_token: bool,
    /// Whether `[DONE]` is sent.
    pub(crate) done: bool,
}

/// Where usage is stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsagePlace {
    /// In a chunk without choices, where the request asks for it.
    IfAsked,
    /// Nowhere.
    Nowhere,
    /// In a chunk without choices.
    OwnChunk,
    /// On the finish chunk.
    OnFinish,
    /// Zeros on every chunk, the truth on the finish chunk (Ollama).
    ZerosThenFinish,
    /// A running count on every chunk, and the total in a chunk without choices (vLLM).
    Running,
}

/// How events are cut into writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cutting {
    /// One write per event.
    Whole,
    /// This many token events per write, at the time of the last of them.
    EventsPerWrite(usize),
    /// Each token event in this many writes, this far apart; the last is on time.
    Pieces(u32, Duration),
    /// Each token event in two writes, cut this many bytes into its first character beyond ASCII.
    InsideCharacter(usize),
}

/// The name of the reasoning field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReasoningField {
    ReasoningContent,
    Reasoning,
}

/// What becomes of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Connection {
    KeepAlive,
    Close,
}

impl StreamAnswer {
    pub(crate) fn new() -> Self {
        Self {
            headers_at: Duration::ZERO,
            role: RoleChunk::EmptyAt(Duration::ZERO),
            first_at: Duration::ZERO,
            gap: Duration::ZERO,
            tokens: TokenCount::AsRequested,
            tokens_per_event: 1,
            reasoning_tokens: 0,
            reasoning_field: ReasoningField::ReasoningContent,
            empty_text: 0..0,
            text: " tok",
            ending: Ending {
                finish: Some(FinishReason::Length),
                finish_on_last_token: false,
                done: true,
            },
            usage: UsagePlace::IfAsked,
            input_tokens: 10,
            cached_tokens: None,
            comments: Vec::new(),
            style: FrameStyle::default(),
            cutting: Cutting::Whole,
            connection: Connection::KeepAlive,
            fault: None,
        }
    }

    /// `count` tokens: the first event at `first_at`, then one every `gap`.
    #[must_use]
    pub fn tokens(self, first_at: Duration, gap: Duration, count: u32) -> Self {
        Self { first_at, gap, tokens: TokenCount::Fixed(count), ..self }
    }

    /// As many tokens as the request's output limit.
    #[must_use]
    pub fn tokens_as_requested(self, first_at: Duration, gap: Duration) -> Self {
        Self { first_at, gap, tokens: TokenCount::AsRequested, ..self }
    }

    /// Several tokens per event.
    #[must_use]
    pub fn tokens_per_event(self, tokens_per_event: u32) -> Self {
        Self { tokens_per_event: tokens_per_event.max(1), ..self }
    }

    /// The first tokens are reasoning, sent as `reasoning_content`.
    #[must_use]
    pub fn reasoning(self, reasoning_tokens: u32) -> Self {
        Self { reasoning_tokens, ..self }
    }

    /// The first tokens are reasoning, sent as `reasoning`.
    #[must_use]
    pub fn reasoning_as_reasoning(self, reasoning_tokens: u32) -> Self {
        Self { reasoning_tokens, reasoning_field: ReasoningField::Reasoning, ..self }
    }

    /// These tokens, counted from 0, come without text: made and not yet turned into text.
    #[must_use]
    pub fn empty_text(self, empty_text: Range<u32>) -> Self {
        Self { empty_text, ..self }
    }

    /// The text of each token.
    #[must_use]
    pub fn text(self, text: &'static str) -> Self {
        Self { text, ..self }
    }

    /// Status line and headers are held back this long.
    #[must_use]
    pub fn headers_at(self, headers_at: Duration) -> Self {
        Self { headers_at, ..self }
    }

    /// The role chunk comes at this time.
    #[must_use]
    pub fn role_at(self, at: Duration) -> Self {
        Self { role: RoleChunk::EmptyAt(at), ..self }
    }

    /// The role chunk comes at this time with `content: null`.
    #[must_use]
    pub fn null_role_at(self, at: Duration) -> Self {
        Self { role: RoleChunk::NullAt(at), ..self }
    }

    /// No role chunk.
    #[must_use]
    pub fn no_role(self) -> Self {
        Self { role: RoleChunk::Absent, ..self }
    }

    /// Another finish reason.
    #[must_use]
    pub fn finish(self, reason: FinishReason) -> Self {
        Self { ending: Ending { finish: Some(reason), ..self.ending }, ..self }
    }

    /// The finish reason rides on the last token's chunk.
    #[must_use]
    pub fn finish_on_last_token(self) -> Self {
        Self { ending: Ending { finish_on_last_token: true, ..self.ending }, ..self }
    }

    /// No finish reason.
    #[must_use]
    pub fn no_finish(self) -> Self {
        Self { ending: Ending { finish: None, ..self.ending }, ..self }
    }

    /// No `[DONE]`.
    #[must_use]
    pub fn no_done(self) -> Self {
        Self { ending: Ending { done: false, ..self.ending }, ..self }
    }

    /// Where usage is stated.
    #[must_use]
    pub fn usage(self, usage: UsagePlace) -> Self {
        Self { usage, ..self }
    }

    /// The prompt tokens that usage states.
    #[must_use]
    pub fn input_tokens(self, input_tokens: u64) -> Self {
        Self { input_tokens, ..self }
    }

    /// Says in its usage that so many input tokens came from a prefix cache; nothing unless said.
    #[must_use]
    pub fn cached_tokens(self, cached_tokens: u64) -> Self {
        Self { cached_tokens: Some(cached_tokens), ..self }
    }

    /// A keep-alive comment at this time.
    #[must_use]
    pub fn comment_at(mut self, at: Duration) -> Self {
        self.comments.push(at);
        self
    }

    /// CRLF line ends.
    #[must_use]
    pub fn crlf(self) -> Self {
        Self { style: FrameStyle { line_end: LineEnd::CrLf, ..self.style }, ..self }
    }

    /// `data:` without a space.
    #[must_use]
    pub fn tight(self) -> Self {
        Self { style: FrameStyle { gap: Gap::Tight, ..self.style }, ..self }
    }

    /// An `event:` line before each data line.
    #[must_use]
    pub fn event_name(self, name: &'static str) -> Self {
        Self { style: FrameStyle { event_name: Some(name), ..self.style }, ..self }
    }

    /// How events are cut into writes.
    #[must_use]
    pub fn cut(self, cutting: Cutting) -> Self {
        Self { cutting, ..self }
    }

    /// Says `Connection: close` and closes behind the answer.
    #[must_use]
    pub fn close_after(self) -> Self {
        Self { connection: Connection::Close, ..self }
    }

    /// A fault once this many tokens have been sent, when the next ones are due.
    #[must_use]
    pub fn fault_after(self, tokens: u32, fault: Fault) -> Self {
        Self { fault: Some((tokens, fault)), ..self }
    }

    /// An error inside the stream after this many tokens.
    #[must_use]
    pub fn error_after(self, tokens: u32, form: ErrorForm) -> Self {
        self.fault_after(tokens, Fault::Error(form))
    }

    /// The body ends without a terminal signal after this many tokens.
    #[must_use]
    pub fn truncate_after(self, tokens: u32) -> Self {
        self.fault_after(tokens, Fault::EndBody)
    }

    /// The connection is reset after this many tokens.
    #[must_use]
    pub fn reset_after(self, tokens: u32) -> Self {
        self.fault_after(tokens, Fault::Reset)
    }

    /// Nothing more comes after this many tokens.
    #[must_use]
    pub fn stall_after(self, tokens: u32) -> Self {
        self.fault_after(tokens, Fault::Stall)
    }

    /// An event that is not JSON after this many tokens.
    #[must_use]
    pub fn bad_json_after(self, tokens: u32) -> Self {
        self.fault_after(tokens, Fault::BadJson)
    }
}
