//! What goes wrong in the middle of a stream.

/// A fault, played in the place of the token event that would have come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// An error inside the stream, which then ends as HTTP asks.
    Error(ErrorForm),
    /// An event that is not JSON; the stream goes on behind it.
    BadJson,
    /// The body ends as HTTP asks, without a finish reason and without `[DONE]`.
    EndBody,
    /// The connection is closed between two chunks.
    Close,
    /// The connection is closed inside a chunk.
    CloseInsideChunk,
    /// The connection is reset.
    Reset,
    /// Nothing more comes, and the connection stays open until either side goes away.
    Stall,
}

/// How an error inside a stream is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorForm {
    /// `data: {"error": {"message": ...}}`, then `[DONE]`: vLLM.
    Object,
    /// `data: {"error": "..."}`: transformers serve.
    Text,
    /// `data: {"error": "..."}` with quotes inside that nobody escaped.
    BrokenText,
    /// `event: error` and plain text.
    NamedEvent,
    /// A JSON line without `data:`: a gateway.
    Unframed,
}

impl ErrorForm {
    /// The bytes, framed. The message is `scripted failure` in all of them.
    pub(crate) fn bytes(self) -> &'static [u8] {
        match self {
            Self::Object => {
                b"data: {\"error\":{\"message\":\"scripted failure\",\"code\":500}}\n\ndata: [DONE]\n\n"
            }
            Self::Text => b"data: {\"error\": \"scripted failure\"}\n\n",
            Self::BrokenText => b"data: {\"error\": \"scripted failure: \"quoted\" and broken\"}\n\n",
            Self::NamedEvent => b"event: error\ndata: scripted failure\n\n",
            Self::Unframed => b"{\"error\":{\"message\":\"scripted failure\",\"code\":502}}\n",
        }
    }
}
