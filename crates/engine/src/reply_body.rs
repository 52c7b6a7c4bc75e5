//! Reply bodies for hyper: one that is there, and one that comes token by token.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::ledger::{Ledger, OpenRecord};
use crate::pacer::PacedToken;
use crate::reply::AnswerWriter;
use crate::request::StreamUsage;
use crate::truth::TokenTruth;

/// Where a reply's tokens are noted when they enter the write buffer.
#[derive(Debug)]
pub(crate) struct Witness {
    pub(crate) record: Arc<OpenRecord>,
    pub(crate) ledger: Ledger,
}

/// The body of any reply.
#[derive(Debug)]
pub(crate) enum ReplyBody {
    /// Bytes that are there, and whom to tell when they are on their way.
    Whole(Option<Bytes>, Option<Witness>),
    /// Tokens to come.
    Stream(Box<TokenStream>),
}

/// The pacer gave a request up; the connection is cut, as no event can say so.
#[derive(Debug, thiserror::Error)]
#[error("the engine stopped in the middle of an answer")]
pub(crate) struct StreamCut;

/// Events of a streamed answer, as the pacer releases its tokens.
#[derive(Debug)]
pub(crate) struct TokenStream {
    pub(crate) tokens: UnboundedReceiver<PacedToken>,
    pub(crate) writer: AnswerWriter,
    pub(crate) usage: StreamUsage,
    pub(crate) witness: Witness,
    /// Tokens of the answer still to come.
    pub(crate) left: u64,
}

impl PacedToken {
    pub(crate) fn unwritten(&self) -> TokenTruth {
        TokenTruth { due_ns: self.due, released_ns: self.released, written_ns: None }
    }
}

impl ReplyBody {
    pub(crate) fn whole(bytes: impl Into<Bytes>) -> Self {
        Self::Whole(Some(bytes.into()), None)
    }
}

impl TokenStream {
    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, StreamCut>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let Some(token) = ready!(self.tokens.poll_recv(context)) else {
            return Poll::Ready(Some(Err(StreamCut)));
        };
        self.left -= 1;
        self.witness.record.add(token.unwritten());
        self.witness.ledger.buffered(&self.witness.record);
        Poll::Ready(Some(Ok(self.writer.events(token.index, self.usage))))
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = StreamCut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StreamCut>>> {
        match &mut *self {
            Self::Whole(bytes, witness) => {
                if let Some(Witness { record, ledger }) = witness.take() {
                    ledger.buffered(&record);
                }
                Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes))))
            }
            Self::Stream(stream) => {
                stream.poll_event(context).map(|event| event.map(|bytes| bytes.map(Frame::data)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None, _))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes, _) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Self::Stream(_) => SizeHint::default(),
        }
    }
}
