//! A decoder of server-sent events that owns no IO: feed it what a read returned, get events back.
//!
//! Every byte is looked at once. An event that lies whole inside one read is handed out as a slice
//! of that read; only what a read leaves unfinished is copied. Beyond the WHATWG rules (section
//! 9.2.6 of the HTML standard) it surfaces what serving stacks really send: comments, `error:`
//! lines, named events without data, and JSON that nobody framed.
//! Next: [`crate::chunk`], which reads the payload.

use memchr::memchr2;
use thiserror::Error;

/// Longest line or event held by default, in bytes.
pub const DEFAULT_LIMIT: usize = 16 * 1024 * 1024;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// One event, borrowed from the read that completed it or from the decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SseEvent<'a> {
    /// The value of the `event:` field, if there was one.
    pub name: Option<&'a [u8]>,
    /// The `data:` lines joined by line feeds, a comment's text, or the bare JSON.
    pub data: &'a [u8],
    /// How the bytes were framed.
    pub framing: Framing,
}

/// How an event was framed on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Fields ended by a blank line, as the standard says.
    Event,
    /// A line that begins with a colon: a keep-alive.
    Comment,
    /// JSON without a field name: an unframed error body or newline-delimited JSON.
    BareJson,
}

/// Why the decoder stopped. It stays stopped: later bytes give the same error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SseError {
    /// A line or event grew past the limit.
    #[error("event is longer than {limit} bytes")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
    },
}

/// Splits a byte stream into [`SseEvent`]s. Accepts LF, CRLF and CR, mixed and split anywhere.
#[derive(Debug)]
pub struct SseDecoder {
    limit: usize,
    failed: Option<SseError>,
    /// The unfinished last line. It holds no line end, so it is never searched again.
    line: Vec<u8>,
    event: PendingEvent,
    position: Position,
}

/// What the bytes just before the next one were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    /// Nothing: a byte order mark may come.
    Start,
    /// A carriage return: a line feed would belong to it.
    AfterCr,
    Elsewhere,
}

/// The fields of the event that no blank line has ended yet, kept between reads.
#[derive(Debug, Default)]
struct PendingEvent {
    name: Option<Vec<u8>>,
    body: Body,
    data: Vec<u8>,
}

/// What `PendingEvent::data` holds.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Body {
    #[default]
    None,
    Data,
    BareJson,
}

impl Default for SseDecoder {
    fn default() -> Self {
        Self::new()
    }
}

impl SseDecoder {
    /// A decoder with [`DEFAULT_LIMIT`].
    pub fn new() -> Self {
        Self::with_limit(DEFAULT_LIMIT)
    }

    /// A decoder that refuses lines and events longer than `limit` bytes.
    pub fn with_limit(limit: usize) -> Self {
        Self {
            limit,
            failed: None,
            line: Vec::new(),
            event: PendingEvent::default(),
            position: Position::Start,
        }
    }

    /// Takes the bytes of one read and calls back for each event they complete.
    pub fn feed(
        &mut self,
        bytes: &[u8],
        mut on_event: impl FnMut(SseEvent<'_>),
    ) -> Result<(), SseError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let result = self.feed_lines(bytes, &mut on_event);
        self.failed = result.err();
        result
    }

    /// Says that no more bytes come: emits what a missing line end or blank line held back.
    pub fn finish(&mut self, mut on_event: impl FnMut(SseEvent<'_>)) -> Result<(), SseError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let mut fresh = None;
        if !self.line.is_empty() {
            let line = std::mem::take(&mut self.line);
            self.end_line(&line, &mut fresh, &mut on_event)?;
            self.keep(fresh.take())?;
        }
        self.dispatch(None, &mut on_event);
        Ok(())
    }

    fn feed_lines(
        &mut self,
        bytes: &[u8],
        on_event: &mut impl FnMut(SseEvent<'_>),
    ) -> Result<(), SseError> {
        let mut rest = bytes;
        // The one data line of the current event, while it lies whole inside `bytes`.
        let mut fresh: Option<&[u8]> = None;
        loop {
            if self.position == Position::AfterCr && !rest.is_empty() {
                self.position = Position::Elsewhere;
                rest = rest.strip_prefix(b"\n").unwrap_or(rest);
            }
            let Some(end) = memchr2(b'\n', b'\r', rest) else {
                break;
            };
            let (head, tail) = (&rest[..end], &rest[end + 1..]);
            let ended_by_cr = rest[end] == b'\r';
            if self.line.is_empty() {
                self.end_line(head, &mut fresh, on_event)?;
            } else {
                self.line.extend_from_slice(head);
                self.end_kept_line(on_event)?;
            }
            if ended_by_cr {
                self.position = Position::AfterCr;
            }
            rest = tail;
        }
        self.keep(fresh)?;
        self.line.extend_from_slice(rest);
        self.check(self.line.len())
    }

    /// Ends a line that began in an earlier read, and gives its buffer back for the next one.
    fn end_kept_line(&mut self, on_event: &mut impl FnMut(SseEvent<'_>)) -> Result<(), SseError> {
        let mut line = std::mem::take(&mut self.line);
        let mut fresh = None;
        self.end_line(&line, &mut fresh, on_event)?;
        self.keep(fresh)?;
        line.clear();
        self.line = line;
        Ok(())
    }

    fn end_line<'a>(
        &mut self,
        line: &'a [u8],
        fresh: &mut Option<&'a [u8]>,
        on_event: &mut impl FnMut(SseEvent<'_>),
    ) -> Result<(), SseError> {
        self.check(line.len())?;
        let line = match self.position {
            Position::Start => line.strip_prefix(BOM).unwrap_or(line),
            Position::AfterCr | Position::Elsewhere => line,
        };
        self.position = Position::Elsewhere;
        if line.is_empty() {
            self.dispatch(fresh.take(), on_event);
            return Ok(());
        }
        if self.event.body == Body::BareJson {
            return self.end_bare_line(line, on_event);
        }
        match Field::of(line) {
            Field::Data(value) => self.push_data(value, fresh)?,
            Field::Error(value) => {
                self.event.name = Some(b"error".to_vec());
                self.push_data(value, fresh)?;
            }
            Field::Name(value) => self.event.name = Some(value.to_vec()),
            Field::Comment(data) => {
                let framing = Framing::Comment;
                on_event(SseEvent { name: None, data, framing });
            }
            Field::BareJson => {
                self.dispatch(fresh.take(), on_event);
                self.begin_bare(line, on_event);
            }
            Field::Ignored => {}
        }
        Ok(())
    }

    /// Adds a data line: borrowed if it is the event's first, copied behind the others if not.
    fn push_data<'a>(
        &mut self,
        value: &'a [u8],
        fresh: &mut Option<&'a [u8]>,
    ) -> Result<(), SseError> {
        if fresh.is_none() && self.event.body == Body::None {
            *fresh = Some(value);
            return Ok(());
        }
        self.keep(fresh.take())?;
        self.keep(Some(value))
    }

    /// Copies a data line into the pending event, to outlive the read it came with.
    fn keep(&mut self, data: Option<&[u8]>) -> Result<(), SseError> {
        let Some(data) = data else { return Ok(()) };
        if self.event.body == Body::Data {
            self.event.data.push(b'\n');
        }
        self.event.body = Body::Data;
        self.event.data.extend_from_slice(data);
        self.check(self.event.data.len())
    }

    /// A JSON object on one line is an event; one printed over several lines ends with its brace.
    fn begin_bare(&mut self, line: &[u8], on_event: &mut impl FnMut(SseEvent<'_>)) {
        if line.trim_ascii_end().ends_with(b"}") {
            let framing = Framing::BareJson;
            on_event(SseEvent { name: None, data: line, framing });
        } else {
            self.event.body = Body::BareJson;
            self.event.data.extend_from_slice(line);
        }
    }

    fn end_bare_line(
        &mut self,
        line: &[u8],
        on_event: &mut impl FnMut(SseEvent<'_>),
    ) -> Result<(), SseError> {
        self.event.data.push(b'\n');
        self.event.data.extend_from_slice(line);
        self.check(self.event.data.len())?;
        // An inner brace is indented; the brace in the first column is the object's own.
        if line.trim_ascii_end() == b"}" {
            self.dispatch(None, on_event);
        }
        Ok(())
    }

    fn dispatch(&mut self, fresh: Option<&[u8]>, on_event: &mut impl FnMut(SseEvent<'_>)) {
        let name = self.event.name.take();
        let framing = match self.event.body {
            Body::BareJson => Framing::BareJson,
            Body::None | Body::Data => Framing::Event,
        };
        if fresh.is_some() || self.event.body != Body::None || name.is_some() {
            let data = fresh.unwrap_or(&self.event.data);
            on_event(SseEvent { name: name.as_deref(), data, framing });
        }
        self.event.body = Body::None;
        self.event.data.clear();
    }

    fn check(&self, length: usize) -> Result<(), SseError> {
        if length > self.limit {
            return Err(SseError::TooLong { limit: self.limit });
        }
        Ok(())
    }
}

/// What one line says.
enum Field<'a> {
    Data(&'a [u8]),
    Name(&'a [u8]),
    /// `error: ...`, which older llama.cpp servers send in the place of a data line.
    Error(&'a [u8]),
    Comment(&'a [u8]),
    BareJson,
    /// `id`, `retry` and fields nobody has defined.
    Ignored,
}

impl<'a> Field<'a> {
    fn of(line: &'a [u8]) -> Self {
        // By far the most common line, so it is asked for first.
        if let Some(value) = line.strip_prefix(b"data:") {
            return Self::Data(value.strip_prefix(b" ").unwrap_or(value));
        }
        if line.starts_with(b"{") {
            return Self::BareJson;
        }
        let colon = memchr::memchr(b':', line).unwrap_or(line.len());
        let value = line.get(colon + 1..).unwrap_or_default();
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match &line[..colon] {
            b"data" => Self::Data(value),
            b"event" => Self::Name(value),
            b"error" => Self::Error(value),
            b"" => Self::Comment(value),
            _ => Self::Ignored,
        }
    }
}
