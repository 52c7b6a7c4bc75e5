//! What a machine costs: typed, by a named offer, as stored with a run, or by the catalogue's
//! default. What is rented by the hour is rented whole.

use crate::{Fleet, Machine, QuestionError};
use farebox_catalog::{Catalogue, Need, Offer};
use farebox_core::UsdPerHour;
use farebox_core::run::Rental;

/// What was said about the price of a machine.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Billing {
    /// The price that was named.
    pub price: Option<NamedPrice>,
    /// Accelerators that are billed at least.
    pub gpus_per_box: Option<u32>,
    /// Accelerators that serve one replica.
    pub gpus_used: Option<u32>,
}

/// A price by the hour. Dollars are above 0.
#[derive(Debug, Clone, PartialEq)]
pub enum NamedPrice {
    /// Of the whole billed machine.
    Machine(f64),
    /// Of one accelerator.
    Accelerator(f64),
    /// An offer of the catalogue, such as `lambda:h100-sxm`.
    Offer(String),
}

impl Billing {
    /// The rental that was named, over a stored one where nothing was. None where no price is
    /// known.
    ///
    /// Fails where fewer accelerators are billed than serve, where no offer has the name, and where
    /// a stored price is that of another machine.
    pub fn rental(
        &self,
        stored: Option<&Rental>,
        fleet: Fleet<'_>,
        catalogue: &Catalogue,
    ) -> Result<Option<Rental>, QuestionError> {
        let used =
            self.gpus_used.or(fleet.gpus).or(stored.map(|rental| rental.gpus_used)).unwrap_or(1);
        if let Some(billed) = self.gpus_per_box.filter(|billed| used > *billed) {
            return Err(QuestionError::Box { billed, used });
        }
        let stored_box = stored.map(|rental| rental.gpus_billed);
        let billed = self.gpus_per_box.or(stored_box).unwrap_or(used).max(used);
        let typed = |usd: f64, unit_gpus, source: &str| Rental {
            usd_per_hour_total: UsdPerHour::new(usd),
            gpus_billed: billed,
            gpus_used: used,
            unit_gpus,
            source: source.to_owned(),
        };
        Ok(Some(match (&self.price, stored) {
            (Some(NamedPrice::Machine(usd)), _) => typed(*usd, None, "--price-per-hour"),
            (Some(NamedPrice::Accelerator(usd)), _) => {
                typed(usd * f64::from(billed), Some(1), "--price-per-gpu-hour")
            }
            (Some(NamedPrice::Offer(name)), _) => self.offered(name, fleet, used, catalogue)?,
            (None, Some(stored)) => self.kept(stored, billed, used)?,
            (None, None) => return Ok(None),
        }))
    }

    /// The rental of `machine`: what was named, else the default offer; none where nobody asks a
    /// price for such an accelerator.
    ///
    /// Fails too where the widths take another number of accelerators than are said to be used.
    pub fn of_machine(
        &self,
        machine: &Machine,
        catalogue: &Catalogue,
    ) -> Result<Option<Rental>, QuestionError> {
        let fleet = Fleet::of_machine(machine);
        if let Some(used) = self.gpus_used.filter(|used| fleet.replica != Some(*used)) {
            let (what, taken) = (format!("--gpus-used says {used}"), machine.parallel.gpus());
            return Err(QuestionError::Count { what, taken });
        }
        let billing = Self { gpus_used: None, ..self.clone() };
        if let Some(named) = billing.rental(None, fleet, catalogue)? {
            return Ok(Some(named));
        }
        let need = billing.need(fleet, fleet.gpus.unwrap_or(1));
        let offers = catalogue.offers().map_err(Clone::clone)?;
        let default = offers.default_for(&machine.gpu.id, need).ok();
        Ok(default.map(|offer| rented(offer, need)))
    }

    /// `stored` for `billed` accelerators. What nobody asked to change stays: a machine that was
    /// priced whole may turn out to have more accelerators than were known then.
    fn kept(&self, stored: &Rental, billed: u32, used: u32) -> Result<Rental, QuestionError> {
        let asked = self.gpus_per_box.is_some() || self.gpus_used.is_some();
        let resized = match stored.resized(billed) {
            Some(resized) => resized,
            None if asked => {
                return Err(QuestionError::StoredMachine {
                    usd_per_hour: stored.usd_per_hour_total.get(),
                    gpus: stored.gpus_billed,
                    asked: billed,
                });
            }
            None => Rental { gpus_billed: billed, ..stored.clone() },
        };
        Ok(Rental { gpus_used: used, ..resized })
    }

    fn offered(
        &self,
        name: &str,
        fleet: Fleet<'_>,
        used: u32,
        catalogue: &Catalogue,
    ) -> Result<Rental, QuestionError> {
        let accelerators = catalogue.accelerators().map_err(Clone::clone)?;
        let offers = catalogue.offers().map_err(Clone::clone)?;
        let need = self.need(fleet, used);
        let found = offers.find(name, accelerators, need).map_err(QuestionError::Offer)?;
        match fleet.gpu.map(|gpu| accelerators.find(gpu).map_or(gpu, |known| &known.id)) {
            Some(wanted) if wanted != found.gpu => Err(QuestionError::OtherOffer {
                name: name.to_owned(),
                rents: found.gpu.clone(),
                wanted: wanted.to_owned(),
            }),
            _ => Ok(rented(found, need)),
        }
    }

    /// `used` accelerators in boxes as large as was asked.
    fn need(&self, fleet: Fleet<'_>, used: u32) -> Need {
        let replica = self.gpus_used.or(fleet.replica).unwrap_or(used);
        let at_least = self.gpus_per_box.unwrap_or(0);
        Need { gpus: used, together: replica.max(at_least), at_least }
    }
}

/// As many whole instances of `offer` as `need` takes.
fn rented(offer: &Offer, need: Need) -> Rental {
    let source = match need.instances(offer) {
        1 => offer.to_string(),
        n => format!("{n} x {offer}"),
    };
    Rental {
        usd_per_hour_total: need.usd_per_hour(offer),
        gpus_billed: need.billed(offer),
        gpus_used: need.gpus,
        unit_gpus: Some(offer.count),
        source,
    }
}
