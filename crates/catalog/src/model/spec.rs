//! A model as an estimator needs it: shapes and exact counts, nothing of any machine.

use crate::model::layer::{Ffn, Layer};
use crate::model::params::{ClassTable, ParamCount, TensorClass};
use crate::model::precision::{KvFormat, ModelKind, Precision, WeightFormat};

/// A language model, read from its configuration or typed by hand.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelSpec {
    /// Hub id, path or typed description.
    pub id: String,
    /// Family of the architecture: `model_type` of the language model.
    pub family: String,
    /// Parameters, all and active.
    pub params: ParamCount,
    /// Longest context the configuration names, tokens.
    pub context_length: Option<u64>,
    /// Elements of a token's hidden vector.
    pub hidden_size: u64,
    /// Rows of the token table.
    pub vocab_size: u64,
    /// Whether the output head is the embedding.
    pub tied_embeddings: bool,
    /// Layers in order.
    pub layers: Vec<Layer>,
    /// What belongs to no layer: embedding, final norm, head.
    pub outside: Outside,
    /// How its makers quantised the key-value cache; none where they left it wide.
    pub kv: Option<KvFormat>,
    /// What was assumed because it was not said, a sentence each.
    pub notes: Vec<String>,
}

/// Weights that belong to no layer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outside {
    /// Parameters by class.
    pub params: ClassTable<u64>,
    /// Stored format of each class.
    pub formats: ClassTable<WeightFormat>,
}

/// Equal layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerGroup {
    /// The layer.
    pub layer: Layer,
    /// How many there are.
    pub count: u64,
}

impl ModelSpec {
    /// Equal layers with their number, in the order of first appearance.
    pub fn layer_groups(&self) -> Vec<LayerGroup> {
        let mut groups: Vec<LayerGroup> = Vec::new();
        for layer in &self.layers {
            match groups.iter_mut().find(|group| group.layer == *layer) {
                Some(group) => group.count += 1,
                None => groups.push(LayerGroup { layer: *layer, count: 1 }),
            }
        }
        groups
    }

    /// Whether some layer routes tokens to experts.
    pub fn kind(&self) -> ModelKind {
        let routes = |layer: &Layer| matches!(layer.ffn, Ffn::Moe(_));
        if self.layers.iter().any(routes) { ModelKind::Moe } else { ModelKind::Dense }
    }

    /// Formats of a layer's weights: as stored, or stored again at a precision.
    pub fn formats(&self, layer: &Layer, precision: Option<Precision>) -> ClassTable<WeightFormat> {
        self.recast(&layer.formats, precision)
    }

    /// Format of most weights: that of the experts, else of the feed-forward parts of the last
    /// layer; as stored, or stored again at a precision.
    pub fn main_format(&self, precision: Option<Precision>) -> WeightFormat {
        let Some(layer) = self.layers.last() else { return WeightFormat::Bf16 };
        let routed = layer.params[TensorClass::Experts] > 0;
        let class = if routed { TensorClass::Experts } else { TensorClass::Mlp };
        self.formats(layer, precision)[class]
    }

    /// Bytes of all weights by class, scales included, rounded up per class.
    pub fn weight_bytes(&self, precision: Option<Precision>) -> ClassTable<u64> {
        let kind = self.kind();
        let recast = |formats: &ClassTable<WeightFormat>| match precision {
            Some(precision) => precision.formats(formats, kind),
            None => *formats,
        };
        let mut bytes = weigh(&self.outside.params, &recast(&self.outside.formats));
        for group in self.layer_groups() {
            let layer = weigh(&group.layer.params, &recast(&group.layer.formats));
            bytes.add(&layer.map(|_, bytes| bytes.saturating_mul(group.count)));
        }
        bytes
    }

    fn recast(
        &self,
        formats: &ClassTable<WeightFormat>,
        precision: Option<Precision>,
    ) -> ClassTable<WeightFormat> {
        precision.map_or(*formats, |precision| precision.formats(formats, self.kind()))
    }
}

fn weigh(params: &ClassTable<u64>, formats: &ClassTable<WeightFormat>) -> ClassTable<u64> {
    params.map(|class, count| (count as f64 * formats[class].bytes_per_weight()).ceil() as u64)
}
