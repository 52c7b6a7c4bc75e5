//! A deployment with everything worked out that the load does not change.

use crate::calibration::{Calibration, Constants, Levels, Regime};
use crate::error::{EstimateError, positive};
use crate::memory::Budget;
use crate::operator::{Attention, Cache, Collective, Experts, Machine, Product};
use crate::setup::{Parallelism, Setup};
use farebox_catalog::NumberFormat;
use farebox_catalog::model::{
    ClassTable, Ffn, KvStore, Layer, LayerGroup, Mixer, Precision, TensorClass, WeightFormat,
};

/// Widest parallelism believed.
const WIDEST: f64 = 1e5;

/// A deployment ready to be asked; asking allocates nothing.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// Constants by [`Regime`].
    pub(crate) constants: [Constants; 3],
    /// The operators.
    pub(crate) work: Work,
    /// What memory leaves for the cache.
    pub(crate) budget: Budget,
    /// Share of its output that a request must find room for.
    pub(crate) reserved_output: f64,
}

/// The operators of one replica.
#[derive(Debug, Clone)]
pub struct Work {
    /// Attention projections: copied under attention data parallelism.
    pub projections: Product,
    /// Dense feed-forward parts, shared experts, routers.
    pub dense: Product,
    /// Routed experts by kind of layer.
    pub experts: Vec<Experts>,
    /// Output head.
    pub head: Product,
    /// Attention.
    pub attention: Attention,
    /// Collectives.
    pub collective: Collective,
    /// Layers.
    pub layers: f64,
    /// Widths.
    pub parallel: Parallelism,
    /// Micro-batches in flight over pipeline stages; 1 where stages take turns.
    pub micro_batches: f64,
}

impl Compiled {
    /// Works `setup` out under `calibration`.
    pub fn new(setup: &Setup<'_>, calibration: &Calibration) -> Result<Self, EstimateError> {
        let constants = Regime::ALL.map(|regime| calibration.constants(&Levels::of(setup, regime)));
        Self::with_constants(setup, constants)
    }

    /// Works `setup` out with constants by [`Regime`].
    pub fn with_constants(
        setup: &Setup<'_>,
        constants: [Constants; 3],
    ) -> Result<Self, EstimateError> {
        check(setup)?;
        let machine = Machine::of(setup.gpu)?;
        let builder = Builder { setup, machine, parallel: spread(setup) };
        let work = builder.work();
        let budget = Budget::of(setup, builder.parallel, &work);
        Ok(Self { constants, work, budget, reserved_output: setup.engine.reserved_output() })
    }
}

/// Widths as the engine uses them.
fn spread(setup: &Setup<'_>) -> Parallelism {
    let asked = setup.parallel;
    if setup.engine.takes_turns() {
        Parallelism { tp: 1, dp: 1, pp: asked.tp * asked.pp * asked.dp, ..asked }
    } else {
        asked
    }
}

fn check(setup: &Setup<'_>) -> Result<(), EstimateError> {
    let Parallelism { tp, pp, ep, dp, replicas } = setup.parallel;
    for (field, width) in [("tp", tp), ("pp", pp), ("ep", ep), ("dp", dp), ("replicas", replicas)] {
        positive(field, f64::from(width), WIDEST)?;
    }
    let layers = setup.model.layers.len() as u64;
    if layers == 0 {
        return Err(EstimateError::NoLayers { model: setup.model.id.clone() });
    }
    if u64::from(pp) > layers {
        return Err(EstimateError::EmptyStages { pp, layers });
    }
    let heads = setup.model.layers.iter().filter_map(query_heads).max().unwrap_or_default();
    if heads > 0 && !setup.engine.takes_turns() && !heads.is_multiple_of(u64::from(tp)) {
        return Err(EstimateError::UnevenHeads { tp, heads });
    }
    has_units(setup)
}

fn query_heads(layer: &Layer) -> Option<u64> {
    match layer.mixer {
        Mixer::Attention(a) => Some(a.q_heads),
        Mixer::Mla(m) => Some(m.heads),
        Mixer::Compressed(c) => Some(c.heads),
        _ => None,
    }
}

/// 8-bit activations need 8-bit units; every other format can be widened first.
fn has_units(setup: &Setup<'_>) -> Result<(), EstimateError> {
    let needs_int8 = setup.precision == Some(Precision::W8a8);
    if needs_int8 && setup.gpu.peak(NumberFormat::Int8).is_none() {
        return Err(EstimateError::NoUnits { gpu: setup.gpu.id.clone(), format: "int8" });
    }
    Ok(())
}

/// Cuts a model to one accelerator.
struct Builder<'a> {
    setup: &'a Setup<'a>,
    machine: Machine,
    parallel: Parallelism,
}

impl Builder<'_> {
    fn work(&self) -> Work {
        let groups = self.setup.model.layer_groups();
        let (link, latency_factor) = crate::operator::links(self.setup.gpu, self.parallel);
        let layers = self.setup.model.layers.len() as f64;
        let width = f64::from(self.parallel.tp * self.parallel.dp);
        let mut work = Work {
            projections: Product::default(),
            dense: Product::default(),
            experts: Vec::new(),
            head: self.head(),
            attention: self.attention(&groups),
            collective: Collective {
                width,
                count: 2.0 * layers,
                stages: f64::from(self.parallel.pp),
                token_bytes: 2.0 * self.setup.model.hidden_size as f64,
                link,
                latency_factor,
            },
            layers,
            parallel: self.parallel,
            micro_batches: self.micro_batches(),
        };
        for group in &groups {
            self.add_layers(&mut work, group);
        }
        work
    }

    fn micro_batches(&self) -> f64 {
        if self.setup.engine.takes_turns() { 1.0 } else { f64::from(self.parallel.pp) }
    }

    fn add_layers(&self, work: &mut Work, group: &LayerGroup) {
        let formats = self.setup.model.formats(&group.layer, self.setup.precision);
        let copied = f64::from(self.parallel.tp);
        let cut = f64::from(self.parallel.tp * self.parallel.dp);
        for (class, params) in group.layer.params.iter() {
            let params = (params * group.count) as f64;
            let bytes = params * self.bytes_per_weight(formats[class]);
            let peaks = (self.machine.bandwidth, self.peak(formats[class]));
            match class {
                TensorClass::Attention | TensorClass::StateSpace => {
                    work.projections.add(bytes / copied, params / copied, peaks);
                }
                TensorClass::Mlp | TensorClass::SharedExperts | TensorClass::Router => {
                    work.dense.add(bytes / cut, params / cut, peaks);
                }
                TensorClass::Experts if params > 0.0 => {
                    let experts = expert(&group.layer, bytes / cut, params / cut, peaks);
                    work.experts.extend(experts);
                }
                _ => {}
            }
        }
    }

    /// The output head: a tied embedding is read as one.
    fn head(&self) -> Product {
        let outside = &self.setup.model.outside;
        let formats = self.recast(&outside.formats);
        let tied = self.setup.model.tied_embeddings;
        let class = if tied { TensorClass::Embedding } else { TensorClass::Head };
        let params = outside.params[class] as f64 / f64::from(self.parallel.tp);
        let mut head = Product::default();
        let bytes = params * formats[class].bytes_per_weight();
        head.add(bytes, params, (self.machine.bandwidth, self.machine.half));
        head
    }

    fn recast(&self, formats: &ClassTable<WeightFormat>) -> ClassTable<WeightFormat> {
        let kind = self.setup.model.kind();
        self.setup.precision.map_or(*formats, |precision| precision.formats(formats, kind))
    }

    fn attention(&self, groups: &[LayerGroup]) -> Attention {
        let mut attention = Attention {
            bandwidth: self.machine.bandwidth,
            flops: self.machine.half,
            ..Attention::default()
        };
        for group in groups {
            attention.caches.extend(self.cache(group));
            let state = (group.layer.state_bytes() * group.count) as f64;
            attention.state_bytes += state / f64::from(self.parallel.tp);
        }
        attention
    }

    fn cache(&self, group: &LayerGroup) -> Option<Cache> {
        let tp = f64::from(self.parallel.tp);
        let count = group.count as f64;
        let token = group.layer.kv_bytes_per_token(self.setup.kv) as f64 * count;
        match group.layer.mixer {
            Mixer::Attention(a) => {
                let heads = (a.q_heads * (a.head_dim_qk + a.head_dim_v)) as f64;
                let flop = 2.0 * heads * count / tp;
                // A rank holds at least one head: beyond that the cache is replicated.
                let share = tp.min(a.kv_heads.max(1) as f64);
                let own = if a.kv == KvStore::Own { token / share } else { 0.0 };
                let window = a.window.held(u64::MAX) as f64;
                let attended = a.indexer.map_or(f64::INFINITY, |i| i.top_k as f64);
                Some(cache(own, (window, attended), (flop, flop)))
            }
            Mixer::Mla(m) => {
                let latent = m.heads * (2 * m.kv_lora + m.rope_dim);
                let full = m.heads * (m.qk_nope + m.rope_dim + m.v_dim);
                let flop = |elements: u64| 2.0 * elements as f64 * count / tp;
                let attended = m.indexer.map_or(f64::INFINITY, |i| i.top_k as f64);
                // Every rank holds the whole latent cache.
                Some(cache(token, (f64::INFINITY, attended), (flop(latent), flop(full))))
            }
            Mixer::Compressed(c) => {
                let flop = 4.0 * (c.heads * c.head_dim) as f64 * count / tp;
                let per_token = flop / c.ratio.unwrap_or(1).max(1) as f64;
                let window = if c.ratio.is_some() { f64::INFINITY } else { c.window as f64 };
                Some(cache(token, (window, f64::INFINITY), (per_token, per_token)))
            }
            Mixer::Linear(_) | Mixer::StateSpace(_) | Mixer::None => None,
        }
    }

    fn bytes_per_weight(&self, format: WeightFormat) -> f64 {
        format.bytes_per_weight() * self.setup.weight_scale
    }

    fn peak(&self, format: WeightFormat) -> f64 {
        let only = matches!(self.setup.precision, Some(Precision::W8a16 | Precision::W4a16));
        self.machine.peak(self.setup.gpu, format, only)
    }
}

fn cache(token_bytes: f64, (window, attended): (f64, f64), (decode, prefill): (f64, f64)) -> Cache {
    Cache { token_bytes, window, attended, decode_flop: decode, prefill_flop: prefill }
}

/// Routed experts of equal layers, from all their bytes and parameters.
fn expert(layer: &Layer, bytes: f64, params: f64, peaks: (f64, f64)) -> Option<Experts> {
    let Ffn::Moe(moe) = layer.ffn else { return None };
    let experts = moe.experts.max(1) as f64;
    let visited = (moe.per_token as f64 / experts).min(1.0);
    let (bandwidth, flops) = peaks;
    let read_s = bytes / experts / bandwidth;
    Some(Experts { experts, visited, read_s, token_s: 2.0 * params * visited / flops })
}
