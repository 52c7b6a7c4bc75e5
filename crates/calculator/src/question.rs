//! One question: a machine, lengths, a load and a price, with everything else as usual.

use crate::{
    Billing, Deployed, EstimateDocument, Lengths, Machine, Nodes, QuestionError, Users, closed,
};
use farebox_catalog::accelerator::TypedAccelerator;
use farebox_catalog::model::{KvFormat, ModelSpec, Precision};
use farebox_catalog::{Accelerator, Catalogue};
use farebox_core::curve::LoadKind;
use farebox_core::{Load, Slo};
use farebox_estimate::{Calibration, Engine, Parallelism};

/// What is asked of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The accelerator.
    pub gpu: GpuChoice,
    /// How the model is spread.
    pub parallel: Parallelism,
    /// How many there are said to be.
    pub nodes: Nodes,
    /// Precision of weights; none for what the checkpoint says.
    pub precision: Option<Precision>,
    /// Precision of the cache; none for what the checkpoint says.
    pub kv: Option<KvFormat>,
    /// The serving engine.
    pub engine: Engine,
    /// Tokens per request.
    pub lengths: Lengths,
    /// The load.
    pub load: LoadChoice,
    /// What was said about the price.
    pub billing: Billing,
    /// Who asks, for a bill per hour.
    pub users: Option<Users>,
}

/// Which accelerator.
#[derive(Debug, Clone, PartialEq)]
pub enum GpuChoice {
    /// One of the catalogue, by id or alias.
    Named(String),
    /// `cpu` or `custom`, by its figures as far as they were given.
    Typed(String, TypedFigures),
}

/// Figures of an accelerator that the catalogue does not have.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TypedFigures {
    /// Memory, in GB.
    pub mem_gb: Option<f64>,
    /// Memory bandwidth, in GB/s.
    pub mem_bw_gb_per_s: Option<f64>,
    /// 16-bit peak, in TFLOP/s, dense.
    pub tflops: Option<f64>,
}

/// Which load.
#[derive(Debug, Clone, PartialEq)]
pub enum LoadChoice {
    /// This one.
    This(Load),
    /// As many requests in flight as the cache holds, at least 1.
    Most,
    /// The most in flight with which the promise is kept.
    Promise(Slo),
}

impl GpuChoice {
    /// The accelerator that is meant.
    pub fn find(&self, catalogue: &Catalogue) -> Result<Accelerator, QuestionError> {
        match self {
            Self::Named(name) => {
                let accelerators = catalogue.accelerators().map_err(Clone::clone)?;
                accelerators.find(name).cloned().map_err(QuestionError::Gpu)
            }
            Self::Typed(name, figures) => figures.build(name),
        }
    }
}

impl TypedFigures {
    fn build(self, name: &str) -> Result<Accelerator, QuestionError> {
        let (Some(memory_gb), Some(bandwidth_gb_per_s), Some(tflops)) =
            (self.mem_gb, self.mem_bw_gb_per_s, self.tflops)
        else {
            return Err(QuestionError::Custom { name: name.to_owned() });
        };
        let typed = TypedAccelerator { memory_gb, bandwidth_gb_per_s, tflops };
        typed.build(name).map_err(QuestionError::Typed)
    }

    /// The flag of the first figure given, if one was.
    pub fn given(self) -> Option<&'static str> {
        let figures = [
            ("--mem-gb", self.mem_gb),
            ("--mem-bw-gb-per-s", self.mem_bw_gb_per_s),
            ("--tflops", self.tflops),
        ];
        figures.into_iter().find(|(_, figure)| figure.is_some()).map(|(flag, _)| flag)
    }
}

impl Question {
    /// The machine that is asked about, for `model`.
    pub fn machine(
        &self,
        model: &ModelSpec,
        catalogue: &Catalogue,
    ) -> Result<Machine, QuestionError> {
        let gpu = self.gpu.find(catalogue)?;
        self.nodes.check(self.parallel)?;
        Ok(Machine {
            gpu: self.nodes.place(&gpu, self.parallel)?,
            parallel: self.parallel,
            precision: self.precision,
            kv: self.kv.or(model.kv).unwrap_or_default(),
            engine: self.engine.clone(),
        })
    }

    /// `model` on `machine` at the price asked for.
    pub fn deploy<'a>(
        &self,
        machine: &'a Machine,
        model: &'a ModelSpec,
        (catalogue, calibration): (&Catalogue, &'a Calibration),
    ) -> Result<Deployed<'a>, QuestionError> {
        let rental = self.billing.of_machine(machine, catalogue)?;
        Ok(Deployed::new(machine, model, calibration, rental)?)
    }

    /// The answer of `deployed`; an error where even one request in flight breaks the promise.
    pub fn answer(&self, deployed: &Deployed<'_>) -> Result<EstimateDocument, QuestionError> {
        Ok(deployed.answer(self.lengths, self.load(deployed)?, self.users)?)
    }

    /// The load that is meant.
    pub fn load(&self, deployed: &Deployed<'_>) -> Result<Load, QuestionError> {
        Ok(match &self.load {
            LoadChoice::This(load) => *load,
            LoadChoice::Most => closed(deployed.estimator().most_in_flight(self.lengths)?),
            LoadChoice::Promise(slo) => {
                let line = deployed.estimator().load_line(self.lengths, slo)?;
                closed(line.map_err(QuestionError::Promise)?)
            }
        })
    }
}

impl LoadChoice {
    /// Requests in flight when nobody says.
    pub const USUAL: u64 = 64;

    /// So many of a kind.
    pub const fn of(kind: LoadKind, value: f64) -> Self {
        Self::This(Load { kind, value })
    }
}
