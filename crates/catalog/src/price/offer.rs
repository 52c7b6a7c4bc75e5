//! One way to rent accelerators by the hour.

use crate::as_of::AsOf;
use crate::confidence::Confidence;
use farebox_core::UsdPerHour;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Days after which a cloud price deserves a warning.
const STALE_AFTER_DAYS: u32 = 60;

/// A published price of one instance type.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Offer {
    /// Who rents it out, such as `lambda`; the file name.
    pub provider: String,
    /// The provider's name of the machine.
    pub instance: String,
    /// Id of the accelerator in it.
    pub gpu: String,
    /// Accelerators in one instance.
    pub count: u32,
    /// Price of the whole instance.
    pub usd_per_hour: UsdPerHour,
    /// On what terms.
    pub kind: OfferKind,
    /// Where, in the provider's words.
    pub region: String,
    /// When the price was seen.
    pub as_of: AsOf,
    /// What is vague about the date.
    pub as_of_note: Option<String>,
    /// How sure it is.
    pub confidence: Confidence,
    /// What was read.
    pub source: String,
    /// Traps, in words.
    pub notes: Option<String>,
}

/// The terms of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferKind {
    /// List price, kept until given back.
    OnDemand,
    /// May be taken away; often the floor of an auction.
    Spot,
    /// Billed per second of use.
    ServerlessPerSecond,
    /// One owner's asking price on one day.
    Marketplace,
}

impl Offer {
    /// Price of one accelerator of the instance; derived, never billed alone.
    pub fn usd_per_gpu_hour(&self) -> UsdPerHour {
        self.usd_per_hour.times(1.0 / f64::from(self.count))
    }

    /// Days since the price was seen, from the earliest day its date can mean.
    pub fn age_days(&self, today: Date) -> u32 {
        self.as_of.age_days(today)
    }

    /// Whether the price is older than cloud prices usually last (60 days).
    pub fn is_stale(&self, today: Date) -> bool {
        self.age_days(today) > STALE_AFTER_DAYS
    }

    /// What tells it from every other offer: `provider:instance:gpu:region:kind`.
    pub fn key(&self) -> String {
        let Self { provider, instance, gpu, region, kind, .. } = self;
        format!("{provider}:{instance}:{gpu}:{region}:{kind}")
    }
}

impl OfferKind {
    /// Every kind, in the order of preference for a default.
    pub const ALL: [Self; 4] =
        [Self::OnDemand, Self::ServerlessPerSecond, Self::Marketplace, Self::Spot];

    /// The name in files and in `--offer provider:gpu:kind`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OnDemand => "on_demand",
            Self::Spot => "spot",
            Self::ServerlessPerSecond => "serverless_per_second",
            Self::Marketplace => "marketplace",
        }
    }
}

impl fmt::Display for OfferKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Offer {
    /// One line that always names provider and date.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { provider, instance, gpu, count, kind, as_of, .. } = self;
        let per_hour = self.usd_per_hour.get();
        write!(f, "{provider} {instance} ({count}x {gpu}, {kind}) {per_hour} USD/h as of {as_of}")
    }
}
