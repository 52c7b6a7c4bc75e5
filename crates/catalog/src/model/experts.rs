//! Reads a mixture of experts from the keys that families use for it.

use crate::model::error::ConfigError;
use crate::model::fields::{Fields, inconsistent};
use crate::model::layer::Gate;
use crate::model::part::ffn::MoePart;
use crate::model::size::{MOST_DIMENSION, Size, size};

/// What a family's experts have that no key tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MoeStyle {
    pub(super) correction: Correction,
    pub(super) shared: Shared,
    /// Router and experts have biases.
    pub(super) biased: bool,
}

/// Whether the router holds one correction per expert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Correction {
    /// As `topk_method`, `use_routing_bias` or `use_moe_router_bias` say.
    ByKeys,
    /// Always.
    Always,
}

/// Where the width of shared experts comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shared {
    /// A width of their own, or a number of experts of the routed width.
    ByKeys,
    /// As `ByKeys`, with a gate of one weight per hidden element.
    Gated,
    /// One expert of the routed width.
    One,
    /// None.
    None,
}

impl MoeStyle {
    /// Corrections and shared experts as the keys say, no biases.
    pub(super) const PLAIN: Self =
        Self { correction: Correction::ByKeys, shared: Shared::ByKeys, biased: false };
}

const EXPERTS: [&str; 6] = [
    "num_local_experts",
    "n_routed_experts",
    "num_experts",
    "moe_num_experts",
    "num_moe_experts",
    "n_experts",
];
const PER_TOKEN: [&str; 8] = [
    "num_experts_per_tok",
    "num_experts_per_token",
    "experts_per_token",
    "top_k_experts",
    "moe_top_k",
    "moe_topk",
    "moe_k",
    "num_experts_per_topk",
];
const SHARED_WIDTH: [&str; 4] = [
    "shared_expert_intermediate_size",
    "shared_intermediate_size",
    "moe_shared_expert_intermediate_size",
    "share_expert_dim",
];
const SHARED_COUNT: [&str; 4] =
    ["n_shared_experts", "num_shared_experts", "moe_num_shared_experts", "num_shared_expert"];

/// The experts of a model, or nothing if it has none.
pub(super) fn read(
    f: &Fields<'_>,
    hidden: Size,
    gate: Gate,
    style: MoeStyle,
) -> Result<Option<MoePart>, ConfigError> {
    let Some(experts) = f.maybe(&EXPERTS)?.filter(|n| n.0 > 0) else { return Ok(None) };
    let per_token = f.need(&PER_TOKEN)?;
    if per_token > experts {
        let problem = format!("is {per_token} of {experts} experts");
        return Err(inconsistent("num_experts_per_tok", problem));
    }
    let width =
        f.need(&["moe_intermediate_size", "expert_intermediate_size", "intermediate_size"])?;
    let shared_width = shared_width(f, style.shared, width)?;
    if shared_width.0 > MOST_DIMENSION {
        return Err(inconsistent("n_shared_experts", "makes the shared experts absurdly wide"));
    }
    let mut router_extra = size(0);
    if corrected(f, style.correction)? {
        router_extra += experts;
    }
    if style.biased {
        router_extra += experts;
    }
    if style.shared == Shared::Gated && shared_width.0 > 0 {
        router_extra += hidden;
    }
    let latent = f.maybe(&["moe_latent_size", "routed_expert_hidden_size"])?;
    Ok(Some(MoePart {
        hidden,
        experts,
        per_token,
        width,
        gate,
        latent: latent.filter(|n| n.0 > 0),
        shared_width,
        router_extra,
        expert_bias: style.biased,
    }))
}

fn shared_width(f: &Fields<'_>, shared: Shared, width: Size) -> Result<Size, ConfigError> {
    match shared {
        Shared::None => Ok(size(0)),
        Shared::One => Ok(width),
        Shared::ByKeys | Shared::Gated => match f.maybe(&SHARED_WIDTH)? {
            Some(own) => Ok(own),
            None => Ok(f.or(&SHARED_COUNT, 0)? * width),
        },
    }
}

fn corrected(f: &Fields<'_>, correction: Correction) -> Result<bool, ConfigError> {
    if correction == Correction::Always {
        return Ok(true);
    }
    Ok(f.word("topk_method")? == Some("noaux_tc")
        || f.flag("use_routing_bias", false)?
        || f.flag("use_moe_router_bias", false)?
        || f.flag("moe_router_enable_expert_bias", false)?)
}
