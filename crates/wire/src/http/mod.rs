//! A sans-IO reader of HTTP/1.1 answers: bytes in, head and body out, however they are cut.
//!
//! Framing as in RFC 9112: chunked with extensions and trailers, `Content-Length`, or to the end
//! of the connection; heads of status 1xx are passed over. Nothing is copied on the way of a
//! body, and nothing is allocated after the head.

mod body;
mod head;
mod reader;

pub use body::Framing;
pub use head::ResponseHead;
pub use reader::{HttpError, ResponseReader};
