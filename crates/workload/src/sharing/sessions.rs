//! Conversations: every prompt begins with the one before, and grows.
//!
//! A plan knows nothing of answers: in it, a turn is due a pause after the turn before it was due,
//! as if answers took no time. Whoever sends it waits for the answer first and pauses then. The
//! rate asked for is that of all requests, so conversations begin at that rate over the mean number
//! of turns; it is reached once as many end as begin.

use crate::arrivals::{ArrivalTimes, Arrivals};
use crate::lengths::{Length, Lengths, Marginal};
use crate::plan::{Planned, Segment, SegmentId, Turn};
use crate::profile::Traffic;
use crate::random::{Choice, random, uniform};
use rand_distr::{Distribution, Exp1};
use rand_pcg::Pcg64;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What conversations are like.
#[derive(Debug, Clone, PartialEq)]
pub struct Sessions {
    /// How many turns each has.
    pub turns: Turns,
    /// Input tokens by which a turn is longer than the one before: its answer and what is said
    /// next. The first turn is as long as [`Lengths`] say.
    pub growth: Marginal,
    /// Time from the answer to the next turn's request: reading, thinking and typing.
    pub pause: Pause,
}

/// How many turns a conversation has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Turns {
    /// Always so many, at least one.
    Fixed(u32),
    /// One, and then after each another with the same probability: geometric, with this mean.
    Geometric(f64),
}

/// How long until the next turn, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pause {
    /// Always so long.
    Fixed(f64),
    /// Exponential with this mean.
    Exponential(f64),
}

impl Sessions {
    /// Conversations as in this profile; none where it knows of no turns that follow another.
    /// Without times in it, turns follow each other at once.
    pub fn of(traffic: &Traffic) -> Option<Self> {
        let turns = traffic.turns.as_ref()?;
        let growth = turns.growth_tokens.as_ref()?;
        Some(Self {
            turns: Turns::Geometric(turns.per_session.mean),
            growth: match growth.sd {
                Some(sd) if sd > 0.0 && growth.mean > 0.0 => {
                    Marginal::LogNormal { mean: growth.mean, sd }
                }
                _ => Marginal::Fixed(growth.mean.round().max(0.0) as u32),
            },
            pause: Pause::Exponential(turns.between_s.as_ref().map_or(0.0, |s| s.mean.max(0.0))),
        })
    }

    /// Agents' trajectories as in the tool `inference_benchmarking` (commit bbae731): five steps,
    /// each prompt the one before and a suffix of a fifth of the usual length, without pause.
    pub fn trajectories(isl_mean: f64, isl_sd: f64) -> Self {
        Self {
            turns: Turns::Fixed(5),
            growth: Marginal::Normal { mean: 0.2 * isl_mean, sd: 0.2 * isl_sd },
            pause: Pause::Fixed(0.0),
        }
    }
}

impl Turns {
    fn mean(self) -> f64 {
        match self {
            Self::Fixed(turns) => f64::from(turns.max(1)),
            Self::Geometric(mean) => mean.max(1.0),
        }
    }

    /// By inversion: `1 + floor(ln u / ln(1 - 1/mean))`.
    fn draw(self, random: &mut Pcg64) -> u32 {
        match self {
            Self::Fixed(turns) => turns.max(1),
            Self::Geometric(mean) if mean > 1.0 => {
                let u = 1.0 - uniform(random);
                1 + (libm::log(u) / libm::log1p(-1.0 / mean)).floor().min(1e6) as u32
            }
            Self::Geometric(_) => 1,
        }
    }
}

impl Pause {
    pub(crate) fn draw_ns(self, random: &mut Pcg64) -> u64 {
        let seconds = match self {
            Self::Fixed(seconds) => seconds,
            Self::Exponential(mean) => mean * Distribution::<f64>::sample(&Exp1, random),
        };
        (seconds * 1e9).round() as u64
    }
}

/// The requests of all conversations in the order in which they are due.
pub(crate) struct SessionPlan {
    sessions: Sessions,
    lengths: Lengths,
    starts: Option<std::iter::Peekable<ArrivalTimes>>,
    for_lengths: Pcg64,
    for_sharing: Pcg64,
    /// Conversations under way, by when their next turn is due and in the order of their start.
    open: BTreeMap<Due, Conversation>,
    begun: u64,
    planned: u64,
}

/// When a turn is due. In closed loop nothing has a time, and a conversation that began is
/// finished first.
type Due = (u64, Reverse<u64>);

struct Conversation {
    turns_left: u32,
    next: u32,
    /// The pause before its next turn.
    think_ns: u64,
    segments: Vec<Segment>,
}

impl SessionPlan {
    pub(crate) fn new(
        sessions: Sessions,
        lengths: Lengths,
        arrivals: Option<&Arrivals>,
        seed: u64,
    ) -> Self {
        let starts = arrivals.map(|all| all.times(1.0 / sessions.turns.mean()));
        Self {
            lengths,
            starts: starts.map(|starts| starts.times_ns(seed).peekable()),
            for_lengths: random(seed, Choice::Lengths),
            for_sharing: random(seed, Choice::Sharing),
            open: BTreeMap::new(),
            begun: 0,
            planned: 0,
            sessions,
        }
    }

    /// Begins the conversations that are due before any turn of those under way.
    fn begin_due(&mut self) {
        let next_turn = self.open.first_key_value().map(|(due, _)| due.0);
        let at = match &mut self.starts {
            None if next_turn.is_some() => return,
            None => 0,
            Some(starts) => {
                match starts.next_if(|start| next_turn.is_none_or(|turn| *start <= turn)) {
                    Some(start) => start,
                    None => return,
                }
            }
        };
        let turns_left = self.sessions.turns.draw(&mut self.for_sharing);
        let conversation = Conversation { turns_left, next: 0, think_ns: 0, segments: Vec::new() };
        self.open.insert((at, Reverse(self.begun)), conversation);
        self.begun += 1;
    }
}

impl Iterator for SessionPlan {
    type Item = Planned;

    fn next(&mut self) -> Option<Planned> {
        self.begin_due();
        let ((at, session), mut conversation) = self.open.pop_first()?;
        let index = self.planned;
        self.planned += 1;
        let Length { isl: first, osl } = self.lengths.draw(index, &mut self.for_lengths);
        let turn = Turn { session: session.0, turn: conversation.next };
        let grown =
            if turn.turn == 0 { first } else { self.sessions.growth.draw(&mut self.for_sharing) };
        conversation.segments.push(Segment { id: SegmentId::Turn(turn), tokens: grown });
        let segments = conversation.segments.clone();
        let think_ns = conversation.think_ns;
        conversation.next += 1;
        conversation.turns_left -= 1;
        if conversation.turns_left > 0 {
            conversation.think_ns = self.sessions.pause.draw_ns(&mut self.for_sharing);
            let due = at.saturating_add(conversation.think_ns);
            self.open.insert((due, session), conversation);
        }
        Some(Planned {
            index,
            at_ns: self.starts.is_some().then_some(at),
            isl: segments.iter().fold(0, |sum, segment| sum.saturating_add(segment.tokens)),
            osl,
            turn: Some(turn),
            think_ns,
            segments,
        })
    }
}
