//! Which parameters each row depends on.

use super::prior;
use crate::calibration::{Coefficient, Levels, Trait};
use std::collections::BTreeMap;

/// A log parameter: a coefficient's base, or the effect of one level on it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parameter {
    /// The coefficient.
    pub(super) coefficient: Coefficient,
    /// The level; none for the base.
    pub(super) level: Option<(Trait, String)>,
    /// Inverse variance of the prior.
    pub(super) precision: f64,
}

/// All parameters, and those of each row.
#[derive(Debug, Clone)]
pub(super) struct Design {
    /// The parameters.
    pub(super) parameters: Vec<Parameter>,
    /// By row: which of `patterns` it has.
    pub(super) pattern: Vec<usize>,
    /// Coefficient and parameter, sorted by coefficient. Rows that differ in load alone share one.
    pub(super) patterns: Vec<Pattern>,
}

/// The parameters of a deployment, each with the coefficient it acts on.
pub(super) type Pattern = Vec<(Coefficient, usize)>;

impl Design {
    /// Parameters for rows of the given levels.
    pub(super) fn new(rows: &[Levels], kept: fn(Trait) -> bool) -> Self {
        let mut parameters = Vec::new();
        let mut places = BTreeMap::new();
        for coefficient in Coefficient::ALL {
            let precision = prior::base(coefficient).1.powi(-2);
            parameters.push(Parameter { coefficient, level: None, precision });
            for of in prior::traits(coefficient).filter(|of| kept(*of)) {
                let precision = prior::spread(coefficient, of).powi(-2);
                for level in distinct(rows, of) {
                    places.insert((coefficient, of, level.clone()), parameters.len());
                    let level = Some((of, level));
                    parameters.push(Parameter { coefficient, level, precision });
                }
            }
        }
        let (mut pattern, mut patterns) = (Vec::new(), Vec::new());
        let mut known = BTreeMap::new();
        for row in rows {
            let entries = entries(row, &parameters, &places);
            let place = *known.entry(entries.clone()).or_insert_with(|| {
                patterns.push(entries);
                patterns.len() - 1
            });
            pattern.push(place);
        }
        Self { parameters, pattern, patterns }
    }

    /// The parameters of a row.
    pub(super) fn of_row(&self, row: usize) -> &Pattern {
        &self.patterns[self.pattern[row]]
    }
}

fn distinct(rows: &[Levels], of: Trait) -> Vec<String> {
    let mut levels: Vec<String> = rows.iter().map(|row| row.get(of).to_owned()).collect();
    levels.sort();
    levels.dedup();
    levels
}

type Places = BTreeMap<(Coefficient, Trait, String), usize>;

fn entries(row: &Levels, parameters: &[Parameter], places: &Places) -> Pattern {
    let bases = parameters.iter().enumerate().filter(|(_, p)| p.level.is_none());
    let mut entries: Vec<_> = bases.map(|(place, p)| (p.coefficient, place)).collect();
    for coefficient in Coefficient::ALL {
        for of in prior::traits(coefficient) {
            let key = (coefficient, of, row.get(of).to_owned());
            entries.extend(places.get(&key).map(|place| (coefficient, *place)));
        }
    }
    entries.sort_unstable();
    entries
}
