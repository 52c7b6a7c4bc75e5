//! What the machine costs.

use crate::error::CliError;
use clap::Args;
use farebox_core::UsdPerHour;
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
    /// Accelerators that are billed at least
    #[arg(long, value_name = "N", value_parser = gpus, allow_negative_numbers = true)]
    gpus_per_box: Option<u32>,
    /// Accelerators that serve one replica
    #[arg(long, value_name = "N", value_parser = gpus, allow_negative_numbers = true)]
    pub(crate) gpus_used: Option<u32>,
}

impl MoneyArgs {
    /// The rental that these flags, and where they are silent a stored one, amount to. `serving`
    /// is how many accelerators the curves say they use. None where no price is known.
    pub(crate) fn rental(
        &self,
        stored: Option<&Rental>,
        serving: Option<u32>,
    ) -> Result<Option<Rental>, CliError> {
        let used =
            self.gpus_used.or(serving).or(stored.map(|rental| rental.gpus_used)).unwrap_or(1);
        let stored_box = stored.map(|rental| rental.gpus_billed);
        let billed = self.gpus_per_box.or(stored_box).unwrap_or(used);
        if used > billed && self.gpus_per_box.is_some() {
            return Err(CliError::usage(format_args!(
                "--gpus-per-box {billed} bills fewer accelerators than the {used} that serve"
            )));
        }
        let billed = billed.max(used);
        let rental = |usd_per_hour_total: f64, source: String| Rental {
            usd_per_hour_total: UsdPerHour::new(usd_per_hour_total),
            gpus_billed: billed,
            gpus_used: used,
            source,
        };
        Ok(match (self.price_per_hour, self.price_per_gpu_hour, stored) {
            (Some(usd), _, _) => Some(rental(usd, "--price-per-hour".to_owned())),
            (None, Some(usd), _) => {
                Some(rental(usd * f64::from(billed), "--price-per-gpu-hour".to_owned()))
            }
            (None, None, Some(stored)) => {
                Some(rental(stored.usd_per_hour_total.get(), stored.source.clone()))
            }
            (None, None, None) => None,
        })
    }
}

impl MoneyArgs {
    /// The same for a matrix, whose cells say themselves how many accelerators serve.
    pub(crate) fn spec(&self) -> Result<Option<PriceSpec>, CliError> {
        if self.gpus_used.is_some() {
            return Err(CliError::usage("--gpus-used: --tp says how many accelerators serve"));
        }
        let whole = self.price_per_hour.map(Basis::Hour);
        let basis = whole.or(self.price_per_gpu_hour.map(Basis::GpuHour));
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
