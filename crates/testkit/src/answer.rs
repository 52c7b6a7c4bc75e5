//! What a request is answered with.

use std::time::Duration;

use farebox_wire::ErrorBody;
use farebox_wire::encode::error_json;

use crate::flood::Flood;
use crate::http::{Received, head};
use crate::plan::{End, Plan, PlannedWrite};
use crate::stream_answer::StreamAnswer;
use crate::stream_plan::Planner;
use crate::truth::Label;

/// An answer of any kind. Built by its constructors; each builder turns into one.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A stream, or the same answer whole where no stream was asked for.
    Stream(StreamAnswer),
    /// A status and a body.
    Status(StatusAnswer),
    /// Tokens as fast as the socket takes them.
    Flood(Flood),
    /// No byte at all: the connection is reset on receipt of the request.
    Reset,
    /// No byte at all: the connection is closed on receipt of the request.
    Close,
    /// No byte at all: the connection is held until either side goes away.
    Silence,
}

/// A body under a status.
#[derive(Debug, Clone)]
pub struct StatusAnswer {
    status: u16,
    content_type: &'static str,
    body: Vec<u8>,
    headers: Vec<(&'static str, String)>,
    at: Duration,
}

impl Answer {
    /// A well-behaved stream; see [`StreamAnswer`] for what it does unless told otherwise.
    pub fn stream() -> StreamAnswer {
        StreamAnswer::new()
    }

    /// An OpenAI error body under this status.
    pub fn status(status: u16) -> StatusAnswer {
        let message = "the script says no".to_owned();
        StatusAnswer::openai(status, &ErrorBody { message, ..ErrorBody::default() })
    }

    /// An OpenAI error body that names a request field: 400 as vLLM has it.
    pub fn refuse_field(status: u16, field: &str) -> StatusAnswer {
        let error = ErrorBody {
            message: format!("Unsupported parameter: '{field}'"),
            kind: Some("BadRequestError".to_owned()),
            code: Some(status.to_string()),
            fields: vec![field.to_owned()],
        };
        StatusAnswer::openai(status, &error)
    }

    /// FastAPI's refusal of an unknown field: 422 as transformers serve has it.
    pub fn unexpected_field(field: &str) -> StatusAnswer {
        let body = format!("{{\"detail\":\"Unexpected fields in the request: {{'{field}'}}\"}}");
        Self::status(422).body("application/json", body)
    }

    /// 429 with `Retry-After` in seconds.
    pub fn rate_limited(retry_after_s: u32) -> StatusAnswer {
        Self::status(429).header("Retry-After", retry_after_s.to_string())
    }

    /// 500 with a page of HTML, as a proxy has it.
    pub fn html_error() -> StatusAnswer {
        let page = "<html><body><h1>500 Internal Server Error</h1></body></html>";
        Self::status(500).body("text/html", page)
    }

    /// What is written for `request`, and when. `None` for a flood, which is played without a plan.
    pub(crate) fn plan(&self, request: &Received) -> Option<Plan> {
        let nothing = |end| Plan { writes: Vec::new(), end };
        Some(match self {
            Self::Stream(answer) => {
                let planner = Planner::new(answer, request);
                if request.wants_stream() { planner.stream() } else { planner.whole() }
            }
            Self::Status(answer) => answer.plan(),
            Self::Flood(_) => return None,
            Self::Reset => nothing(End::ResetAt(Duration::ZERO)),
            Self::Close => nothing(End::CloseAt(Duration::ZERO)),
            Self::Silence => nothing(End::Hold),
        })
    }
}

impl StatusAnswer {
    fn openai(status: u16, error: &ErrorBody) -> Self {
        Self {
            status,
            content_type: "application/json",
            body: error_json(error),
            headers: Vec::new(),
            at: Duration::ZERO,
        }
    }

    /// Replaces the body.
    #[must_use]
    pub fn body(mut self, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        self.content_type = content_type;
        self.body = body.into();
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Answers this long after the request arrived.
    #[must_use]
    pub fn at(mut self, at: Duration) -> Self {
        self.at = at;
        self
    }

    /// Closes the connection behind the answer.
    #[must_use]
    pub fn close_after(self) -> Self {
        self.header("Connection", "close")
    }

    pub(crate) fn plan(&self) -> Plan {
        let length = self.body.len().to_string();
        let mut headers = vec![("Content-Type", self.content_type), ("Content-Length", &length)];
        headers.extend(self.headers.iter().map(|(name, value)| (*name, value.as_str())));
        let mut bytes = head(self.status, &headers);
        bytes.extend_from_slice(&self.body);
        let closes = self.headers.iter().any(|(name, _)| *name == "Connection");
        let write = PlannedWrite {
            at: self.at,
            bytes,
            labels: vec![Label::Head, Label::Body { tokens: 0 }],
        };
        let end = if closes { End::CloseAt(Duration::ZERO) } else { End::KeepAlive };
        Plan { writes: vec![write], end }
    }
}

impl From<StreamAnswer> for Answer {
    fn from(answer: StreamAnswer) -> Self {
        Self::Stream(answer)
    }
}

impl From<StatusAnswer> for Answer {
    fn from(answer: StatusAnswer) -> Self {
        Self::Status(answer)
    }
}

impl From<Flood> for Answer {
    fn from(flood: Flood) -> Self {
        Self::Flood(flood)
    }
}
