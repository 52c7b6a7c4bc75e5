//! A model on a machine with its price: questions of lengths and load are put to it.
//!
//! The command line, the pages and the JSON API ask here, so that they say the same.

use crate::{
    EstimateDocument, Estimator, Lengths, Machine, QuestionError, RefusedDocument, Users, fit,
    refused,
};
use farebox_catalog::model::ModelSpec;
use farebox_core::Load;
use farebox_core::run::Rental;
use farebox_estimate::{Calibration, EstimateError};

/// A model on a machine.
#[derive(Debug)]
pub struct Deployed<'a> {
    machine: &'a Machine,
    model: &'a ModelSpec,
    calibration: &'a Calibration,
    estimator: Estimator<'a>,
    rental: Option<Rental>,
}

impl<'a> Deployed<'a> {
    /// `model` on `machine`, rented as `rental` says.
    pub fn new(
        machine: &'a Machine,
        model: &'a ModelSpec,
        calibration: &'a Calibration,
        rental: Option<Rental>,
    ) -> Result<Self, EstimateError> {
        let estimator = Estimator::new(machine.setup(model), calibration)?;
        Ok(Self { machine, model, calibration, estimator, rental })
    }

    /// The estimates without words and prices.
    pub const fn estimator(&self) -> &Estimator<'a> {
        &self.estimator
    }

    /// What the machine costs, where that is known.
    pub const fn rental(&self) -> Option<&Rental> {
        self.rental.as_ref()
    }

    /// Everything about one load, with what would fit and what `users` cost.
    pub fn answer(
        &self,
        lengths: Lengths,
        load: Load,
        users: Option<Users>,
    ) -> Result<EstimateDocument, EstimateError> {
        let document = self.estimator.document(lengths, load, self.rental.as_ref())?;
        let would_fit = fit::ways(&document, self.machine, (self.model, lengths), self.calibration);
        Ok(EstimateDocument { would_fit, ..document.of_users(users) })
    }

    /// What is said of a deployment that was refused.
    pub fn refusal(machine: &Machine, model: &ModelSpec, why: &QuestionError) -> RefusedDocument {
        refused(&machine.setup(model), why)
    }
}
