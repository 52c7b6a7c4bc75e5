//! What is asked of a server, in one type.

use crate::arrivals::{Arrivals, Pace};
use crate::lengths::{Length, Lengths};
use crate::plan::{Planned, Segment, SegmentId};
use crate::random::{Choice, random};
use crate::replay::{Replay, Speed, Tempo};
use crate::sharing::{SessionPlan, Sharing, common_part};

/// Where the requests of a run come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Workload {
    /// Made from distributions.
    Generated(Generated),
    /// A trace, sent again.
    Replay(Replay),
}

/// Requests made from distributions.
#[derive(Debug, Clone, PartialEq)]
pub struct Generated {
    /// How long they are.
    pub lengths: Lengths,
    /// When they come; none in closed loop.
    pub arrivals: Option<Arrivals>,
    /// What they have in common.
    pub sharing: Sharing,
}

impl Workload {
    /// Requests of these lengths that have nothing in common, at the pace of the answers.
    pub fn of_lengths(lengths: Lengths) -> Self {
        Self::Generated(Generated { lengths, arrivals: None, sharing: Sharing::Nothing })
    }

    /// The same requests, each sent when earlier answers have come: for closed loop.
    #[must_use]
    pub fn paced_by_answers(&self) -> Self {
        match self {
            Self::Generated(generated) => {
                Self::Generated(Generated { arrivals: None, ..generated.clone() })
            }
            Self::Replay(replay) => Self::Replay(replay.at(Tempo::Answers)),
        }
    }

    /// Whether readers think between turns, so that conversations pause with nothing in flight.
    pub fn readers_think(&self) -> bool {
        const ENOUGH: usize = 1000;
        self.paced_by_answers().plan(0).take(ENOUGH).any(|planned| planned.think_ns > 0)
    }

    /// The same requests, each beginning with a part that all have in common: this share of its
    /// length. A trace stays as it is: what its requests share is its own.
    #[must_use]
    pub fn sharing_part(&self, share: f64) -> Self {
        match self {
            Self::Generated(generated) => {
                Self::Generated(Generated { sharing: Sharing::Part(share), ..generated.clone() })
            }
            Self::Replay(replay) => Self::Replay(replay.clone()),
        }
    }

    /// The same requests at this pace; those of a trace in their order. The hours of a day stay as
    /// busy as they were beside each other.
    #[must_use]
    pub fn at_pace(&self, pace: Pace) -> Self {
        match self {
            Self::Generated(generated) => {
                let own_day = generated.arrivals.as_ref().and_then(Arrivals::day).cloned();
                let paced = match own_day {
                    Some(day) => Arrivals::from(pace).over_the_day(day),
                    None => pace.into(),
                };
                Self::Generated(Generated { arrivals: Some(paced), ..generated.clone() })
            }
            Self::Replay(replay) => Self::Replay(replay.at(Tempo::Pace(pace))),
        }
    }

    /// The same requests with their own times so much faster; unchanged where there are none.
    #[must_use]
    pub fn at_speed(&self, speed: Speed) -> Self {
        match self {
            Self::Generated(generated) => {
                let arrivals = generated.arrivals.as_ref().map(|own| own.times(speed.get()));
                Self::Generated(Generated { arrivals, ..generated.clone() })
            }
            Self::Replay(replay) => Self::Replay(replay.at(Tempo::Own(speed))),
        }
    }

    /// The same requests for another load, which is to send other texts: those of a source whose
    /// texts are its own begin elsewhere.
    #[must_use]
    pub fn for_load(&self, load: u64) -> Self {
        match self {
            Self::Generated(_) => self.clone(),
            Self::Replay(replay) => Self::Replay(replay.for_load(load)),
        }
    }

    /// Its requests in order; without end, unless it is a trace that is sent once. Same seed,
    /// same requests.
    pub fn plan(&self, seed: u64) -> Plan {
        Plan(match self {
            Self::Generated(generated) => generated.plan(seed),
            Self::Replay(replay) => Box::new(replay.plan(seed)),
        })
    }

    /// Mean input and output tokens per request; of a conversation, of its first turn.
    pub fn mean_lengths(&self) -> (f64, f64) {
        match self {
            Self::Generated(generated) => generated.lengths.means(),
            Self::Replay(replay) => replay.means(),
        }
    }
}

/// The requests of a workload, one after another.
pub struct Plan(Box<dyn Iterator<Item = Planned> + Send>);

impl Default for Plan {
    /// No requests.
    fn default() -> Self {
        Self(Box::new(std::iter::empty()))
    }
}

impl Iterator for Plan {
    type Item = Planned;

    fn next(&mut self) -> Option<Planned> {
        self.0.next()
    }
}

impl Generated {
    fn plan(&self, seed: u64) -> Box<dyn Iterator<Item = Planned> + Send> {
        let Self { lengths, arrivals, sharing } = self.clone();
        if let Sharing::Sessions(sessions) = sharing {
            return Box::new(SessionPlan::new(sessions, lengths, arrivals.as_ref(), seed));
        }
        let mut times = arrivals.map(|arrivals| arrivals.times_ns(seed));
        let mut for_lengths = random(seed, Choice::Lengths);
        let mut for_sharing = random(seed, Choice::Sharing);
        Box::new((0..).map(move |index| {
            let Length { isl, osl } = lengths.draw(index, &mut for_lengths);
            let at_ns = times.as_mut().and_then(Iterator::next);
            let segments = match &sharing {
                Sharing::Prefixes(prefixes) => prefixes.segments(index, isl, &mut for_sharing),
                Sharing::Part(part) => common_part(index, isl, *part),
                Sharing::Nothing | Sharing::Sessions(_) => {
                    vec![Segment { id: SegmentId::Own(index), tokens: isl }]
                }
            };
            Planned { index, at_ns, isl, osl, turn: None, think_ns: 0, segments }
        }))
    }
}
