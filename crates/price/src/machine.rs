//! What is paid for, and how much of it serves.

use farebox_core::run::Rental;
use serde::{Deserialize, Serialize};

/// How a rented machine is filled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Packing {
    /// One replica is charged the whole machine.
    #[default]
    OneReplica,
    /// As many replicas as fit share it. That they do not slow each other down is assumed.
    FillBox,
}

/// A rental as one curve sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Machine {
    /// Dollars per second of everything billed.
    pub usd_per_s: f64,
    /// Whole copies that serve, at least 1.
    pub replicas: u32,
    /// Accelerators of one copy, at least 1.
    pub gpus_used: u32,
    /// Accelerators billed.
    pub gpus_billed: u32,
}

impl Machine {
    /// The machine of `rental`, filled by `packing` with copies of `gpus_used` accelerators each.
    pub fn new(rental: &Rental, packing: Packing, gpus_used: u32) -> Self {
        let (gpus_billed, gpus_used) = (rental.gpus_billed.max(1), gpus_used.max(1));
        let replicas = match packing {
            Packing::OneReplica => 1,
            Packing::FillBox => (gpus_billed / gpus_used).max(1),
        };
        let usd_per_s = rental.usd_per_hour_total.per_second();
        Self { usd_per_s, replicas, gpus_used, gpus_billed }
    }

    /// Accelerators that are paid for and serve nothing.
    pub fn idle_gpus(&self) -> u32 {
        self.gpus_billed.saturating_sub(self.gpus_used.saturating_mul(self.replicas))
    }

    /// Copies that would fit, at least 1.
    pub fn room(&self) -> u32 {
        (self.gpus_billed / self.gpus_used).max(1)
    }

    /// Whether one copy needs more accelerators than are billed.
    pub fn is_too_small(&self) -> bool {
        self.gpus_used > self.gpus_billed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use farebox_core::UsdPerHour;

    #[test]
    fn replicas_fill_the_box_and_the_rest_stays_billed() {
        for (billed, used, packing, replicas, idle) in [
            (4, 1, Packing::OneReplica, 1, 3),
            (4, 1, Packing::FillBox, 4, 0),
            (8, 3, Packing::FillBox, 2, 2),
            (1, 4, Packing::FillBox, 1, 0),
            (0, 0, Packing::FillBox, 1, 0),
        ] {
            let rental = Rental {
                usd_per_hour_total: UsdPerHour::new(5.0),
                gpus_billed: billed,
                gpus_used: 1,
                unit_gpus: None,
                source: "test".to_owned(),
            };
            let machine = Machine::new(&rental, packing, used);
            assert_eq!(
                (machine.replicas, machine.idle_gpus()),
                (replicas, idle),
                "{billed}/{used}"
            );
        }
    }
}
