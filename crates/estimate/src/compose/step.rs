//! One decode step and one prefill.

use super::Span;
use crate::calibration::{Coefficient as C, Constants};
use crate::compiled::Work;
use crate::operator::Shares;

/// Step times of a deployment under given constants.
#[derive(Debug, Clone, Copy)]
pub struct Steps<'a> {
    /// The operators.
    pub work: &'a Work,
    /// The constants.
    pub constants: &'a Constants,
}

/// Seconds by what they are spent on.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Breakdown {
    /// Matrix products.
    pub products: f64,
    /// The part of `products` that memory would take alone.
    pub reading: f64,
    /// The part of `products` that arithmetic would take alone.
    pub arithmetic: f64,
    /// Attention.
    pub attention: f64,
    /// Collectives.
    pub network: f64,
    /// Launches, scheduling, host work.
    pub overhead: f64,
}

impl Breakdown {
    /// All of it.
    pub fn seconds(&self) -> f64 {
        self.products + self.attention + self.network + self.overhead
    }
}

impl Steps<'_> {
    /// One decode step of `batch` sequences of a replica at a mean `context`.
    pub fn decode(&self, batch: f64, context: f64) -> Breakdown {
        let c = self.constants;
        let work = self.work;
        let tokens = (batch / work.micro_batches).max(1.0);
        let local = (tokens / f64::from(work.parallel.dp)).max(1.0);
        let flops = c[C::PrefillFlops] * c[C::DecodeFlops];
        let shares = Shares { bandwidth: c[C::WeightBandwidth], flops };
        let mut spent = self.products((tokens, local, local), shares);
        spent.attention = work.attention.decode_seconds(local, context, c[C::CacheBandwidth]);
        spent.network = work.collective.seconds(tokens, c[C::CollectiveSeconds], c[C::LinkRate]);
        spent.overhead =
            c[C::LayerSeconds] * work.layers + c[C::StepSeconds] + c[C::SequenceSeconds] * batch;
        spent
    }

    /// Prefill of `prompts` prompts of `isl` tokens together.
    pub fn prefill(&self, prompts: f64, isl: f64) -> Breakdown {
        let c = self.constants;
        let work = self.work;
        let tokens = prompts * isl;
        let local = (tokens / f64::from(work.parallel.dp)).max(isl);
        let heads = prompts / f64::from(work.parallel.dp);
        let shares = Shares { bandwidth: c[C::WeightBandwidth], flops: c[C::PrefillFlops] };
        let mut spent = self.products((tokens, local, heads), shares);
        spent.attention = work.attention.prefill_seconds(local, isl, c[C::AttentionFlops]);
        spent.network = work.collective.seconds(tokens, c[C::CollectiveSeconds], c[C::LinkRate]);
        spent.overhead = c[C::PrefillLayerSeconds] * work.layers + c[C::PrefillSeconds];
        spent
    }

    /// Seconds to read `spans` together: a prefill of whole prompts cut to those tokens.
    pub(super) fn reading(&self, spans: &[Span]) -> f64 {
        let tokens: f64 = spans.iter().map(|span| span.new).sum();
        let read = self.prefill(spans.len() as f64, tokens / spans.len() as f64);
        let share = self.constants[C::AttentionFlops];
        let attention = &self.work.attention;
        let causal = |isl: f64| attention.prefill_seconds(isl, isl, share);
        let attended: f64 =
            spans.iter().map(|s| causal(s.context + s.new) - causal(s.context)).sum();
        read.seconds() - read.attention + attended / f64::from(self.work.parallel.dp)
    }

    /// Products of `tokens` in a replica, `local` of them on one attention rank, `heads` of them
    /// sampled.
    fn products(&self, (tokens, local, heads): (f64, f64, f64), shares: Shares) -> Breakdown {
        let c = self.constants;
        let grouped = Shares {
            bandwidth: shares.bandwidth * c[C::ExpertBandwidth],
            flops: shares.flops * c[C::ExpertFlops],
        };
        let work = self.work;
        let mut spent = Breakdown::default();
        for (product, tokens) in
            [(&work.projections, local), (&work.dense, tokens), (&work.head, heads)]
        {
            spent.products += product.seconds(tokens, shares);
            spent.reading += product.read_s / shares.bandwidth;
            spent.arithmetic += product.token_s * tokens / shares.flops;
        }
        for experts in &work.experts {
            spent.products += experts.seconds(tokens, grouped);
            spent.reading += experts.read_s * experts.distinct(tokens) / grouped.bandwidth;
            spent.arithmetic += experts.token_s * tokens / grouped.flops;
        }
        spent
    }
}
