//! What accelerators say of themselves: memory, utilisation, power, clock, temperature.
//!
//! NVML where its library is there, else `nvidia-smi`, else `amd-smi`; or a DCGM exporter that
//! somebody names. All of them give the same signals, in the same units.

mod amd_smi;
mod dcgm;
mod nvidia_smi;
mod nvml;
mod program;

use farebox_core::{RunInstant, Scope, Signal, TelemetrySample};
use farebox_measure::{FetchError, Fetcher, Target, TlsError};
use nvml_wrapper::Nvml;
pub use program::Program;
use std::ffi::OsStr;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// One accelerator at one moment. A signal that it does not have is not in the list.
#[derive(Debug, Clone, PartialEq)]
pub struct GpuReading {
    /// Its index, as the driver counts.
    pub index: u32,
    /// Its values.
    pub values: Vec<(Signal, f64)>,
}

/// An accelerator by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GpuCard {
    /// Its index, as the driver counts.
    pub index: u32,
    /// What its driver calls it: `NVIDIA H100 80GB HBM3`.
    pub name: String,
}

/// Who is asked about the accelerators.
#[derive(Clone)]
pub enum GpuProbe {
    /// NVIDIA's library, in this process.
    Nvml(Arc<Nvml>),
    /// NVIDIA's program.
    NvidiaSmi(Program),
    /// AMD's program.
    AmdSmi(Program),
    /// A DCGM exporter.
    Dcgm(Box<Fetcher>),
}

/// Why accelerators told nothing.
#[derive(Debug, thiserror::Error)]
pub enum GpuError {
    /// Nobody here can be asked.
    #[error("no GPU can be asked: {}", .0.join("; "))]
    Nobody(Vec<String>),
    /// The program is not there, or may not be run.
    #[error("cannot run {}: {reason}", program.display())]
    Run {
        /// The program.
        program: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// The program did not end in time, and was ended.
    #[error("{} said nothing within {} s", program.display(), after.as_secs_f64())]
    Hang {
        /// The program.
        program: PathBuf,
        /// How long it was given.
        after: Duration,
    },
    /// The program failed.
    #[error("{} failed ({status}): {said}", program.display())]
    Failed {
        /// The program.
        program: PathBuf,
        /// Its exit status.
        status: String,
        /// The last line that it said.
        said: String,
    },
    /// What came is not what is documented.
    #[error("{who} answered with something else: `{excerpt}`")]
    Garbage {
        /// Who was asked.
        who: &'static str,
        /// The beginning of what came.
        excerpt: String,
    },
    /// The library refused.
    #[error("NVML: {0}")]
    Nvml(#[from] nvml_wrapper::error::NvmlError),
    /// The exporter did not answer.
    #[error("DCGM exporter: {0}")]
    Fetch(#[from] FetchError),
    /// The exporter answered, but not with 200.
    #[error("DCGM exporter: answered {0}")]
    Status(u16),
}

/// How long a program or an exporter may take.
const PATIENCE: Duration = Duration::from_secs(5);

impl GpuProbe {
    /// NVML, else `nvidia-smi`, else `amd-smi`, whichever is there first; programs are looked for
    /// in the folders of `path`, as in `PATH`.
    pub fn find(path: Option<&OsStr>) -> Result<Self, GpuError> {
        let mut reasons = Vec::new();
        match nvml::open() {
            Ok(nvml) => return Ok(Self::Nvml(Arc::new(nvml))),
            Err(reason) => reasons.push(format!("NVML: {reason}")),
        }
        for (name, probe) in [
            (nvidia_smi::NAME, Self::NvidiaSmi as fn(Program) -> Self),
            (amd_smi::NAME, Self::AmdSmi),
        ] {
            match Program::find(name, path) {
                Some(program) => return Ok(probe(program)),
                None => reasons.push(format!("{name} is not in PATH")),
            }
        }
        Err(GpuError::Nobody(reasons))
    }

    /// The DCGM exporter at `target`, usually port 9400.
    pub fn dcgm(target: Target) -> Result<Self, TlsError> {
        Ok(Self::Dcgm(Box::new(Fetcher::new(target, PATIENCE)?)))
    }

    /// Changes how long a program may take.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        if let Self::NvidiaSmi(program) | Self::AmdSmi(program) = &mut self {
            program.patience = patience;
        }
        self
    }

    /// Asks about all accelerators once.
    pub async fn read(&self) -> Result<Vec<GpuReading>, GpuError> {
        match self {
            Self::Nvml(nvml) => nvml::read(nvml.clone()).await,
            Self::NvidiaSmi(program) => nvidia_smi::parse(&program.run(&nvidia_smi::ARGS).await?),
            Self::AmdSmi(program) => amd_smi::parse(&program.run(&amd_smi::ARGS).await?),
            Self::Dcgm(fetcher) => match fetcher.get("/metrics", PATIENCE).await? {
                answer if answer.status == 200 => dcgm::parse(&answer.body),
                answer => Err(GpuError::Status(answer.status)),
            },
        }
    }

    /// Asks what the accelerators are called, by rising index.
    pub async fn cards(&self) -> Result<Vec<GpuCard>, GpuError> {
        match self {
            Self::Nvml(nvml) => nvml::cards(nvml.clone()).await,
            Self::NvidiaSmi(program) => {
                nvidia_smi::cards(&program.run(&nvidia_smi::NAME_ARGS).await?)
            }
            Self::AmdSmi(program) => amd_smi::cards(&program.run(&amd_smi::NAME_ARGS).await?),
            Self::Dcgm(fetcher) => match fetcher.get("/metrics", PATIENCE).await? {
                answer if answer.status == 200 => dcgm::cards(&answer.body),
                answer => Err(GpuError::Status(answer.status)),
            },
        }
    }
}

impl fmt::Display for GpuProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nvml(_) => "NVML",
            Self::NvidiaSmi(_) => nvidia_smi::NAME,
            Self::AmdSmi(_) => amd_smi::NAME,
            Self::Dcgm(_) => "DCGM",
        })
    }
}

impl fmt::Debug for GpuProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GpuProbe({self})")
    }
}

impl GpuReading {
    /// The value of `signal`, if it has one.
    pub fn value(&self, signal: Signal) -> Option<f64> {
        self.values.iter().find(|(has, _)| *has == signal).map(|&(_, value)| value)
    }

    /// The values as samples taken at `t`.
    pub fn samples(&self, t: RunInstant) -> impl Iterator<Item = TelemetrySample> + '_ {
        self.values.iter().map(move |&(metric, value)| TelemetrySample {
            t_ns: t,
            scope: Scope::Gpu(self.index),
            metric,
            value,
        })
    }
}

/// Bytes in what all of these call MiB, and two of them write MB.
const MIB: f64 = 1024.0 * 1024.0;

/// The values that are there.
fn values<const N: usize>(all: [(Signal, Option<f64>); N]) -> Vec<(Signal, f64)> {
    let present = |(signal, value): (Signal, Option<f64>)| {
        value.filter(|value| value.is_finite()).map(|value| (signal, value))
    };
    all.into_iter().filter_map(present).collect()
}

fn garbage(who: &'static str, text: &str) -> GpuError {
    const LONGEST: usize = 80;
    let excerpt = text.trim().chars().take(LONGEST).collect();
    GpuError::Garbage { who, excerpt }
}
