//! The price of tokens at one load point.

use crate::allocation::Allocation;
use crate::machine::Machine;
use crate::note::{Note, Refusal};
use crate::settings::PriceSettings;
use crate::split::{Costs, Rule};
use farebox_core::curve::Interval;
use farebox_core::deployment::DeploymentKind;
use farebox_core::{Load, LoadCurve, LoadPoint, TokensPerSecond, UsdPerHour, UsdPerMtok, window};

/// What tokens cost at one load, and everything needed to add it up again.
///
/// Throughputs are those of all replicas together, as far as they are sold; `usd_per_hour_total`
/// is all that is billed.
/// With a conserving allocation, `(input_tok_per_s x usd_per_mtok_input + output_tok_per_s x
/// usd_per_mtok_output) / 1e6` equals `usd_per_hour_total / 3600`; cached input is part of
/// `input_tok_per_s` and costs the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Price {
    /// The load of one replica.
    pub load: Load,
    /// Input tokens per second, cached ones included.
    pub input_tok_per_s: TokensPerSecond,
    /// The cached part of them; none where the server does not say.
    pub cached_input_tok_per_s: Option<TokensPerSecond>,
    /// Output tokens per second.
    pub output_tok_per_s: TokensPerSecond,
    /// Whole copies that serve.
    pub replicas: u32,
    /// Everything billed.
    pub usd_per_hour_total: UsdPerHour,
    /// Dollars per million input tokens.
    pub usd_per_mtok_input: UsdPerMtok,
    /// The same for cached ones; none when none were seen.
    pub usd_per_mtok_cached_input: Option<UsdPerMtok>,
    /// Dollars per million output tokens.
    pub usd_per_mtok_output: UsdPerMtok,
    /// Billed cost over all tokens, whatever the allocation: what a million tokens of this
    /// workload's mix cost.
    pub usd_per_mtok_blended: UsdPerMtok,
    /// Revenue at the listed prices and volumes over billed cost.
    pub recovery: f64,
    /// The rule that was used, which is not always the one asked for.
    pub allocation: Allocation,
    /// How phase times were found; none unless cost was spread by time.
    pub basis: Option<String>,
    /// Confidence interval of the blended price, from that of the tokens served; none where the
    /// curve has none.
    pub interval: Option<Interval>,
    /// Where the load line of the promise may lie; see [`LoadCurve::load_line_interval`].
    pub load_interval: Option<Interval>,
    /// What to know about it.
    pub notes: Vec<String>,
}

impl Price {
    /// The price of tokens at `point` of `curve`. Whether a promise allows that load is not asked.
    pub fn at(
        point: &LoadPoint,
        curve: &LoadCurve,
        settings: &PriceSettings,
    ) -> Result<Self, Refusal> {
        if curve.deployment.kind == DeploymentKind::Hosted {
            return Err(Refusal::Hosted);
        }
        if point.requests.has_uncounted_tokens() {
            return Err(Refusal::UncountedTokens);
        }
        let machine = settings.machine(curve);
        let sold = settings.utilisation;
        let costs = Costs::of(point, &machine, sold)?;
        let rule = Rule::at(point, settings.allocation);
        let split = rule.split(costs)?;
        let cached = point.cached_input_tok_per_s;
        let cached_seen = cached.is_some_and(|rate| rate.get() > 0.0);
        Ok(Self {
            load: point.offered.load(),
            input_tok_per_s: TokensPerSecond::new(costs.input_tokens),
            cached_input_tok_per_s: cached
                .map(|rate| rate.times(f64::from(machine.replicas) * sold.get())),
            output_tok_per_s: TokensPerSecond::new(costs.output_tokens),
            replicas: machine.replicas,
            usd_per_hour_total: settings.rental.usd_per_hour_total,
            usd_per_mtok_input: split.input,
            usd_per_mtok_cached_input: cached_seen.then_some(split.input),
            usd_per_mtok_output: split.output,
            usd_per_mtok_blended: costs.blended()?,
            recovery: costs.recovery(split),
            allocation: rule.allocation(),
            basis: rule.basis().map(str::to_owned),
            interval: blended_interval(point, costs),
            load_interval: None,
            notes: notes(point, settings.allocation, &rule, &machine),
        })
    }
}

/// Fewer tokens for the same bill cost more each: the ends change places.
fn blended_interval(point: &LoadPoint, costs: Costs) -> Option<Interval> {
    let tokens = point.interval("total_tok_per_s").filter(|tokens| tokens.low > 0.0)?;
    let served = point.input_tok_per_s.get() + point.output_tok_per_s.get();
    let sold = (costs.input_tokens + costs.output_tokens) / served;
    let usd = |per_s: f64| costs.usd * 1e6 / (per_s * sold);
    Some(Interval { low: usd(tokens.high), high: usd(tokens.low), level: tokens.level })
}

fn notes(point: &LoadPoint, asked: Allocation, rule: &Rule, machine: &Machine) -> Vec<String> {
    let offered = point.offered;
    let idle = Note::IdleGpus {
        idle: machine.idle_gpus(),
        room: machine.room(),
        replicas: machine.replicas,
    };
    let too_small = Note::MachineTooSmall { used: machine.gpus_used, billed: machine.gpus_billed };
    let cached = point.cached_input_tok_per_s.is_some_and(|rate| rate.get() > 0.0);
    let no_input = point.input_tok_per_s.get() <= 0.0;
    let ramp = window::has_ramp(offered.load()) && !offered.steady;
    [
        (asked != rule.allocation(), Note::TimeUnknown),
        (no_input, Note::NoInputTokens),
        (cached, Note::NoCacheDiscount),
        (ramp, Note::NotSteady),
        (machine.idle_gpus() > 0, idle),
        (machine.is_too_small(), too_small),
    ]
    .into_iter()
    .filter_map(|(applies, note)| applies.then(|| note.to_string()))
    .collect()
}
