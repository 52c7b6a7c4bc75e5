//! NVIDIA's management library, opened at run time.

use super::{GpuCard, GpuError, GpuReading, values};
use farebox_core::Signal;
use nvml_wrapper::Nvml;
use nvml_wrapper::enum_wrappers::device::{Clock, TemperatureSensor};
use nvml_wrapper::error::NvmlError;
use std::sync::Arc;

/// Opens the library; an error where it is not there or sees no GPU.
pub(super) fn open() -> Result<Nvml, String> {
    match Nvml::init().and_then(|nvml| Ok((nvml.device_count()?, nvml))) {
        Ok((0, _)) => Err("it sees no GPU".to_owned()),
        Ok((_, nvml)) => Ok(nvml),
        Err(NvmlError::LibloadingError(_)) => Err("its library is not here".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Reads all GPUs.
pub(super) async fn read(nvml: Arc<Nvml>) -> Result<Vec<GpuReading>, GpuError> {
    of_each(nvml, gpu).await
}

/// The names of all GPUs.
pub(super) async fn cards(nvml: Arc<Nvml>) -> Result<Vec<GpuCard>, GpuError> {
    let card =
        |nvml: &Nvml, index| Ok(GpuCard { index, name: nvml.device_by_index(index)?.name()? });
    of_each(nvml, card).await
}

/// Asks of all GPUs, beside the caller's event loop: a driver in trouble may take its time.
async fn of_each<T: Send + 'static>(
    nvml: Arc<Nvml>,
    ask: impl Fn(&Nvml, u32) -> Result<T, GpuError> + Send + 'static,
) -> Result<Vec<T>, GpuError> {
    let asking = tokio::task::spawn_blocking(move || {
        (0..nvml.device_count()?).map(|index| ask(&nvml, index)).collect()
    });
    // Who panicked has learned nothing.
    asking.await.unwrap_or(Err(GpuError::Nvml(NvmlError::Unknown)))
}

fn gpu(nvml: &Nvml, index: u32) -> Result<GpuReading, GpuError> {
    let device = nvml.device_by_index(index)?;
    let memory = device.memory_info().ok();
    let busy = device.utilization_rates().ok();
    Ok(GpuReading {
        index,
        values: values([
            (Signal::MemoryUsedBytes, memory.as_ref().map(|memory| memory.used as f64)),
            (Signal::MemoryTotalBytes, memory.as_ref().map(|memory| memory.total as f64)),
            (Signal::UtilisationFraction, busy.map(|busy| f64::from(busy.gpu) / 100.0)),
            (Signal::PowerW, device.power_usage().ok().map(|mw| f64::from(mw) / 1000.0)),
            (Signal::ClockMhz, device.clock_info(Clock::SM).ok().map(f64::from)),
            (Signal::TemperatureC, device.temperature(TemperatureSensor::Gpu).ok().map(f64::from)),
        ]),
    })
}
