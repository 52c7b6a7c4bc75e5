//! Those who can be looked at again and again.

use super::Asked;
use crate::engine::{EngineProbe, ScrapeError};
use crate::gpu::{GpuError, GpuProbe, GpuReading};
use crate::host::{HostError, HostReading, ProcessTree};
use crate::reading::EngineReading;
use farebox_core::{RunInstant, TelemetrySample};
use std::fmt::Display;
use std::future::Future;

/// Something that can be looked at.
pub(super) trait Look: Send + Sync + 'static {
    /// What it is called in a gap.
    const ASKED: Asked;
    /// What a look finds.
    type Found: Send;
    /// Why it found nothing.
    type Error: Display + Send;

    /// Looks once.
    fn look(&self) -> impl Future<Output = Result<Self::Found, Self::Error>> + Send;

    /// What was found, as samples taken at `t`.
    fn samples(found: &Self::Found, t: RunInstant) -> Vec<TelemetrySample>;
}

impl Look for EngineProbe {
    const ASKED: Asked = Asked::Engine;
    type Found = EngineReading;
    type Error = ScrapeError;

    async fn look(&self) -> Result<EngineReading, ScrapeError> {
        self.ask().await
    }

    fn samples(found: &EngineReading, t: RunInstant) -> Vec<TelemetrySample> {
        found.samples(t).collect()
    }
}

impl Look for GpuProbe {
    const ASKED: Asked = Asked::Gpus;
    type Found = Vec<GpuReading>;
    type Error = GpuError;

    async fn look(&self) -> Result<Vec<GpuReading>, GpuError> {
        self.read().await
    }

    fn samples(found: &Vec<GpuReading>, t: RunInstant) -> Vec<TelemetrySample> {
        found.iter().flat_map(|reading| reading.samples(t)).collect()
    }
}

impl Look for ProcessTree {
    const ASKED: Asked = Asked::Host;
    type Found = HostReading;
    type Error = HostError;

    async fn look(&self) -> Result<HostReading, HostError> {
        self.read()
    }

    fn samples(found: &HostReading, t: RunInstant) -> Vec<TelemetrySample> {
        found.samples(t).into()
    }
}
