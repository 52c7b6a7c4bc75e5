//! How many accelerators are needed, and what that bills of an offer: whole instances.

use super::Offer;
use farebox_core::UsdPerHour;

/// The accelerators that somebody wants to rent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// Accelerators that serve, at least 1.
    pub gpus: u32,
    /// Of which so many, at least 1, form a replica and belong on one machine.
    pub together: u32,
    /// Accelerators that are billed at least.
    pub at_least: u32,
}

impl Need {
    /// So many accelerators, each for itself.
    pub const fn of(gpus: u32) -> Self {
        Self { gpus, together: 1, at_least: 0 }
    }

    /// Instances of `offer` that hold all of them: a replica is not spread over two instances
    /// unless it is wider than one.
    pub fn instances(self, offer: &Offer) -> u32 {
        let together = self.together.max(1);
        let usable = match offer.count / together {
            0 => offer.count,
            replicas => replicas * together,
        };
        let serving = self.gpus.max(1).div_ceil(usable.max(1));
        serving.max(self.at_least.div_ceil(offer.count.max(1)))
    }

    /// Accelerators in those instances.
    pub fn billed(self, offer: &Offer) -> u32 {
        self.instances(offer).saturating_mul(offer.count)
    }

    /// Price of those instances.
    pub fn usd_per_hour(self, offer: &Offer) -> UsdPerHour {
        offer.usd_per_hour.times(f64::from(self.instances(offer)))
    }
}
