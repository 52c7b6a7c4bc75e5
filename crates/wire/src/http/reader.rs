//! The state machine from bytes to head and data.

use super::body::{Body, Framing};
use super::head::ResponseHead;

/// Longest head, in bytes.
const LONGEST_HEAD: usize = 64 * 1024;

/// Reads one answer. Feed it each read; it says when it is over.
#[derive(Debug, Default)]
pub struct ResponseReader {
    state: State,
    head: Option<ResponseHead>,
}

#[derive(Debug)]
enum State {
    /// The head so far.
    Head(Vec<u8>),
    Body(Body),
    Failed(HttpError),
}

impl Default for State {
    fn default() -> Self {
        Self::Head(Vec::new())
    }
}

/// Why bytes are no HTTP answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// The head is none.
    #[error("the answer's head is not HTTP/1.1: {0}")]
    Head(&'static str),
    /// The framing of the body is broken.
    #[error("a chunk of the answer is not HTTP/1.1: {0}")]
    Chunk(&'static str),
    /// The connection was closed before the head was whole.
    #[error("the connection was closed before the answer's head was there")]
    NoHead,
    /// The connection was closed inside the body.
    #[error("the connection was closed before the answer's end")]
    Truncated,
}

impl HttpError {
    pub(super) fn from_parser(error: httparse::Error) -> Self {
        Self::Head(match error {
            httparse::Error::Version => "another protocol",
            httparse::Error::Status => "no status",
            httparse::Error::TooManyHeaders => "too many header fields",
            _ => "a header field is malformed",
        })
    }
}

impl ResponseReader {
    /// Takes the bytes of one read and hands the body's data over as it is found, with the head it
    /// belongs to. How many bytes belonged to the answer: what is left behind its end belongs to
    /// nobody's.
    pub fn feed(
        &mut self,
        bytes: &[u8],
        mut on_data: impl FnMut(&ResponseHead, &[u8]),
    ) -> Result<usize, HttpError> {
        let mut taken = 0;
        while let State::Head(_) = self.state {
            if taken == bytes.len() {
                return Ok(taken);
            }
            taken += self.feed_head(&bytes[taken..])?;
        }
        let fed = match (&mut self.state, &self.head) {
            (State::Body(body), Some(head)) => {
                body.feed(&bytes[taken..], &mut |data: &[u8]| on_data(head, data))
            }
            (State::Failed(error), _) => Err(*error),
            _ => Ok(0),
        };
        match fed {
            Ok(more) => Ok(taken + more),
            Err(error) => Err(self.fail(error)),
        }
    }

    /// Says that the connection was closed; an error where the answer was not over.
    pub fn close(&mut self) -> Result<(), HttpError> {
        let missing = match &mut self.state {
            State::Body(body @ Body::Endless) => {
                *body = Body::Over;
                return Ok(());
            }
            State::Body(Body::Over) => return Ok(()),
            State::Body(_) => HttpError::Truncated,
            State::Head(_) => HttpError::NoHead,
            State::Failed(error) => *error,
        };
        Err(self.fail(missing))
    }

    /// The head, once it is there.
    pub fn head(&self) -> Option<&ResponseHead> {
        self.head.as_ref()
    }

    /// Whether the last byte of the answer has been read.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Body(Body::Over))
    }

    /// Whether the connection can carry another request: the answer is over and the server keeps it.
    pub fn may_go_on(&self) -> bool {
        self.is_over() && self.head.as_ref().is_some_and(|head| head.keeps_connection)
    }

    fn fail(&mut self, error: HttpError) -> HttpError {
        self.state = State::Failed(error);
        error
    }

    /// Takes bytes up to the end of the head; how many.
    fn feed_head(&mut self, bytes: &[u8]) -> Result<usize, HttpError> {
        let State::Head(head) = &mut self.state else { return Ok(0) };
        let before = head.len();
        // The end may lie across the cut: look again at the last bytes of what came before.
        let from = before.saturating_sub(3);
        let room = (LONGEST_HEAD + 1 - before).min(bytes.len());
        head.extend_from_slice(&bytes[..room]);
        // What is not HTTP is seen at its first bytes: it might never send a blank line.
        if b"HTTP/1.".iter().zip(head.iter()).any(|(expected, byte)| expected != byte) {
            return Err(self.fail(HttpError::Head("another protocol")));
        }
        let Some(end) = end_of_head(head, from) else {
            let too_long = head.len() > LONGEST_HEAD;
            return if too_long { Err(self.fail(HttpError::Head("too long"))) } else { Ok(room) };
        };
        let parsed = ResponseHead::parse(&head[..end]);
        match parsed {
            Err(error) => Err(self.fail(error)),
            // An interim answer announces the real one; switching protocols ends HTTP.
            Ok(interim) if (100..=199).contains(&interim.status) && interim.status != 101 => {
                self.state = State::default();
                Ok(end - before)
            }
            Ok(head) => {
                let framing = if head.status == 101 { Framing::UntilClose } else { head.framing };
                self.state = State::Body(Body::new(framing));
                self.head = Some(head);
                Ok(end - before)
            }
        }
    }
}

/// Behind the blank line that ends a head, lines ending with or without CR.
fn end_of_head(bytes: &[u8], from: usize) -> Option<usize> {
    memchr::memchr_iter(b'\n', &bytes[from..]).map(|at| from + at).find_map(|at| {
        let line = &bytes[..at];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        (line.ends_with(b"\n")).then_some(at + 1)
    })
}
