//! What `quantization_config` means for each class of weights in each layer.

use serde_json::{Map, Value};

use crate::model::error::ConfigError;
use crate::model::exclude::Exclusions;
use crate::model::fields::{Fields, wrong_type};
use crate::model::params::{ClassTable, TensorClass};
use crate::model::precision::{KvFormat, WeightFormat};

/// Lists of modules left wide, under the names that tools use.
const EXCLUSION_LISTS: [&str; 5] = [
    "modules_to_not_convert",
    "ignore",
    "exclude_modules",
    "ignored_layers",
    "llm_int8_skip_modules",
];

/// How a checkpoint stores its matrices.
#[derive(Debug, Clone, Default)]
pub(super) struct Quantisation {
    matrices: WeightFormat,
    experts: WeightFormat,
    head: WeightFormat,
    exclusions: Exclusions,
    kv: Option<KvFormat>,
}

impl Quantisation {
    /// Whether `config.json` itself states a scheme.
    pub(super) fn is_stated(f: &Fields<'_>) -> bool {
        stated(f).is_some()
    }

    /// Reads the scheme, or else the one in a file beside; without any, everything has 16 bits.
    pub(super) fn read(
        f: &Fields<'_>,
        beside: Option<&Map<String, Value>>,
    ) -> Result<Self, ConfigError> {
        let mut scheme = match stated(f) {
            None => match beside.and_then(|file| file.get("quantization")) {
                Some(Value::Object(object)) => Self::of_object(&Fields::of_object(object))
                    .map_err(|error| ConfigError::Beside(Box::new(error)))?,
                _ => Self::default(),
            },
            Some(Value::Object(object)) => Self::of_object(&Fields::of_object(object))?,
            Some(other) => return Err(wrong_type("quantization_config", "an object", other)),
        };
        // DeepSeek-V4 states its 4-bit experts outside of the scheme.
        if f.word("expert_dtype")? == Some("fp4") && scheme.experts.bits() > 4 {
            scheme.experts = WeightFormat::Mxfp4;
        }
        Ok(scheme)
    }

    fn of_object(q: &Fields<'_>) -> Result<Self, ConfigError> {
        let (matrices, experts) = formats(q)?;
        let mut scheme = Self { matrices, experts, kv: cache(q)?, ..Self::default() };
        if q.get("lm_head") == Some(&Value::Bool(true)) {
            scheme.head = matrices;
        }
        for name in EXCLUSION_LISTS {
            for entry in q.words(name)?.unwrap_or_default() {
                scheme.exclusions.add(entry);
            }
        }
        Ok(scheme)
    }

    /// Format of the key-value cache, where the scheme narrows it.
    pub(super) const fn kv(&self) -> Option<KvFormat> {
        self.kv
    }

    /// Whether every matrix has 16 bits.
    pub(super) fn is_wide(&self) -> bool {
        self.matrices == WeightFormat::Bf16 && self.experts == WeightFormat::Bf16
    }

    /// Formats of one layer's weights; norms and routers stay wide in every scheme.
    pub(super) fn of_layer(&self, model_type: &str, layer: usize) -> ClassTable<WeightFormat> {
        let mut formats = ClassTable::filled(WeightFormat::Bf16);
        for class in [
            TensorClass::Attention,
            TensorClass::StateSpace,
            TensorClass::Mlp,
            TensorClass::Experts,
            TensorClass::SharedExperts,
        ] {
            let stored = if class == TensorClass::Experts { self.experts } else { self.matrices };
            if stored != WeightFormat::Bf16 && !self.excluded(model_type, layer as u64, class) {
                formats[class] = stored;
            }
        }
        formats
    }

    /// Formats of the weights that belong to no layer.
    pub(super) fn outside(&self) -> ClassTable<WeightFormat> {
        let mut formats = ClassTable::filled(WeightFormat::Bf16);
        formats[TensorClass::Head] = self.head;
        formats
    }

    fn excluded(&self, model_type: &str, layer: u64, class: TensorClass) -> bool {
        modules(model_type, class)
            .iter()
            .any(|module| self.exclusions.covers(layer, &format!("layers.{layer}.{module}")))
    }
}

fn stated<'a>(f: &Fields<'a>) -> Option<&'a Value> {
    f.anywhere("quantization_config").or(f.anywhere("compression_config"))
}

/// Format of the key-value cache: a name in ModelOpt's files (`kv_cache_quant_algo`), bits and
/// type in those of compressed-tensors (`kv_cache_scheme`). Four-bit caches count as eight: no
/// engine attends to fewer bits than it widens to.
fn cache(q: &Fields<'_>) -> Result<Option<KvFormat>, ConfigError> {
    if let Some(name) = q.word("kv_cache_quant_algo")? {
        return match name {
            "FP8" | "NVFP4" => Ok(Some(KvFormat::Fp8)),
            "INT8" => Ok(Some(KvFormat::Int8)),
            "" | "none" | "None" => Ok(None),
            other => Err(unknown("kv_cache_quant_algo", other)),
        };
    }
    let Some(Value::Object(scheme)) = q.get("kv_cache_scheme") else { return Ok(None) };
    let scheme = Fields::of_object(scheme);
    Ok(match (scheme.word("type")?, scheme.or(&["num_bits"], 0)?.0) {
        (Some("float"), 8) => Some(KvFormat::Fp8),
        (Some("int"), 8) => Some(KvFormat::Int8),
        _ => None,
    })
}

/// Modules that stand for a class, as the families name them.
fn modules(model_type: &str, class: TensorClass) -> &'static [&'static str] {
    let beside = model_type.starts_with("gemma4");
    match class {
        TensorClass::Attention => &["self_attn.q_proj", "attn.wq_a", "mixer.q_proj"],
        TensorClass::StateSpace => {
            &["linear_attn.in_proj_qkv", "mixer.in_proj", "mamba.in_proj", "self_attn.q_proj"]
        }
        TensorClass::Mlp => &["mlp.gate_proj", "mixer.up_proj", "feed_forward.gate_proj"],
        TensorClass::Experts if beside => &["experts.0.gate_proj", "moe.experts.0.gate_proj"],
        TensorClass::SharedExperts if beside => &["mlp.gate_proj"],
        TensorClass::Experts => &[
            "mlp.experts.0.gate_proj",
            "block_sparse_moe.experts.0.w1",
            "ffn.experts.0.w1",
            "mixer.experts.0.up_proj",
            "feed_forward.experts.0.gate_proj",
        ],
        TensorClass::SharedExperts => &[
            "mlp.shared_experts.gate_proj",
            "mlp.shared_expert.gate_proj",
            "ffn.shared_experts.w1",
            "mixer.shared_experts.up_proj",
            "feed_forward.shared_expert.gate_proj",
            "block_sparse_moe.shared_experts.gate_proj",
        ],
        _ => &[],
    }
}

/// Formats of matrices in general and of experts.
fn formats(q: &Fields<'_>) -> Result<(WeightFormat, WeightFormat), ConfigError> {
    let both = |format| Ok((format, format));
    if let Some(algorithm) = q.word("moe_quant_algo")? {
        return Ok((fp8(q)?, of_algorithm("moe_quant_algo", algorithm)?));
    }
    let method = q.word("quant_method")?.unwrap_or_default();
    match method {
        "fp8" | "fbgemm_fp8" => both(fp8(q)?),
        "mxfp4" => Ok((WeightFormat::Bf16, WeightFormat::Mxfp4)),
        "gptq" | "awq" | "auto-round" | "intel/auto-round" | "hqq" => both(of_bits(q, "bits")?),
        "bitsandbytes" if q.flag("load_in_4bit", false)? => both(WeightFormat::Nf4),
        "bitsandbytes" | "eetq" => both(WeightFormat::Int8),
        "compressed-tensors" | "modelopt" | "quark" | "" => grouped(q, method),
        other => Err(unknown("quant_method", other)),
    }
}

fn fp8(q: &Fields<'_>) -> Result<WeightFormat, ConfigError> {
    let blocks = q.numbers("weight_block_size")?;
    Ok(if blocks.is_some() { WeightFormat::Fp8Block } else { WeightFormat::Fp8 })
}

/// Schemes that state a format per group of layers, or name an algorithm.
fn grouped(q: &Fields<'_>, method: &str) -> Result<(WeightFormat, WeightFormat), ConfigError> {
    if let Some(algorithm) = q.word("quant_algo")?.filter(|name| *name != "MIXED_PRECISION") {
        let format = of_algorithm("quant_algo", algorithm)?;
        return Ok((format, format));
    }
    if let Some(layers) = q.get("quantized_layers").and_then(Value::as_object) {
        let algorithm = |experts: bool| {
            layers
                .iter()
                .find(|(name, _)| name.contains("experts") == experts)
                .and_then(|(_, layer)| layer.get("quant_algo").and_then(Value::as_str))
        };
        let read = |name: Option<&str>| {
            name.map_or(Ok(WeightFormat::Bf16), |name| of_algorithm("quant_algo", name))
        };
        return Ok((read(algorithm(false))?, read(algorithm(true))?));
    }
    let group = q.get("config_groups").and_then(Value::as_object).and_then(|g| g.values().next());
    match group.and_then(|group| group.get("weights")).and_then(Value::as_object) {
        Some(weights) => {
            let format = of_weights(&Fields::of_object(weights))?;
            Ok((format, format))
        }
        None => Err(unknown("quant_method", method)),
    }
}

fn of_weights(w: &Fields<'_>) -> Result<WeightFormat, ConfigError> {
    let bits = w.need(&["num_bits"])?.0;
    let group = w.or(&["group_size"], 0)?.0;
    match (w.word("type")?.unwrap_or("int"), bits) {
        ("float", 8) if w.word("strategy")? == Some("block") => Ok(WeightFormat::Fp8Block),
        ("float", 8) => Ok(WeightFormat::Fp8),
        ("float", 4) if group == 32 => Ok(WeightFormat::Mxfp4),
        ("float", 4) => Ok(WeightFormat::Nvfp4),
        ("int", 8) => Ok(WeightFormat::Int8),
        ("int", 4) => of_bits(w, "num_bits"),
        (kind, bits) => Err(unknown("config_groups", &format!("{bits} bits of {kind}"))),
    }
}

/// Integers of 4 or 8 bits in groups.
fn of_bits(q: &Fields<'_>, field: &str) -> Result<WeightFormat, ConfigError> {
    match q.or(&[field], 4)?.0 {
        // Group sizes of -1 mean a whole channel: scales are negligible.
        4 => match q.get("group_size") {
            Some(value) if value.as_i64() == Some(-1) => Ok(WeightFormat::Int4 { group: u32::MAX }),
            _ => {
                let group = q.need_or(&["group_size"], 128)?.0;
                Ok(WeightFormat::Int4 { group: u32::try_from(group).unwrap_or(u32::MAX) })
            }
        },
        8 => Ok(WeightFormat::Int8),
        bits => Err(unknown(field, &bits.to_string())),
    }
}

fn of_algorithm(field: &str, name: &str) -> Result<WeightFormat, ConfigError> {
    match name {
        "NVFP4" | "NVFP4_AWQ" | "W4A16_NVFP4" => Ok(WeightFormat::Nvfp4),
        "MXFP4" | "W4A8_MXFP4_FP8" => Ok(WeightFormat::Mxfp4),
        "FP8" | "FP8_PER_CHANNEL_PER_TOKEN" => Ok(WeightFormat::Fp8),
        "FP8_PB_WO" | "FP8_BLOCK_SCALES" => Ok(WeightFormat::Fp8Block),
        "W4A16_AWQ" | "W4A8_AWQ" | "W4A16" => Ok(WeightFormat::Int4 { group: 128 }),
        "W8A8_SQ_PER_CHANNEL" | "W8A16" => Ok(WeightFormat::Int8),
        other => Err(unknown(field, other)),
    }
}

fn unknown(field: &str, value: &str) -> ConfigError {
    ConfigError::UnknownQuantisation {
        field: format!("quantization_config.{field}"),
        value: value.chars().take(40).collect(),
    }
}
