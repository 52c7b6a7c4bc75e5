//! What every request needs: the facts, the models, the guard and the pages.

use crate::error::WebError;
use crate::models::Models;
use crate::page::{self, Card, Templates};
use crate::server::{Guard, Limits};
use farebox_catalog::Catalogue;
use farebox_estimate::Calibration;
use farebox_hub::HubSettings;
use std::sync::OnceLock;

/// The server but for its sockets.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) guard: Guard,
    pub(crate) limits: Limits,
    pub(crate) catalogue: Catalogue,
    pub(crate) models: Models,
    pub(crate) templates: Templates,
    cards: OnceLock<Result<Vec<Card>, WebError>>,
}

impl App {
    /// Reads everything that could be damaged before the first visitor comes.
    pub(crate) fn new(
        guard: Guard,
        catalogue: Catalogue,
        hub: Option<HubSettings>,
        limits: Limits,
    ) -> Result<Self, WebError> {
        catalogue.offers()?;
        catalogue.hosted()?;
        let models = Models::new(catalogue.files(), hub)?;
        Ok(Self {
            guard,
            limits,
            catalogue,
            models,
            templates: Templates::new()?,
            cards: OnceLock::new(),
        })
    }

    /// The constants of estimates.
    pub(crate) fn calibration(&self) -> &'static Calibration {
        Calibration::embedded()
    }

    /// The scenarios, answered when they are first asked for.
    pub(crate) fn cards(&self) -> Result<&[Card], WebError> {
        self.cards.get_or_init(|| page::cards(self)).as_deref().map_err(Clone::clone)
    }
}
