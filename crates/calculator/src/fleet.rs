//! The accelerators that a price is asked for.

use crate::Machine;
use farebox_core::{Deployment, Pool};

/// The accelerators that serve, as far as they are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fleet<'a> {
    /// Which they are; none where nobody said.
    pub gpu: Option<&'a str>,
    /// How many in all; none where nobody said.
    pub gpus: Option<u32>,
    /// How many form one replica; none where nobody said.
    pub replica: Option<u32>,
}

impl<'a> Fleet<'a> {
    /// Those of `machine`.
    pub fn of_machine(machine: &'a Machine) -> Self {
        let clamped = |gpus: u64| u32::try_from(gpus).unwrap_or(u32::MAX);
        Self {
            gpu: Some(&machine.gpu.id),
            gpus: Some(clamped(machine.parallel.gpus())),
            replica: Some(clamped(machine.parallel.gpus_per_replica())),
        }
    }

    /// Those of `pool`, which is one replica; nothing is known where there is none.
    pub fn of_pool(pool: Option<&'a Pool>) -> Self {
        let gpus = pool.map(|pool| pool.gpus);
        Self { gpu: pool.and_then(|pool| pool.gpu.as_deref()), gpus, replica: gpus }
    }

    /// Those of `deployment`. Of pools of different accelerators none is named.
    pub fn of_deployment(deployment: &'a Deployment) -> Self {
        let mut names = deployment.pools.iter().map(|pool| pool.gpu.as_deref());
        let first = names.next().flatten();
        Self {
            gpu: first.filter(|_| names.all(|name| name == first)),
            gpus: deployment.gpus(),
            replica: deployment.pools.iter().map(|pool| pool.gpus).max(),
        }
    }

    /// Those of the curve that takes the most: one bill is to hold each of them.
    pub fn widest(deployments: impl Iterator<Item = &'a Deployment>) -> Self {
        deployments.map(Self::of_deployment).max_by_key(|serving| serving.gpus).unwrap_or_default()
    }
}
