//! What the machine under a cell costs.

use super::document::{EngineTable, PriceTable};
use super::error::{Place, SpecError};
use farebox_core::UsdPerHour;
use farebox_core::run::Rental;
use farebox_price::{Packing, PriceSettings};
use toml::Spanned;

/// A rental as the matrix says it.
#[derive(Debug, Clone, PartialEq)]
pub struct PriceSpec {
    /// What is paid by the hour.
    pub basis: Basis,
    /// Accelerators that are billed at least; none for as many as serve.
    pub gpus_per_box: Option<u32>,
    /// Whether the box is filled with replicas.
    pub packing: Packing,
}

/// What an hourly price is of, in USD.
#[derive(Debug, Clone, PartialEq)]
pub enum Basis {
    /// One accelerator.
    GpuHour(f64),
    /// The whole machine.
    Hour(f64),
    /// What a replica of each width is rented on.
    Rented(Vec<Rental>),
}

/// More than any machine costs: a slip of the finger beyond.
const MOST_USD: f64 = 1e6;
/// More accelerators than one bill has.
const MOST_GPUS: u32 = 65_536;

impl PriceSpec {
    /// The price of `[price]`; none where it says none.
    pub(super) fn read(table: &PriceTable, place: Place<'_>) -> Result<Option<Self>, SpecError> {
        let keys = ["price.per-gpu-hour", "price.per-hour"];
        let basis = basis([table.per_gpu_hour.as_ref(), table.per_hour.as_ref()], keys, place)?;
        let gpus_per_box = gpus(table.gpus_per_box.as_ref(), "price.gpus-per-box", place)?;
        let packing = match table.fill_box {
            Some(false) => Packing::OneReplica,
            Some(true) | None => Packing::FillBox,
        };
        Ok(basis.map(|basis| Self { basis, gpus_per_box, packing }))
    }

    /// The price of an engine: its own where it has one, else `usual`; none of an API with a
    /// tariff.
    pub(super) fn of_engine(
        table: &EngineTable,
        path: &str,
        usual: Option<&Self>,
        place: Place<'_>,
    ) -> Result<Option<Self>, SpecError> {
        let keys = [format!("{path}.price-per-gpu-hour"), format!("{path}.price-per-hour")];
        let keys = [keys[0].as_str(), keys[1].as_str()];
        let said = [table.price_per_gpu_hour.as_ref(), table.price_per_hour.as_ref()];
        let own_basis = basis(said, keys, place)?;
        if let Some(tariff) = &table.tariff {
            if own_basis.is_none() {
                return Ok(None);
            }
            let message = format!("{path}.tariff: an API has no machine with a price");
            return Err(place.wrong(&tariff.span(), message));
        }
        let key = format!("{path}.gpus-per-box");
        let own_box = gpus(table.gpus_per_box.as_ref(), &key, place)?;
        let packing = usual.map_or(Packing::FillBox, |usual| usual.packing);
        let Some(basis) = own_basis.or(usual.map(|usual| usual.basis.clone())) else {
            return Ok(None);
        };
        let gpus_per_box = own_box.or(usual.and_then(|usual| usual.gpus_per_box));
        Ok(Some(Self { basis, gpus_per_box, packing }))
    }

    /// The rental of a replica on `gpus` accelerators; none where no price is known for so many.
    pub fn rental(&self, gpus: u32) -> Option<Rental> {
        let billed = self.gpus_per_box.unwrap_or(gpus).max(gpus);
        let typed = |usd: f64, unit_gpus, source: &str| Rental {
            usd_per_hour_total: UsdPerHour::new(usd),
            gpus_billed: billed,
            gpus_used: gpus,
            unit_gpus,
            source: source.to_owned(),
        };
        match &self.basis {
            Basis::GpuHour(usd) => {
                let usd = usd * f64::from(billed);
                Some(typed(usd, Some(1), "price per GPU-hour of the matrix"))
            }
            Basis::Hour(usd) => Some(typed(*usd, None, "price per hour of the matrix")),
            Basis::Rented(rentals) => rentals.iter().find(|r| r.gpus_used == gpus).cloned(),
        }
    }

    /// The same as settings of a price.
    pub fn settings(&self, gpus: u32) -> Option<PriceSettings> {
        let settings = PriceSettings::new(self.rental(gpus)?);
        Some(PriceSettings { packing: self.packing, ..settings })
    }
}

fn basis(
    said: [Option<&Spanned<f64>>; 2],
    keys: [&str; 2],
    place: Place<'_>,
) -> Result<Option<Basis>, SpecError> {
    for (usd, key) in said.iter().zip(keys) {
        let Some(usd) = usd else { continue };
        if !(*usd.get_ref() > 0.0 && *usd.get_ref() <= MOST_USD) {
            let message = format!("{key}: a price is above 0 and in USD, such as 2.50");
            return Err(place.wrong(&usd.span(), message));
        }
    }
    match said {
        [Some(_), Some(hour)] => {
            let message = format!("{}: there is a {} already; one of them", keys[1], keys[0]);
            Err(place.wrong(&hour.span(), message))
        }
        [Some(usd), None] => Ok(Some(Basis::GpuHour(*usd.get_ref()))),
        [None, Some(usd)] => Ok(Some(Basis::Hour(*usd.get_ref()))),
        [None, None] => Ok(None),
    }
}

fn gpus(
    said: Option<&Spanned<u32>>,
    key: &str,
    place: Place<'_>,
) -> Result<Option<u32>, SpecError> {
    match said {
        Some(n) if !(1..=MOST_GPUS).contains(n.get_ref()) => {
            Err(place.wrong(&n.span(), format!("{key}: from 1 to {MOST_GPUS}")))
        }
        said => Ok(said.map(|n| *n.get_ref())),
    }
}
