//! What a machine costs: typed, by a named offer, or by the catalogue's default.

use crate::{Machine, QuestionError};
use farebox_catalog::Catalogue;
use farebox_core::UsdPerHour;
use farebox_core::run::Rental;

/// What was said about the price of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Billing {
    /// The price that was typed.
    pub price: Option<TypedPrice>,
    /// Accelerators that are billed at least.
    pub gpus_per_box: Option<u32>,
    /// Accelerators that serve one replica.
    pub gpus_used: Option<u32>,
}

/// A price per hour, above 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TypedPrice {
    /// Of the whole billed machine.
    Machine(f64),
    /// Of one accelerator.
    Accelerator(f64),
}

impl Billing {
    /// The rental that was typed, over a stored one where nothing was. `serving` is how many
    /// accelerators the curves say they use. None where no price is known.
    pub fn rental(
        &self,
        stored: Option<&Rental>,
        serving: Option<u32>,
    ) -> Result<Option<Rental>, QuestionError> {
        let used =
            self.gpus_used.or(serving).or(stored.map(|rental| rental.gpus_used)).unwrap_or(1);
        let stored_box = stored.map(|rental| rental.gpus_billed);
        let billed = self.gpus_per_box.or(stored_box).unwrap_or(used);
        if used > billed && self.gpus_per_box.is_some() {
            return Err(QuestionError::Box { billed, used });
        }
        let billed = billed.max(used);
        let rental = |usd_per_hour_total: f64, source: &str| Rental {
            usd_per_hour_total: UsdPerHour::new(usd_per_hour_total),
            gpus_billed: billed,
            gpus_used: used,
            source: source.to_owned(),
        };
        Ok(match (self.price, stored) {
            (Some(TypedPrice::Machine(usd)), _) => Some(rental(usd, "--price-per-hour")),
            (Some(TypedPrice::Accelerator(usd)), _) => {
                Some(rental(usd * f64::from(billed), "--price-per-gpu-hour"))
            }
            (None, Some(stored)) => Some(rental(stored.usd_per_hour_total.get(), &stored.source)),
            (None, None) => None,
        })
    }

    /// What `machine` costs: what was typed, else the offer named, else the default one; none
    /// where nobody asks a price for such an accelerator.
    pub fn of_machine(
        &self,
        machine: &Machine,
        offer: Option<&str>,
        catalogue: &Catalogue,
    ) -> Result<Option<Rental>, QuestionError> {
        let gpus = u32::try_from(machine.parallel.gpus()).unwrap_or(u32::MAX);
        if let Some(typed) = self.rental(None, Some(gpus))? {
            return Ok(Some(typed));
        }
        let offers = catalogue.offers().map_err(Clone::clone)?;
        let offer = match offer {
            Some(name) => {
                let accelerators = catalogue.accelerators().map_err(Clone::clone)?;
                let found = offers.find(name, accelerators).map_err(QuestionError::Offer)?;
                if found.gpu != machine.gpu.id {
                    return Err(QuestionError::OtherOffer {
                        name: name.to_owned(),
                        rents: found.gpu.clone(),
                        wanted: machine.gpu.id.clone(),
                    });
                }
                Some(found)
            }
            None => offers.default_for(&machine.gpu.id).ok(),
        };
        Ok(offer.map(|offer| Rental {
            usd_per_hour_total: offer.usd_per_gpu_hour().times(f64::from(gpus)),
            gpus_billed: gpus,
            gpus_used: gpus / machine.parallel.replicas.max(1),
            source: offer.to_string(),
        }))
    }
}
