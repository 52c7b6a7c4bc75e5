//! What to know before believing an estimate.

use crate::Lengths;
use farebox_core::Load;
use farebox_core::curve::LoadKind;
use farebox_core::run::Rental;
use farebox_estimate::setup::Setup;
use farebox_estimate::{Engine, Estimate, Memory};

/// A sentence for each thing that a person who serves models would point out.
pub(super) fn notes(
    setup: &Setup<'_>,
    (lengths, load): (Lengths, Load),
    memory: &Memory,
    answer: Option<&Estimate>,
    rental: Option<&Rental>,
) -> Vec<String> {
    let found = [
        beyond_context(setup, lengths),
        waiting(load, answer),
        overrun(load, answer),
        stranger(setup),
        widened(setup),
        idle(setup, rental.filter(|_| memory.fits)),
    ];
    found.into_iter().flatten().collect()
}

/// Engines refuse such requests; rotary embeddings would be asked for what they never saw.
fn beyond_context(setup: &Setup<'_>, Lengths { isl, osl }: Lengths) -> Option<String> {
    let context = setup.model.context_length?;
    (u64::from(isl) + u64::from(osl) > context)
        .then(|| format!("{isl} in and {osl} out exceed the model's context of {context} tokens."))
}

/// More in flight than the caches hold: TTFT is then mostly waiting, and TPOT that of fewer.
fn waiting(load: Load, answer: Option<&Estimate>) -> Option<String> {
    let Estimate { in_flight, admitted, .. } = *answer?;
    // Of an open loop that is overrun more is said below.
    (load.kind != LoadKind::Rate && admitted < 0.98 * in_flight).then(|| {
        format!(
            "The KV cache holds {admitted:.1} of the {in_flight} requests in flight: the others \
             wait, which is in TTFT, and TPOT is that of those it holds."
        )
    })
}

/// An open loop above what the machine serves: its latencies have no steady state.
fn overrun(load: Load, answer: Option<&Estimate>) -> Option<String> {
    let served = answer?.requests.get();
    // Within a hundredth the machine keeps up.
    (load.kind == LoadKind::Rate && served < 0.99 * load.value).then(|| {
        let offered = load.value;
        format!("{offered} requests/s come, {served:.2} are served: the queue grows without end.")
    })
}

/// An engine that was never measured, or a slip of the finger.
fn stranger(setup: &Setup<'_>) -> Option<String> {
    let Engine::Other(name) = &setup.engine else { return None };
    Some(format!("The engine `{name}` is none of those known by name: it gets what all share."))
}

/// Weights in a format that the chip cannot multiply in.
fn widened(setup: &Setup<'_>) -> Option<String> {
    let (gpu, format) = (&setup.gpu.id, setup.widened()?);
    Some(format!("{gpu} has no {format} units: weights are widened and multiplied at 16 bits."))
}

/// Machines are rented whole: what serves nothing is part of every token's price.
fn idle(setup: &Setup<'_>, rental: Option<&Rental>) -> Option<String> {
    let parallel = setup.parallel;
    let rental = rental?;
    let (billed, serving) = (u64::from(rental.gpus_billed), parallel.gpus());
    let idle = billed.checked_sub(serving).filter(|idle| *idle > 0)?;
    let replica = parallel.gpus_per_replica().max(1);
    let unit = rental.unit_gpus.map_or(billed, u64::from).max(1);
    let room = match unit / replica {
        0 => billed / replica,
        each => billed / unit * each,
    };
    let use_them = if room > u64::from(parallel.replicas) {
        format!("; --replicas {room} would use what fits")
    } else {
        String::new()
    };
    let gpu = &setup.gpu.id;
    Some(format!("{idle} of the {billed} {gpu} billed are idle and paid for{use_them}."))
}
