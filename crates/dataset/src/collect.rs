//! Outcomes back into the order of their rows, and summed up.

use crate::count::Basis;
use crate::error::DatasetError;
use crate::observe::{Outcome, Seen};
use crate::profiled::Profiled;
use crate::read::{Counted, ReadRequest};
use crate::shape::Known;
use crate::skip::{Skip, SkipReport};
use crate::time::{Place, Window};
use farebox_workload::{Calendar, Observed, ObservedTraffic};
use std::collections::{BTreeMap, HashMap};

/// Puts batches in order and counts what they say.
pub(crate) struct Collector {
    names: Vec<String>,
    window: Option<Window>,
    basis: Basis,
    waiting: BTreeMap<u64, Counted>,
    next: u64,
    shape: Option<Known>,
    calendar: Option<Calendar>,
    /// Conversations without a name of their own get one.
    talks: u64,
    turns: HashMap<u64, u32>,
    requests: Vec<Observed>,
    rows: u64,
    declared: u64,
    counted: u64,
    outside_window: u64,
    skipped: SkipReport,
}

impl Collector {
    pub(crate) fn new(request: &ReadRequest<'_>) -> Self {
        Self {
            names: request.inputs.iter().map(crate::Input::name).collect(),
            window: request.window,
            basis: request.counter.basis(),
            waiting: BTreeMap::new(),
            next: 0,
            shape: None,
            calendar: None,
            talks: 0,
            turns: HashMap::new(),
            requests: Vec::new(),
            rows: 0,
            declared: 0,
            counted: 0,
            outside_window: 0,
            skipped: SkipReport::default(),
        }
    }

    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    pub(crate) fn opened(&mut self, shape: Known) {
        self.shape.get_or_insert(shape);
    }

    /// Takes a batch in any order.
    pub(crate) fn take(&mut self, index: u64, counted: Counted) {
        self.waiting.insert(index, counted);
        while let Some(counted) = self.waiting.remove(&self.next) {
            self.next += 1;
            for (row, outcome) in counted.rows {
                self.rows += 1;
                self.row(counted.input, row, outcome);
            }
        }
    }

    fn row(&mut self, input: usize, row: u64, outcome: Outcome) {
        match outcome {
            Outcome::Skipped(reason) => self.skip(reason, input, row),
            Outcome::Declared(mut seen) => {
                if let Some(session) = seen.session {
                    let turn = self.turns.entry(session).or_insert(0);
                    seen.turn = *turn;
                    *turn += 1;
                }
                self.declared += u64::from(self.request(&seen, input, row));
            }
            Outcome::Counted(turns) => {
                let talk = self.talks;
                self.talks += 1;
                for mut seen in turns {
                    seen.session = seen.session.or(Some(talk));
                    self.counted += u64::from(self.request(&seen, input, row));
                }
            }
        }
    }

    /// Whether it counts.
    fn request(&mut self, seen: &Seen, input: usize, row: u64) -> bool {
        match self.judge(seen) {
            Ok(Some(observed)) => {
                self.requests.push(observed);
                true
            }
            Ok(None) => {
                self.outside_window += 1;
                false
            }
            Err(reason) => {
                self.skip(reason, input, row);
                false
            }
        }
    }

    /// The request, none outside the window.
    fn judge(&mut self, seen: &Seen) -> Result<Option<Observed>, Skip> {
        let length = |tokens: u64, empty: Skip| match u32::try_from(tokens) {
            Ok(0) => Err(empty),
            Ok(tokens) => Ok(tokens),
            Err(_) => Err(Skip::WrongType("length".to_owned())),
        };
        let isl = length(seen.lengths.isl, Skip::EmptyPrompt)?;
        let osl = length(seen.lengths.osl, Skip::EmptyAnswer)?;
        match self.window.map(|window| window.place(seen.at)) {
            None | Some(Place::Inside) => {}
            Some(Place::Outside) => return Ok(None),
            Some(Place::Unknown) => return Err(Skip::NoTime),
        }
        if let Some(at) = seen.at
            && *self.calendar.get_or_insert(at.calendar) != at.calendar
        {
            return Err(Skip::BadTime);
        }
        Ok(Some(Observed {
            at_ns: seen.at.map(|at| at.ns),
            isl,
            osl,
            session: seen.session,
            turn: seen.turn,
            shared_prefix: seen.lengths.shared_prefix,
            blocks: seen.lengths.blocks.clone(),
        }))
    }

    fn skip(&mut self, reason: Skip, input: usize, row: u64) {
        self.skipped.note(reason, &self.names[input], row);
    }

    /// The sum, or why there is none; `found` are the fields of the first row.
    pub(crate) fn finish(self, found: &[String]) -> Result<Profiled, DatasetError> {
        if self.requests.is_empty() {
            return Err(self.nothing(found));
        }
        let shape = self.shape.unwrap_or(Known::FieldMap);
        let bases = [(Basis::Declared, self.declared), (self.basis, self.counted)];
        let calendar = self.calendar.unwrap_or_default();
        let block_tokens = shape.block_tokens();
        Ok(Profiled {
            traffic: ObservedTraffic { calendar, block_tokens, requests: self.requests },
            bases: bases.into_iter().filter(|(_, requests)| *requests > 0).collect(),
            shape: shape.to_string(),
            rows: self.rows,
            outside_window: self.outside_window,
            skipped: self.skipped,
        })
    }

    fn nothing(self, found: &[String]) -> DatasetError {
        let input = self.names.join(", ");
        let mut reasons: Vec<&Skip> = self.skipped.reasons().map(|(reason, _)| reason).collect();
        if let (Some(Skip::MissingField(field)), 1) = (reasons.pop(), self.skipped.kinds()) {
            return DatasetError::NoField { input, field: field.clone(), found: found.to_vec() };
        }
        let mut reasons = self.skipped.to_string();
        if self.outside_window > 0 {
            let comma = if reasons.is_empty() { "" } else { ", " };
            reasons = format!("{reasons}{comma}{} outside the window", self.outside_window);
        }
        DatasetError::NoRequests { input, rows: self.rows, reasons }
    }
}
