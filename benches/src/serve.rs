//! The server's process: floods from the testkit, exact times from the exact server, and its truth
//! told when it is asked to end.

use crate::error::BenchError;
use crate::tell;
use farebox_core::stats::Samples;
use farebox_exact::{Answered, ExactServer, Schedule, Stall};
use farebox_testkit::{Answer, Flood, Script, ScriptedServer, ms};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;
use std::fmt;
use std::io::Read;
use std::str::FromStr;
use std::time::{Duration, Instant};

/// What the server plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServeKind {
    /// Tokens as fast as the socket takes them, so many events per send.
    Flood(u32),
    /// 50 ms to the first token, 10 ms to each further one.
    Exact,
    /// The same, with a role event as soon as the request is there.
    ExactRole,
    /// The same as `Exact`, with two seconds of silence from this request on.
    Stalling(u64),
    /// The whole answer at once, in one write.
    Reply,
}

/// How long the stalling server is silent.
pub(crate) const STALL: Duration = ms(2000);
/// Time to the first token of the exact server.
pub(crate) const TTFT: Duration = ms(50);
/// Time between its tokens.
pub(crate) const GAP: Duration = ms(10);

/// What the exact server really did.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Truth {
    /// By request id.
    pub(crate) by_request: HashMap<String, Served>,
    /// How late token writes were by the script, in milliseconds: median, 99th percentile, worst.
    pub(crate) late_ms: [f64; 3],
}

/// What one request was given, in milliseconds.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Served {
    /// When it arrived, from the arrival of the first of all.
    pub(crate) arrived: f64,
    /// From its arrival to the write of its first token.
    pub(crate) ttft: f64,
    /// Between the writes of its first and last token, per further token.
    pub(crate) tpot: f64,
}

impl FromStr for ServeKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match (text, text.split_once(':')) {
            (_, Some(("flood", events))) => events.parse().map(Self::Flood).map_err(drop),
            (_, Some(("stalling", at))) => at.parse().map(Self::Stalling).map_err(drop),
            ("exact", _) => Ok(Self::Exact),
            ("exact-role", _) => Ok(Self::ExactRole),
            ("reply", _) => Ok(Self::Reply),
            _ => Err(()),
        }
    }
}

impl fmt::Display for ServeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flood(events) => write!(f, "flood:{events}"),
            Self::Stalling(at) => write!(f, "stalling:{at}"),
            Self::Exact => f.write_str("exact"),
            Self::ExactRole => f.write_str("exact-role"),
            Self::Reply => f.write_str("reply"),
        }
    }
}

/// Serves until stdin is closed, then says what it did.
pub(crate) fn serve(kind: ServeKind) -> Result<(), BenchError> {
    let exact = Schedule::new(TTFT, GAP);
    match kind {
        ServeKind::Flood(events) => flood(events),
        ServeKind::Exact => play(exact),
        ServeKind::ExactRole => play(exact.role_at_once()),
        ServeKind::Stalling(at_request) => play(exact.stalling(Stall { at_request, lasts: STALL })),
        ServeKind::Reply => play(Schedule::new(Duration::ZERO, Duration::ZERO)),
    }
}

fn flood(events: u32) -> Result<(), BenchError> {
    let answer: Answer = Flood::new(events).into();
    let server = ScriptedServer::start(Script::always(answer));
    let server = server.map_err(BenchError::io("the scripted server"))?;
    tell(&server.address().to_string())?;
    until_stdin_closes()
}

fn play(schedule: Schedule) -> Result<(), BenchError> {
    // Where the system allows fewer connections the client's own check says so.
    let _ = farebox_measure::limits::make_room(1);
    let server = ExactServer::start(schedule).map_err(BenchError::io("the exact server"))?;
    tell(&server.address().to_string())?;
    until_stdin_closes()?;
    tell(&json!(Truth::of(&server.truth())).to_string())
}

fn until_stdin_closes() -> Result<(), BenchError> {
    std::io::stdin().read_to_end(&mut Vec::new()).map_err(BenchError::io("stdin"))?;
    Ok(())
}

impl Truth {
    fn of(answers: &[Answered]) -> Self {
        let Some(first) = answers.iter().map(|answered| answered.arrived).min() else {
            return Self::default();
        };
        let writes = answers.iter().flat_map(|answered| &answered.writes);
        let late: Samples = writes.map(|write| millis(write.late())).collect();
        let late = |percentile| late.percentile(percentile).unwrap_or_default();
        Self {
            by_request: (0..).zip(answers).filter_map(|pair| served(pair, first)).collect(),
            late_ms: [late(50.0), late(99.0), late(100.0)],
        }
    }
}

/// What a request was given, under its id; under its number where a client gives none.
fn served(answered: (usize, &Answered), first: Instant) -> Option<(String, Served)> {
    let (number, answered) = answered;
    let later_tokens = f64::from(answered.tokens.saturating_sub(1).max(1));
    let served = Served {
        arrived: millis(answered.arrived - first),
        ttft: millis(answered.ttft()?),
        tpot: millis(answered.decode()?) / later_tokens,
    };
    let id = Some(&answered.request_id).filter(|id| !id.is_empty());
    Some((id.map_or_else(|| format!("#{number}"), Clone::clone), served))
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
