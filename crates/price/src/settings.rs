//! What a price is asked with.

use crate::allocation::Allocation;
use crate::load_line_rule::LoadLineRule;
use crate::machine::{Machine, Packing};
use crate::utilisation::Utilisation;
use farebox_core::run::Rental;
use farebox_core::{LoadCurve, Slo, UsdPerHour};

/// Everything besides the curves that decides a price.
#[derive(Debug, Clone, PartialEq)]
pub struct PriceSettings {
    /// The promises; none asks for the highest throughput.
    pub slos: Vec<Slo>,
    /// How cost is spread over token kinds.
    pub allocation: Allocation,
    /// What the machine costs.
    pub rental: Rental,
    /// Accelerators of one replica where the user said so; overrides what a curve's deployment
    /// says, which overrides [`Rental::gpus_used`].
    pub gpus_used: Option<u32>,
    /// How the machine is filled.
    pub packing: Packing,
    /// How the load line is read.
    pub load_line: LoadLineRule,
    /// The share of the load line that is sold.
    pub utilisation: Utilisation,
}

/// Settings that cannot give a price.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum SettingsError {
    /// The rental has no possible price.
    #[error("the machine cannot cost {0} dollars per hour: a price is above 0")]
    RentalPrice(f64),
    /// Nothing is billed.
    #[error("the machine bills no accelerator: at least 1 is billed")]
    NothingBilled,
    /// No accelerator serves.
    #[error("a replica uses no accelerator: at least 1 serves")]
    NothingUsed,
}

impl PriceSettings {
    /// Settings with every default but the rental: no promise, cost spread by time, one replica.
    pub fn new(rental: Rental) -> Self {
        Self {
            slos: Vec::new(),
            allocation: Allocation::default(),
            rental,
            gpus_used: None,
            packing: Packing::default(),
            load_line: LoadLineRule::default(),
            utilisation: Utilisation::FULL,
        }
    }

    /// Fails if these settings cannot give a price.
    pub fn check(&self) -> Result<(), SettingsError> {
        let usd_per_hour = self.rental.usd_per_hour_total.get();
        if UsdPerHour::positive(usd_per_hour).is_none() {
            return Err(SettingsError::RentalPrice(usd_per_hour));
        }
        if self.rental.gpus_billed == 0 {
            return Err(SettingsError::NothingBilled);
        }
        let explicit = self.gpus_used.unwrap_or(self.rental.gpus_used);
        if explicit == 0 { Err(SettingsError::NothingUsed) } else { Ok(()) }
    }

    /// The machine as `curve` sees it.
    pub fn machine(&self, curve: &LoadCurve) -> Machine {
        let used = self.gpus_used.or_else(|| curve.deployment.gpus());
        Machine::new(&self.rental, self.packing, used.unwrap_or(self.rental.gpus_used))
    }
}
