//! The quantities that measurements decide.

/// One constant of the estimator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Coefficient {
    /// Share of peak memory bandwidth that reading weights reaches.
    WeightBandwidth,
    /// Share of peak FLOP/s that prefill products reach.
    PrefillFlops,
    /// Share of peak bandwidth that reading the key-value cache reaches.
    CacheBandwidth,
    /// Share of the 16-bit peak that prefill attention reaches.
    AttentionFlops,
    /// Seconds per layer and decode step beyond its operators: launches and kernel floors.
    LayerSeconds,
    /// Seconds per decode step beyond its layers: scheduling, sampling.
    StepSeconds,
    /// Seconds per sequence and decode step on the host.
    SequenceSeconds,
    /// Seconds of the shortest all-reduce.
    CollectiveSeconds,
    /// Share of the link rate that an all-reduce reaches.
    LinkRate,
    /// Bandwidth of expert products relative to dense ones.
    ExpertBandwidth,
    /// FLOP/s of expert products relative to dense ones.
    ExpertFlops,
    /// Seconds of a first token outside the engine's steps: network, tokenizer, streaming.
    FirstTokenSeconds,
    /// Share of the prefills of everybody in flight that a new request waits for.
    QueueShare,
    /// How much decode slows down by the prefills that it shares the machine with.
    Interference,
    /// Seconds per static batch outside its steps.
    BatchSeconds,
    /// FLOP/s of decode products relative to prefill ones.
    DecodeFlops,
    /// Seconds per prefill beyond its layers.
    PrefillSeconds,
    /// Share of the bound that a saturated queue reaches.
    Saturation,
    /// Sequences per step that a saturated engine admits, by its own limit.
    BatchLimit,
    /// Step time per token relative to plain decoding; below 1 where drafts are verified.
    TokenTime,
    /// Decode steps that a new request waits before its prefill.
    StepsWaited,
    /// Seconds per layer and prefill: launches outside any graph.
    PrefillLayerSeconds,
    /// Remaining factor on the time to first token, once there is room in the cache.
    FirstTokenFactor,
    /// Remaining factor on the throughput of whole batches and of a queue that is never empty.
    ThroughputFactor,
    /// Weight of a lone prefill, against a batched one, in the queue.
    QueueMix,
}

impl Coefficient {
    /// Every coefficient; the order is that of [`super::Constants`].
    pub const ALL: [Self; 25] = [
        Self::WeightBandwidth,
        Self::PrefillFlops,
        Self::CacheBandwidth,
        Self::AttentionFlops,
        Self::LayerSeconds,
        Self::StepSeconds,
        Self::SequenceSeconds,
        Self::CollectiveSeconds,
        Self::LinkRate,
        Self::ExpertBandwidth,
        Self::ExpertFlops,
        Self::FirstTokenSeconds,
        Self::QueueShare,
        Self::Interference,
        Self::BatchSeconds,
        Self::DecodeFlops,
        Self::PrefillSeconds,
        Self::Saturation,
        Self::BatchLimit,
        Self::TokenTime,
        Self::StepsWaited,
        Self::PrefillLayerSeconds,
        Self::FirstTokenFactor,
        Self::ThroughputFactor,
        Self::QueueMix,
    ];

    /// The name in files; a name that ends in `_s` is in seconds, others are ratios or counts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::WeightBandwidth => "weight_bandwidth",
            Self::PrefillFlops => "prefill_flops",
            Self::CacheBandwidth => "cache_bandwidth",
            Self::AttentionFlops => "attention_flops",
            Self::LayerSeconds => "layer_s",
            Self::StepSeconds => "step_s",
            Self::SequenceSeconds => "sequence_s",
            Self::CollectiveSeconds => "collective_s",
            Self::LinkRate => "link_rate",
            Self::ExpertBandwidth => "expert_bandwidth",
            Self::ExpertFlops => "expert_flops",
            Self::FirstTokenSeconds => "first_token_s",
            Self::QueueShare => "queue_share",
            Self::Interference => "interference",
            Self::BatchSeconds => "batch_s",
            Self::DecodeFlops => "decode_flops",
            Self::PrefillSeconds => "prefill_s",
            Self::Saturation => "saturation",
            Self::BatchLimit => "batch_limit",
            Self::TokenTime => "token_time",
            Self::StepsWaited => "steps_waited",
            Self::PrefillLayerSeconds => "prefill_layer_s",
            Self::FirstTokenFactor => "first_token_factor",
            Self::ThroughputFactor => "throughput_factor",
            Self::QueueMix => "queue_mix",
        }
    }

    /// The coefficient called `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.name() == name)
    }

    /// The most it may be: no share of a peak exceeds the peak, however the fit would have it.
    pub const fn ceiling(self) -> f64 {
        match self {
            Self::WeightBandwidth
            | Self::PrefillFlops
            | Self::CacheBandwidth
            | Self::AttentionFlops
            | Self::LinkRate
            | Self::ExpertBandwidth
            | Self::ExpertFlops
            | Self::DecodeFlops
            | Self::QueueMix => 1.0,
            Self::QueueShare => 0.95,
            _ => f64::INFINITY,
        }
    }
}
