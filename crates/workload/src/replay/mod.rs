//! A trace sent again as it was: its times, lengths and shared blocks.

mod histories;
mod order;
mod settings;

pub use settings::{Repeat, ReplayError, ReplaySettings, Speed};

use crate::arrivals::{Arrivals, Pace};
use crate::lengths::Length;
use crate::observed::ObservedTraffic;
use crate::plan::{Planned, Segment, SegmentId, Turn};
use crate::random::{Choice, random};
use crate::sharing::Pause;
use histories::Histories;
use std::sync::Arc;
use std::time::Duration;

/// A trace and how to send it.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    /// What was seen, ordered by time, from time 0 on, cut to the slice asked for.
    requests: Arc<[Seen]>,
    tempo: Tempo,
    repeat: Repeat,
    think: Pause,
    /// The request it begins with.
    begin: usize,
    /// Length of one pass, at the trace's own speed.
    pass_ns: u64,
}

/// When the requests of a trace are sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Tempo {
    /// At its own times, so much faster.
    Own(Speed),
    /// At this pace; its own times give only the order.
    Pace(Pace),
    /// When earlier answers have come.
    Answers,
}

#[derive(Debug, Clone, PartialEq)]
struct Seen {
    at_ns: u64,
    length: Length,
    session: Option<u64>,
    blocks: Vec<(u64, u32)>,
}

impl Replay {
    /// Prepares `traffic` to be sent again.
    pub fn new(traffic: &ObservedTraffic, settings: &ReplaySettings) -> Result<Self, ReplayError> {
        let mut requests = in_order(traffic)?;
        let whole = requests.last().map_or(0, |last| last.at_ns);
        let gap = whole / (requests.len().max(2) as u64 - 1);
        let mut pass_ns = whole.saturating_add(gap);
        if let Some(slice) = &settings.slice {
            let (from, to) = (nanos(slice.start), nanos(slice.end).min(pass_ns));
            requests.retain(|seen| (from..to).contains(&seen.at_ns));
            for seen in &mut requests {
                seen.at_ns -= from;
            }
            pass_ns = to.saturating_sub(from);
        }
        if requests.is_empty() {
            return Err(ReplayError::Empty { sliced: settings.slice.is_some() });
        }
        let pass_ns = pass_ns.max(1);
        let tempo = Tempo::Own(settings.speed);
        let ReplaySettings { repeat, think, .. } = *settings;
        Ok(Self { requests: requests.into(), tempo, repeat, think, begin: 0, pass_ns })
    }

    /// The same at another tempo. Where its own times do not rule, the turns of a conversation
    /// follow one another.
    pub(crate) fn at(&self, tempo: Tempo) -> Self {
        let requests = match tempo {
            _ if self.requests.iter().all(|seen| seen.session.is_none()) => self.requests.clone(),
            Tempo::Own(_) => order::by_time(&self.requests),
            Tempo::Pace(_) | Tempo::Answers => order::by_conversation(&self.requests),
        };
        Self { requests, tempo, ..self.clone() }
    }

    /// The same for another load: begun elsewhere, where its texts are its own.
    pub(crate) fn for_load(&self, load: u64) -> Self {
        let begin = match self.repeat {
            Repeat::Once | Repeat::Forever => 0,
            Repeat::Elsewhere => order::beginning(&self.requests, load),
        };
        Self { begin, ..self.clone() }
    }

    /// Requests in one pass.
    pub fn len(&self) -> usize {
        self.requests.len()
    }

    /// Never: a trace without requests is refused.
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// Mean input and output lengths.
    pub fn means(&self) -> (f64, f64) {
        let n = self.requests.len() as f64;
        let (isl, osl) = self.requests.iter().fold((0.0, 0.0), |(isl, osl), seen| {
            (isl + f64::from(seen.length.isl), osl + f64::from(seen.length.osl))
        });
        (isl / n, osl / n)
    }

    /// Its requests in the order in which they are due.
    pub(crate) fn plan(&self, seed: u64) -> impl Iterator<Item = Planned> + Send + use<> {
        let Self { requests, tempo, repeat, think, begin, pass_ns } = self.clone();
        let mut paced = match tempo {
            Tempo::Pace(pace) => {
                // What follows an answer does not come by the clock.
                let starts = Arrivals::from(pace).times(order::share_of_starts(&requests));
                Some(starts.times_ns(seed))
            }
            Tempo::Own(_) | Tempo::Answers => None,
        };
        let passes = match repeat {
            Repeat::Once => 0..1,
            Repeat::Forever | Repeat::Elsewhere => 0..u64::MAX,
        };
        let mut for_pauses = random(seed, Choice::Sharing);
        let mut started = None;
        let mut histories = Histories::default();
        let n = requests.len() as u64;
        let sent = passes.flat_map(move |pass| {
            let requests = requests.clone();
            (0..requests.len()).map(move |row| (pass, row, requests[row].clone()))
        });
        sent.skip(begin).map(move |(pass, row, seen)| {
            let index = pass * n + row as u64;
            let turn = seen.session.map(|session| histories.turn(pass, session));
            let follows = turn.is_some_and(|turn| turn.turn > 0);
            let at_ns = match tempo {
                Tempo::Own(speed) => {
                    let own = pass.saturating_mul(pass_ns).saturating_add(seen.at_ns);
                    Some((own as f64 / speed.get()).round() as u64)
                }
                Tempo::Pace(_) | Tempo::Answers if follows => started,
                Tempo::Pace(_) | Tempo::Answers => paced.as_mut().and_then(Iterator::next),
            };
            started = at_ns;
            Planned {
                index,
                at_ns,
                isl: seen.length.isl,
                osl: seen.length.osl,
                turn,
                think_ns: if follows { think.draw_ns(&mut for_pauses) } else { 0 },
                segments: segments(index, pass, &seen, turn, &mut histories),
            }
        })
    }
}

/// The requests by time, the first at 0.
fn in_order(traffic: &ObservedTraffic) -> Result<Vec<Seen>, ReplayError> {
    let first = traffic.requests.iter().filter_map(|r| r.at_ns).min().unwrap_or(0);
    let seen = traffic.requests.iter().enumerate().map(|(row, request)| {
        let at = request.at_ns.ok_or(ReplayError::NoTime { row: row + 1 })?;
        Ok(Seen {
            at_ns: at.abs_diff(first),
            length: Length::new(request.isl, request.osl),
            session: request.session,
            blocks: request.pieces(traffic.block_tokens).collect(),
        })
    });
    let mut seen = seen.collect::<Result<Vec<_>, ReplayError>>()?;
    seen.sort_by_key(|seen| seen.at_ns);
    Ok(seen)
}

/// What a request's prompt is made of: named blocks and then text of its own; its conversation so
/// far; or only text of its own.
fn segments(
    index: u64,
    pass: u64,
    seen: &Seen,
    turn: Option<Turn>,
    histories: &mut Histories,
) -> Vec<Segment> {
    if let (Some(turn), true) = (turn, seen.blocks.is_empty()) {
        return histories.grow(turn, seen.length.isl);
    }
    let block = |&(block, tokens)| Segment { id: SegmentId::Block { pass, block }, tokens };
    let mut segments: Vec<Segment> = seen.blocks.iter().map(block).collect();
    let named: u32 = segments.iter().map(|segment| segment.tokens).sum();
    if named < seen.length.isl {
        segments.push(Segment { id: SegmentId::Own(index), tokens: seen.length.isl - named });
    }
    segments
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
