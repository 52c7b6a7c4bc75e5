//! One machine: which accelerators, how many, and how a model is spread over them.

use crate::QuestionError;
use farebox_catalog::Accelerator;
use farebox_catalog::model::{KvFormat, ModelSpec, Precision};
use farebox_estimate::setup::Setup;
use farebox_estimate::{Engine, Parallelism};

/// One machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// Its accelerator, as it stands in its node.
    pub gpu: Accelerator,
    /// How the model is spread.
    pub parallel: Parallelism,
    /// Precision of weights; none for what the checkpoint says.
    pub precision: Option<Precision>,
    /// Precision of the cache.
    pub kv: KvFormat,
    /// The engine that serves.
    pub engine: Engine,
}

impl Machine {
    /// The machine with `model` on it.
    pub fn setup<'a>(&'a self, model: &'a ModelSpec) -> Setup<'a> {
        Setup {
            engine: self.engine.clone(),
            parallel: self.parallel,
            precision: self.precision,
            kv: self.kv,
            ..Setup::new(model, &self.gpu)
        }
    }
}

/// How many accelerators there are said to be, and how they stand in nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Nodes {
    /// Accelerators in all; must agree with the widths.
    pub gpus: Option<u32>,
    /// Nodes that hold them, equally many on each.
    pub nodes: Option<u32>,
    /// Accelerators of a node.
    pub gpus_per_node: Option<u32>,
}

/// More accelerators than any one deployment has.
const MOST_GPUS: u64 = 65_536;

/// Accelerators of the fullest node that is built from parts.
const DENSEST: u32 = 16;

impl Nodes {
    /// Refuses widths that take another number of accelerators than there are said to be.
    pub fn check(self, parallel: Parallelism) -> Result<(), QuestionError> {
        let taken = parallel.gpus();
        let disagree = |what: String| Err(QuestionError::Count { what, taken });
        let Parallelism { tp, dp, ep, .. } = parallel;
        let spread = u64::from(tp) * u64::from(dp);
        if u64::from(ep) > spread {
            return Err(QuestionError::Experts { ep, spread });
        }
        if taken > MOST_GPUS {
            return Err(QuestionError::TooMany { taken, most: MOST_GPUS });
        }
        match (self.gpus, self.nodes, self.gpus_per_node) {
            (Some(gpus), ..) if u64::from(gpus) != taken => disagree(format!("--gpus says {gpus}")),
            (_, Some(nodes), Some(each)) if u64::from(nodes) * u64::from(each) != taken => {
                let all = u64::from(nodes) * u64::from(each);
                disagree(format!("--nodes {nodes} of --gpus-per-node {each} are {all}"))
            }
            (_, Some(nodes), None) if !taken.is_multiple_of(u64::from(nodes)) => {
                disagree(format!("--nodes {nodes} should hold equally many"))
            }
            _ => Ok(()),
        }
    }

    /// `gpu` as it stands in nodes of the size asked for: a replica wider than its node, or than
    /// the fabric where that spans nodes, talks over the network.
    pub fn place(
        self,
        gpu: &Accelerator,
        parallel: Parallelism,
    ) -> Result<Accelerator, QuestionError> {
        let spread = self.nodes.map(|nodes| (parallel.gpus() / u64::from(nodes)) as u32);
        let Some(each) = self.gpus_per_node.or(spread) else { return Ok(gpu.clone()) };
        let most = gpu.link.gpus_per_node.map_or(DENSEST, |(_, most)| most).max(gpu.link.domain);
        if each > most {
            return Err(QuestionError::Node { gpu: gpu.id.clone(), each, most });
        }
        let mut gpu = gpu.clone();
        let rack = gpu.link.gpus_per_node.is_some_and(|(_, most)| gpu.link.domain > most);
        if !rack {
            gpu.link.domain = gpu.link.domain.min(each);
        }
        gpu.link.gpus_per_node = Some((each, each));
        Ok(gpu)
    }
}
