//! What the machine costs.

use crate::error::CliError;
use clap::Args;
use farebox_calculator::{Billing, Fleet, NamedPrice};
use farebox_catalog::Catalogue;
use farebox_core::run::Rental;
use farebox_experiment::matrix::{Basis, PriceSpec};
use farebox_price::Packing;

/// The price of the machine and how much of it serves.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Money")]
pub(crate) struct MoneyArgs {
    /// Price of the whole billed machine, in USD per hour
    #[arg(long, value_name = "USD", value_parser = usd, allow_negative_numbers = true)]
    price_per_hour: Option<f64>,
    /// Price of one accelerator, in USD per hour
    #[arg(long, value_name = "USD", value_parser = usd, conflicts_with = "price_per_hour", allow_negative_numbers = true)]
    price_per_gpu_hour: Option<f64>,
    /// A published offer to price by, such as lambda:h100-sxm; whole instances are billed
    #[arg(long, value_name = "PROVIDER:GPU", conflicts_with_all = ["price_per_hour", "price_per_gpu_hour"])]
    offer: Option<String>,
    /// Accelerators that are billed at least
    #[arg(long, value_name = "N", value_parser = gpus, allow_negative_numbers = true)]
    gpus_per_box: Option<u32>,
    /// Accelerators that serve one replica
    #[arg(long, value_name = "N", value_parser = gpus, allow_negative_numbers = true)]
    pub(crate) gpus_used: Option<u32>,
}

impl MoneyArgs {
    /// What was said about the price.
    pub(crate) fn billing(&self) -> Billing {
        let of_machine = self.price_per_hour.map(NamedPrice::Machine);
        let of_gpu = self.price_per_gpu_hour.map(NamedPrice::Accelerator);
        let of_offer = self.offer.clone().map(NamedPrice::Offer);
        let Self { gpus_per_box, gpus_used, .. } = *self;
        Billing { price: of_machine.or(of_gpu).or(of_offer), gpus_per_box, gpus_used }
    }

    /// The rental that these flags, and where they are silent a stored one, amount to. None where
    /// no price is known.
    pub(crate) fn rental(
        &self,
        stored: Option<&Rental>,
        fleet: Fleet<'_>,
        catalogue: &Catalogue,
    ) -> Result<Option<Rental>, CliError> {
        Ok(self.billing().rental(stored, fleet, catalogue)?)
    }
}

impl MoneyArgs {
    /// The same for a matrix, whose cells say themselves how many accelerators serve: as many as
    /// one of `widths`.
    pub(crate) fn spec(
        &self,
        widths: &[u32],
        catalogue: &Catalogue,
    ) -> Result<Option<PriceSpec>, CliError> {
        if self.gpus_used.is_some() {
            return Err(CliError::usage("--gpus-used: --tp says how many accelerators serve"));
        }
        let basis = match self.billing().price {
            None => None,
            Some(NamedPrice::Machine(usd)) => Some(Basis::Hour(usd)),
            Some(NamedPrice::Accelerator(usd)) => Some(Basis::GpuHour(usd)),
            Some(NamedPrice::Offer(_)) => {
                let mut rentals = Vec::new();
                for gpus in widths {
                    let fleet = Fleet { gpus: Some(*gpus), ..Fleet::default() };
                    rentals.extend(self.rental(None, fleet, catalogue)?);
                }
                Some(Basis::Rented(rentals))
            }
        };
        let gpus_per_box = self.gpus_per_box;
        Ok(basis.map(|basis| PriceSpec { basis, gpus_per_box, packing: Packing::FillBox }))
    }
}

/// A price is above zero: an unknown one is left out, never zero.
fn usd(text: &str) -> Result<f64, String> {
    match text.trim_start_matches('$').parse::<f64>() {
        Ok(usd) if usd > 0.0 && usd <= MOST_USD => Ok(usd),
        _ => Err(format!("`{text}` is no price: dollars per hour above 0, such as 2.50")),
    }
}

/// More than any machine costs: a slip of the finger beyond.
const MOST_USD: f64 = 1e6;

fn gpus(text: &str) -> Result<u32, String> {
    match text.parse::<u32>() {
        Ok(n) if (1..=65_536).contains(&n) => Ok(n),
        _ => Err(format!("`{text}` is no number of accelerators: from 1 to 65536")),
    }
}
