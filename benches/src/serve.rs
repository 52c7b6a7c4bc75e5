//! The server's process: the testkit's server, and its truth told when it is asked to end.

use crate::error::BenchError;
use crate::tell;
use farebox_core::stats::Samples;
use farebox_testkit::{Answer, Exchange, Flood, Script, ScriptedServer, Wrote, ms};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;
use std::fmt;
use std::io::Read;
use std::str::FromStr;
use std::time::Duration;

/// What the server plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServeKind {
    /// Tokens as fast as the socket takes them, so many events per send.
    Flood(u32),
    /// 50 ms to the first token, 10 ms to each further one.
    Exact,
}

/// What the exact server really did.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Truth {
    /// Milliseconds from the arrival of a request to the write of its first token, and between
    /// the first and the last token, per further token; by request id.
    pub(crate) by_request: HashMap<String, (f64, f64)>,
    /// How late token writes were by the script, in milliseconds: median, 99th percentile, worst.
    pub(crate) late_ms: [f64; 3],
}

impl FromStr for ServeKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text.split_once(':') {
            Some(("flood", events)) => events.parse().map(Self::Flood).map_err(drop),
            None if text == "exact" => Ok(Self::Exact),
            _ => Err(()),
        }
    }
}

impl fmt::Display for ServeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flood(events) => write!(f, "flood:{events}"),
            Self::Exact => f.write_str("exact"),
        }
    }
}

/// Serves until stdin ends. Tells the address first, and the truth of an exact server last.
pub(crate) fn serve(kind: ServeKind) -> Result<(), BenchError> {
    let answer: Answer = match kind {
        ServeKind::Flood(events) => Flood::new(events).into(),
        ServeKind::Exact => Answer::stream().tokens_as_requested(ms(50), ms(10)).into(),
    };
    let server = ScriptedServer::start(Script::always(answer));
    let server = server.map_err(BenchError::io("the scripted server"))?;
    tell(&server.address().to_string())?;
    std::io::stdin().read_to_end(&mut Vec::new()).map_err(BenchError::io("stdin"))?;
    if kind == ServeKind::Exact {
        let exchanges = server.settled_truth(Duration::from_secs(1));
        tell(&json!(Truth::of(&exchanges)).to_string())?;
    }
    Ok(())
}

impl Truth {
    fn of(exchanges: &[Exchange]) -> Self {
        let writes = exchanges.iter().flat_map(Exchange::token_writes);
        let late: Samples = writes.map(|wrote| millis(wrote.at - wrote.due)).collect();
        let late = |percentile| late.percentile(percentile).unwrap_or_default();
        Self {
            by_request: exchanges.iter().filter_map(timed).collect(),
            late_ms: [late(50.0), late(99.0), late(100.0)],
        }
    }
}

fn timed(exchange: &Exchange) -> Option<(String, (f64, f64))> {
    let mut writes = exchange.token_writes().map(|wrote: &Wrote| wrote.at);
    let first = writes.next()?;
    let last = writes.next_back().unwrap_or(first);
    let later_tokens = exchange.tokens().saturating_sub(1).max(1) as f64;
    let ttft = millis(first - exchange.received_at);
    Some((exchange.request_id.clone()?, (ttft, millis(last - first) / later_tokens)))
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
