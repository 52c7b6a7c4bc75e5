//! Records taken in one after another, and points whenever they are asked for.
//!
//! What is kept is bounded: a [`Digest`] per request, and a [timeline](crate::timeline) per point.
//! `requests.jsonl` keeps everything, and reading it back gives the same points.

use crate::curve::{Load, LoadPoint};
use crate::digest::{Digest, arrivals};
use crate::record::{Phase, RequestRecord};
use crate::run::PointMarks;
use crate::slo::Slo;
use crate::summarise::{attach_phase_times, load_point};
use crate::timeline::Timeline;
use std::collections::BTreeMap;

/// What is kept of the records of a run.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    points: BTreeMap<u32, PointTally>,
}

/// What is kept of one time that a load was offered.
#[derive(Debug, Clone, Default)]
pub(crate) struct PointTally {
    pub(crate) requests: Vec<Digest>,
    pub(crate) tokens: Timeline,
}

impl Tally {
    /// Takes a record in. Those that warmed the server up do not count.
    pub fn add(&mut self, record: &RequestRecord) {
        if record.phase == Phase::Warmup {
            return;
        }
        let point = self.points.entry(record.point).or_default();
        for (since_send_ns, tokens) in arrivals(record) {
            point.tokens.add(record.send_ns.plus_nanos(since_send_ns), tokens);
        }
        point.requests.push(Digest::of(record));
    }

    /// Takes in what was kept of other points.
    pub fn extend(&mut self, others: Self) {
        self.points.extend(others.points);
    }

    /// Lets go of what was kept of a point.
    pub fn forget(&mut self, point: u32) {
        self.points.remove(&point);
    }

    /// The requests, point by point in the order in which they were taken in.
    pub fn requests(&self) -> impl Iterator<Item = &Digest> {
        self.points.values().flat_map(|point| &point.requests)
    }

    /// The number of the highest point that has any request.
    pub fn last_point(&self) -> Option<u32> {
        self.points.keys().next_back().copied()
    }

    /// The points by rising load, `marks` by their number. What was offered several times is one
    /// point, of all of its windows together. Loads at which nothing was sent are left out.
    pub fn points(&self, marks: &[PointMarks], slos: &[Slo]) -> Vec<LoadPoint> {
        let mut loads: Vec<Load> = Vec::new();
        for marks in marks {
            if !loads.contains(&marks.load) {
                loads.push(marks.load);
            }
        }
        let points = loads.into_iter().filter_map(|load| self.point(load, marks, slos));
        let mut points: Vec<LoadPoint> = points.collect();
        points.sort_by(|a, b| a.offered.value.total_cmp(&b.offered.value));
        attach_phase_times(&mut points);
        points
    }

    #[cfg(test)]
    pub(crate) fn of_point(&self, number: u32) -> &PointTally {
        &self.points[&number]
    }

    /// The point of one load; none where nothing was sent at it.
    pub fn point(&self, load: Load, marks: &[PointMarks], slos: &[Slo]) -> Option<LoadPoint> {
        let numbered = self.points.iter();
        let of_load = numbered.filter_map(|(number, point)| {
            let marks = marks.get(*number as usize)?;
            (marks.load == load).then_some((marks, point))
        });
        load_point(load, of_load, slos)
    }
}
