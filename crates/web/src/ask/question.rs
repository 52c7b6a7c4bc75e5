//! What was asked, as the estimator takes it.

use super::Values;
use super::packed::unpacked;
use crate::error::WebError;
use farebox_calculator::{
    Billing, GpuChoice, Lengths, LoadChoice, NamedPrice, Nodes, Question, TypedFigures, Users,
};
use farebox_catalog::model::{
    Assume, ConfigFiles, ModelSpec, TypedModel, parse_param_count, read_files,
};
use farebox_core::Slo;
use farebox_core::curve::LoadKind;
use farebox_estimate::{Engine, Parallelism};
use std::borrow::Cow;

/// A model and what is asked of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Asked {
    pub(crate) model: ModelChoice,
    /// None for a hosted model, which has no machine.
    pub(crate) question: Question,
}

/// Which model.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ModelChoice {
    /// By name: of the catalogue, or of the Hub.
    Named(String),
    /// By its files.
    Files(ModelFiles),
    /// By hand.
    Typed(TypedModel),
    /// Behind somebody's API.
    Hosted(String),
}

/// A model's files, unpacked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ModelFiles {
    /// `config.json`.
    config: String,
    /// `hf_quant_config.json`, where one lies beside it.
    hf_quant_config: Option<String>,
    assume: Assume,
}

impl Asked {
    /// What `values` mean.
    pub(crate) fn of(values: &Values) -> Result<Self, WebError> {
        let model = ModelChoice::of(values)?;
        let question = match &model {
            ModelChoice::Hosted(_) => question(values, GpuChoice::Named(String::new()))?,
            _ => question(values, gpu(values)?)?,
        };
        Ok(Self { model, question })
    }
}

/// The file that some checkpoints have beside `config.json`.
const BESIDE: &str = "hf_quant_config";

impl ModelChoice {
    /// The model that `values` name.
    pub(crate) fn of(values: &Values) -> Result<Self, WebError> {
        let given = ["model", "config", "params"].map(|name| values.text(name));
        let assume = match values.text("assume") {
            None => Assume::Nothing,
            Some("dense") => Assume::Dense,
            Some(_) => {
                return Err(WebError::bad("parameter", "assume: the only choice is `dense`"));
            }
        };
        if given[1].is_none() && values.text(BESIDE).is_some() {
            let message = "hf_quant_config goes with config, beside which it lies";
            return Err(WebError::bad("model", message));
        }
        match given {
            [None, None, None] => Err(WebError::bad("model", "which model?")
                .hint("model=owner/name, config={...} or params=7B")),
            [Some(name), None, None] => Ok(match name.strip_prefix("api:") {
                Some(api) if values.text("gpu").is_some() => {
                    let message = format!("api:{api} runs on its owner's machines: leave out gpu");
                    return Err(WebError::bad("machine", message));
                }
                Some(api) => Self::Hosted(api.to_owned()),
                None => Self::Named(name.to_owned()),
            }),
            [None, Some(config), None] => {
                let file = |name, text| unpacked(name, text).map(Cow::into_owned);
                let beside = values.text(BESIDE).map(|text| file(BESIDE, text));
                Ok(Self::Files(ModelFiles {
                    config: file("config", config)?,
                    hf_quant_config: beside.transpose()?,
                    assume,
                }))
            }
            [None, None, Some(params)] => Ok(Self::Typed(TypedModel {
                params: parse_param_count(params)?,
                hidden: values.whole("hidden_size"),
                layers: values.whole("layers"),
                heads: values.whole("heads"),
                kv_heads: values.whole("kv_heads"),
                experts: values.whole("experts"),
                active_experts: values.whole("active_experts"),
            })),
            _ => Err(WebError::bad("model", "model, config and params exclude each other")),
        }
    }

    /// The model itself, where nothing need be looked up.
    pub(crate) fn described(&self) -> Option<Result<ModelSpec, WebError>> {
        match self {
            Self::Typed(typed) => Some(typed.spec().map_err(WebError::from)),
            Self::Files(ModelFiles { config, hf_quant_config, assume }) => {
                let files = ConfigFiles { config, hf_quant_config: hf_quant_config.as_deref() };
                Some(read_files("config.json", files, *assume).map_err(WebError::from))
            }
            Self::Named(_) | Self::Hosted(_) => None,
        }
    }
}

fn gpu(values: &Values) -> Result<GpuChoice, WebError> {
    let name = values.text("gpu").ok_or_else(|| {
        WebError::bad("machine", "which machine? gpu is missing")
            .hint("gpu=h100-sxm, or gpu=custom with mem_gb, mem_bw_gb_per_s and tflops")
    })?;
    let figures = TypedFigures {
        mem_gb: values.number("mem_gb"),
        mem_bw_gb_per_s: values.number("mem_bw_gb_per_s"),
        tflops: values.number("tflops"),
    };
    match name {
        "cpu" | "custom" => Ok(GpuChoice::Typed(name.to_owned(), figures)),
        "auto" => Err(WebError::bad("machine", "gpu: `auto` is for the command line: name one")),
        _ => match figures.given() {
            Some(flag) => Err(farebox_calculator::QuestionError::Stray { flag }.into()),
            None => Ok(GpuChoice::Named(name.to_owned())),
        },
    }
}

fn question(values: &Values, gpu: GpuChoice) -> Result<Question, WebError> {
    let width = |name| values.whole(name).unwrap_or(1);
    let word = |name: &str, error: String| WebError::bad("parameter", format!("{name}: {error}"));
    let precision = match values.text("precision") {
        None | Some("base" | "checkpoint") => None,
        Some(text) => {
            Some(text.parse().map_err(|error: farebox_catalog::model::UnknownPrecision| {
                word("precision", error.to_string())
            })?)
        }
    };
    let kv = values.text("kv_dtype").map(str::parse).transpose();
    let kv = kv.map_err(|error: farebox_catalog::model::UnknownPrecision| {
        word("kv_dtype", error.to_string())
    })?;
    Ok(Question {
        gpu,
        parallel: Parallelism {
            tp: width("tp"),
            pp: width("pp"),
            ep: width("ep"),
            dp: width("dp"),
            replicas: width("replicas"),
        },
        nodes: Nodes {
            gpus: values.whole("gpus"),
            nodes: values.whole("nodes"),
            gpus_per_node: values.whole("gpus_per_node"),
        },
        precision,
        kv,
        engine: Engine::named(values.text("engine").unwrap_or("vllm")),
        lengths: Lengths {
            isl: values.whole("isl").unwrap_or(2048),
            osl: values.whole("osl").unwrap_or(1024),
        },
        load: load(values)?,
        billing: billing(values)?,
        users: users(values)?,
    })
}

fn load(values: &Values) -> Result<LoadChoice, WebError> {
    const NAMES: [&str; 4] = ["concurrency", "batch", "request_rate", "slo"];
    let given: Vec<&str> = NAMES.into_iter().filter(|name| values.text(name).is_some()).collect();
    Ok(match given[..] {
        [] => LoadChoice::of(LoadKind::Concurrency, LoadChoice::USUAL as f64),
        ["concurrency"] if values.text("concurrency") == Some("max") => LoadChoice::Most,
        ["slo"] => {
            let slo = values.text("slo").unwrap_or_default().parse::<Slo>();
            let slo = slo.map_err(|error| WebError::bad("slo", format!("slo: {error}")))?;
            LoadChoice::Promise(slo)
        }
        [name] => {
            let kind = match name {
                "batch" => LoadKind::Batch,
                "request_rate" => LoadKind::Rate,
                _ => LoadKind::Concurrency,
            };
            LoadChoice::of(kind, values.number(name).unwrap_or(1.0))
        }
        _ => {
            let message = format!("{} exclude each other", given.join(" and "));
            return Err(WebError::bad("load", message));
        }
    })
}

fn billing(values: &Values) -> Result<Billing, WebError> {
    const NAMES: [&str; 3] = ["price_per_hour", "price_per_gpu_hour", "offer"];
    let given: Vec<&str> = NAMES.into_iter().filter(|name| values.text(name).is_some()).collect();
    if given.len() > 1 {
        let message = format!("{} exclude each other", given.join(" and "));
        return Err(WebError::bad("price", message));
    }
    let of_machine = values.number("price_per_hour").map(NamedPrice::Machine);
    let of_gpu = values.number("price_per_gpu_hour").map(NamedPrice::Accelerator);
    let of_offer = values.text("offer").map(|name| NamedPrice::Offer(name.to_owned()));
    Ok(Billing {
        price: of_machine.or(of_gpu).or(of_offer),
        gpus_per_box: values.whole("gpus_per_box"),
        gpus_used: values.whole("gpus_used"),
    })
}

fn users(values: &Values) -> Result<Option<Users>, WebError> {
    let each = values.number("requests_per_user_hour");
    match (values.whole("users"), each) {
        (None, Some(_)) => {
            Err(WebError::bad("parameter", "requests_per_user_hour goes with users"))
        }
        (users, each) => {
            Ok(users.map(|users| Users { users, requests_per_user_hour: each.unwrap_or(1.0) }))
        }
    }
}
