//! Models described by hand: a number of parameters and whatever else is known.
//!
//! A missing shape is taken from the published dense decoder nearest in size, and every guess is
//! written into the notes of the model.

use crate::model::draft::Draft;
use crate::model::error::ConfigError;
use crate::model::fields::inconsistent;
use crate::model::layer::{Gate, Layer};
use crate::model::params::{ClassTable, TensorClass};
use crate::model::part::attention::AttentionPart;
use crate::model::part::block::Block;
use crate::model::part::ffn::{DensePart, MoePart};
use crate::model::precision::WeightFormat;
use crate::model::read::{Weights, finish};
use crate::model::size::{MOST_DIMENSION, MOST_LAYERS, MOST_PARAMS, Size, size};
use crate::model::spec::{ModelSpec, Outside};
use crate::model::trunk::Trunk;

/// What a person types about a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TypedModel {
    /// Parameters in all.
    pub params: u64,
    /// Elements of a token's hidden vector.
    pub hidden: Option<u64>,
    /// Layers.
    pub layers: Option<u64>,
    /// Query heads.
    pub heads: Option<u64>,
    /// Key-value heads.
    pub kv_heads: Option<u64>,
    /// Experts per layer; none means a dense model.
    pub experts: Option<u64>,
    /// Experts a token visits.
    pub active_experts: Option<u64>,
}

/// The shape of a published dense decoder.
struct Published {
    params: f64,
    hidden: u64,
    layers: u64,
    heads: u64,
    kv_heads: u64,
    vocab: u64,
}

/// Shapes of Llama 3 and SmolLM2 models and their peers, by size.
const PUBLISHED: [Published; 10] = [
    row(1.35e8, [576, 30, 9, 3, 49152]),
    row(3.6e8, [960, 32, 15, 5, 49152]),
    row(1.24e9, [2048, 16, 32, 8, 128_256]),
    row(3.2e9, [3072, 28, 24, 8, 128_256]),
    row(8.0e9, [4096, 32, 32, 8, 128_256]),
    row(1.4e10, [5120, 40, 40, 8, 151_936]),
    row(3.2e10, [5120, 64, 40, 8, 151_936]),
    row(7.06e10, [8192, 80, 64, 8, 128_256]),
    row(1.23e11, [12288, 88, 96, 8, 32768]),
    row(4.06e11, [16384, 126, 128, 8, 128_256]),
];

const fn row(params: f64, shape: [u64; 5]) -> Published {
    let [hidden, layers, heads, kv_heads, vocab] = shape;
    Published { params, hidden, layers, heads, kv_heads, vocab }
}

/// Models below this size tie their embeddings.
const TIED_BELOW: u64 = 4_000_000_000;

impl TypedModel {
    /// The model, its feed-forward width chosen so that the parameters come out as typed.
    pub fn spec(&self) -> Result<ModelSpec, ConfigError> {
        let mut notes = Vec::new();
        let trunk = self.trunk(&mut notes)?;
        let tied = self.params < TIED_BELOW;
        let attention =
            AttentionPart::plain(trunk.hidden, trunk.heads, trunk.kv_heads, trunk.head_dim)
                .block()
                .with_vectors(trunk.hidden * size(2));
        let mut draft = Draft::new(trunk, tied, trunk.hidden, Vec::new());
        let fixed = size(attention.params.total()) * size(trunk.layers as u64);
        let outside = draft.outside.total();
        let left = self.params.checked_sub(fixed.0).and_then(|left| left.checked_sub(outside));
        let left = left.ok_or_else(|| {
            inconsistent("params", "leaves nothing for feed-forward layers of this shape")
        })?;
        let ffn = self.feed_forward(&trunk, left)?;
        let spent = ffn.params.total() * trunk.layers as u64;
        // The width is whole, so a remainder below one row per layer is left to spread.
        draft.add_outside(TensorClass::Mlp, size(left - spent));
        let wide = ClassTable::filled(WeightFormat::Bf16);
        let block = attention.joined(ffn);
        let layer =
            Layer { mixer: block.mixer, ffn: block.ffn, params: block.params, formats: wide };
        let layers = vec![layer; trunk.layers];
        let outside = Outside { params: draft.outside, formats: wide };
        finish(&self.describe(), "typed", &draft, Weights { layers, outside, kv: None }, notes)
    }

    fn trunk(&self, notes: &mut Vec<String>) -> Result<Trunk, ConfigError> {
        within("params", self.params, MOST_PARAMS)?;
        let like = nearest(self.params);
        let mut take = |field, typed: Option<u64>, guess: u64, most| {
            if let Some(value) = typed {
                return within(field, value, most);
            }
            notes.push(format!("{field} not given: {guess}, as dense models near this size"));
            Ok(guess)
        };
        let hidden = take("hidden_size", self.hidden, like.hidden, MOST_DIMENSION)?;
        let layers = take("layers", self.layers, like.layers, MOST_LAYERS)?;
        let heads = take("heads", self.heads, like.heads, MOST_DIMENSION)?;
        if hidden % heads != 0 {
            let says = format!("is {hidden}, no multiple of {heads} heads");
            return Err(inconsistent("hidden_size", says));
        }
        let fewer = if heads % like.kv_heads == 0 { like.kv_heads } else { heads };
        let kv_heads = take("kv_heads", self.kv_heads, fewer, MOST_DIMENSION)?;
        if heads % kv_heads != 0 {
            return Err(inconsistent(
                "kv_heads",
                format!("is {kv_heads}, no divisor of {heads} heads"),
            ));
        }
        notes.push(format!("vocabulary not given: {} tokens", like.vocab));
        Ok(Trunk {
            hidden: size(hidden),
            layers: layers as usize,
            heads: size(heads),
            kv_heads: size(kv_heads),
            head_dim: size((hidden / heads).max(1)),
            vocab: size(like.vocab),
            context: None,
        })
    }

    fn feed_forward(&self, trunk: &Trunk, left: u64) -> Result<Block, ConfigError> {
        let per_layer = left / trunk.layers as u64;
        let hidden = trunk.hidden;
        let Some(experts) = self.experts else {
            let width = width(hidden, per_layer, size(1))?;
            return Ok(DensePart { hidden, width, gate: Gate::Gated, bias: false }.block());
        };
        let experts = size(within("experts", experts, MOST_DIMENSION)?);
        let per_token = self
            .active_experts
            .ok_or_else(|| ConfigError::Missing { field: "active_experts".to_owned() })?;
        let per_token = size(within("active_experts", per_token, experts.0)?);
        let router = (hidden * experts).0;
        let matrices = per_layer
            .checked_sub(router)
            .ok_or_else(|| inconsistent("experts", "needs a router larger than the model"))?;
        let part = MoePart {
            hidden,
            experts,
            per_token,
            width: width(hidden, matrices, experts)?,
            gate: Gate::Gated,
            latent: None,
            shared_width: size(0),
            router_extra: size(0),
            expert_bias: false,
        };
        Ok(part.block())
    }

    fn describe(&self) -> String {
        let size = match self.params as f64 {
            n if n >= 1e9 => format!("{}B", n / 1e9),
            n => format!("{}M", n / 1e6),
        };
        match self.experts {
            Some(experts) => format!("typed-{size}-{experts}-experts"),
            None => format!("typed-{size}"),
        }
    }
}

/// Reads `7B`, `1.5b`, `70e9`, `135M` or a plain number as parameters.
pub fn parse_param_count(text: &str) -> Result<u64, ConfigError> {
    let wrong = || ConfigError::Inconsistent {
        field: "params".to_owned(),
        problem: format!("is `{text}`; write 7B, 135M or a number"),
    };
    let trimmed = text.trim();
    let (digits, unit) = match trimmed.char_indices().last() {
        Some((at, 'T' | 't')) => (&trimmed[..at], 1e12),
        Some((at, 'B' | 'b' | 'G' | 'g')) => (&trimmed[..at], 1e9),
        Some((at, 'M' | 'm')) => (&trimmed[..at], 1e6),
        _ => (trimmed, 1.0),
    };
    let number: f64 = digits.parse().map_err(|_| wrong())?;
    let params = number * unit;
    if !(params >= 1.0 && params < MOST_PARAMS as f64) {
        return Err(wrong());
    }
    Ok(params.round() as u64)
}

fn nearest(params: u64) -> &'static Published {
    let distance = |row: &Published| (params.max(1) as f64 / row.params).ln().abs();
    let [first, rest @ ..] = &PUBLISHED;
    rest.iter().fold(first, |best, row| if distance(row) < distance(best) { row } else { best })
}

/// The width of `experts` gated perceptrons that together hold at most `weights`.
fn width(hidden: Size, weights: u64, experts: Size) -> Result<Size, ConfigError> {
    let width = weights / (hidden * experts * size(3)).0;
    within("feed-forward width", width, MOST_DIMENSION).map(size)
}

fn within(field: &str, value: u64, most: u64) -> Result<u64, ConfigError> {
    if (1..=most).contains(&value) {
        return Ok(value);
    }
    let (field, value) = (field.to_owned(), value.to_string());
    Err(ConfigError::OutOfRange { field, value, min: 1, max: most })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_come_out_as_typed_and_guesses_are_said() {
        for params in ["135M", "1.5B", "7B", "70B", "1T"] {
            let params = parse_param_count(params).unwrap();
            let spec = TypedModel { params, ..TypedModel::default() }.spec().unwrap();
            assert_eq!(spec.params.total, params);
            assert_eq!(spec.notes.len(), 5);
        }
    }

    #[test]
    fn experts_that_sleep_are_not_active() {
        let typed = TypedModel {
            params: 46_700_000_000,
            hidden: Some(4096),
            layers: Some(32),
            heads: Some(32),
            kv_heads: Some(8),
            experts: Some(8),
            active_experts: Some(2),
        };
        let spec = typed.spec().unwrap();
        let gib = spec.params.active as f64 / 1e9;
        assert!((12.0..14.0).contains(&gib), "{gib}");
    }

    #[test]
    fn absurd_shapes_are_refused_with_the_field() {
        let base = TypedModel { params: 7_000_000_000, ..TypedModel::default() };
        let cases = [
            (TypedModel { params: 0, ..base }, "params"),
            (TypedModel { layers: Some(0), ..base }, "layers"),
            (TypedModel { kv_heads: Some(7), ..base }, "kv_heads"),
            (TypedModel { hidden: Some(u64::MAX), ..base }, "hidden"),
            (TypedModel { layers: Some(4000), ..base }, "params"),
            (TypedModel { experts: Some(8), ..base }, "active_experts"),
        ];
        for (typed, field) in cases {
            let error = typed.spec().unwrap_err().to_string();
            assert!(error.contains(field), "{error}");
        }
        assert!(parse_param_count("-7B").is_err());
        assert!(parse_param_count("NaN").is_err());
    }
}
