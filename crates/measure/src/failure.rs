//! Every way a request can fail, under its own reason.

use crate::dial::DialError;
use crate::guard::GaveUp;
use farebox_core::FailureReason;
use farebox_wire::error_body::ErrorBody;
use farebox_wire::http::HttpError;
use farebox_wire::stream::{Ending, When};
use std::io;

/// Why there is no whole answer, and one line about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) reason: FailureReason,
    pub(crate) detail: String,
}

/// How an exchange ended badly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Broken {
    /// It failed.
    Failed(Fault),
    /// We ended it.
    Cancelled,
}

impl Fault {
    pub(crate) fn new(reason: FailureReason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }

    /// The fault in a status that is no 200.
    pub(crate) fn of_status(status: u16, body: &ErrorBody) -> Self {
        let reason = match status {
            429 => FailureReason::RateLimited,
            400..=499 => FailureReason::Http4xx,
            500.. => FailureReason::Http5xx,
            _ => FailureReason::HttpOther,
        };
        Self::new(reason, format!("HTTP {status}: {}", body.message))
    }

    /// The fault in a stream that ended like this; none if it is whole.
    pub(crate) fn of_ending(ending: Ending, message: Option<&str>) -> Option<Self> {
        let (reason, plain) = match ending {
            Ending::Complete => return None,
            Ending::Truncated => {
                (FailureReason::Truncated, "the stream ended without a finish reason or [DONE]")
            }
            Ending::InBandError(When::BeforeFirstToken) => {
                (FailureReason::InBandError, "error in the stream before the first token")
            }
            Ending::InBandError(When::AfterFirstToken) => {
                (FailureReason::InBandError, "error in the stream after tokens")
            }
            Ending::BadJson => (FailureReason::BadJson, "an event is not JSON"),
        };
        let detail = message.map_or(plain.to_owned(), |message| format!("{plain}: {message}"));
        Some(Self { reason, detail })
    }
}

impl From<DialError> for Fault {
    fn from(error: DialError) -> Self {
        let reason = match error {
            DialError::Connect { .. } | DialError::Proxy { .. } => FailureReason::Connect,
            DialError::Tls { .. } => FailureReason::Tls,
        };
        Self::new(reason, error.to_string())
    }
}

impl From<GaveUp> for Broken {
    fn from(gave_up: GaveUp) -> Self {
        match gave_up {
            GaveUp::Cancelled => Self::Cancelled,
            GaveUp::Timeout(limit) => Self::Failed(Fault::new(
                FailureReason::Timeout,
                format!("no whole answer within {} s", limit.as_secs_f64()),
            )),
            GaveUp::Stall(limit) => Self::Failed(Fault::new(
                FailureReason::Stall,
                format!("no byte for {} s after tokens had come", limit.as_secs_f64()),
            )),
        }
    }
}

/// The fault in bytes that are no whole answer.
pub(crate) fn of_http(error: HttpError) -> Fault {
    let reason = match error {
        HttpError::Head(_) | HttpError::Chunk(_) => FailureReason::BadHttp,
        HttpError::NoHead => FailureReason::Reset,
        HttpError::Truncated => FailureReason::Truncated,
    };
    Fault::new(reason, error.to_string())
}

/// The fault of a connection that broke.
pub(crate) fn of_io(error: &io::Error) -> Fault {
    Fault::new(FailureReason::Reset, error.to_string())
}
