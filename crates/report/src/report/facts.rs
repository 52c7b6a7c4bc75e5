//! What answered, what was asked, what it costs, and by which versions.

use super::ReportedRun;
use crate::numbers::{dollars, plain};
use crate::words;
use farebox_core::deployment::{DeploymentKind, Pool};
use farebox_core::{ArrivalClock, RunState, Workload};
use farebox_price::Utilisation;
use serde::Serialize;

/// A term and what is said about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Fact {
    pub(super) term: &'static str,
    pub(super) said: String,
}

pub(super) fn fact(term: &'static str, said: impl Into<String>) -> Fact {
    Fact { term, said: said.into() }
}

/// The setup of a run.
pub(super) fn of(run: &ReportedRun) -> Vec<Fact> {
    let deployment = &run.curve.deployment;
    let mut facts = vec![fact("Model", deployment.model.clone())];
    facts.extend(deployment.engine.as_ref().map(|engine| fact("Engine", engine.clone())));
    if deployment.kind == DeploymentKind::Hosted {
        facts.push(fact("Deployment", "a hosted API"));
    }
    facts.extend(deployment.tariff.as_ref().map(|tariff| fact("Tariff", words::tariff(tariff))));
    facts.extend(deployment.pools.iter().map(|pool| fact("Accelerators", accelerators(pool))));
    facts.extend(asked(&run.curve.workload));
    if let Some(settings) = &run.price {
        let rental = &settings.rental;
        let (usd, gpus) = (dollars(rental.usd_per_hour_total.get()), rental.gpus_billed);
        let unit = if gpus == 1 { "accelerator" } else { "accelerators" };
        facts.push(fact("Price", format!("${usd} per hour for {gpus} {unit} ({})", rental.source)));
        if settings.utilisation < Utilisation::FULL {
            facts.push(fact("Sold", format!("{} of what is served", settings.utilisation)));
        }
    }
    facts.extend(run.manifest.iter().flat_map(|manifest| {
        let server = &manifest.server;
        let state = match manifest.state {
            RunState::Complete => "every load was run",
            RunState::Interrupted => "stopped by hand: loads may be missing",
            RunState::Running => "under way, or cut short: loads may be missing",
        };
        let clock = manifest.arrival_clock.map(|clock| match clock {
            ArrivalClock::Kernel => {
                "the kernel's arrival times (SO_TIMESTAMPNS), one monotonic clock"
            }
            ArrivalClock::Read => "the times at which reads returned, one monotonic clock",
        });
        [
            Some(fact("Server", format!("{}{}", server.base_url, server.endpoint))),
            server.server_header.as_ref().map(|header| fact("Server says", header.clone())),
            Some(fact("Begun", manifest.started_at.clone())),
            Some(fact("State", state)),
            clock.map(|clock| fact("Clock", clock)),
            Some(fact("Seed", manifest.seed.to_string())),
            Some(fact("Farebox", manifest.farebox_version.clone())),
            Some(fact("Command", manifest.command.join(" "))),
        ]
        .into_iter()
        .flatten()
    }));
    facts
}

fn accelerators(pool: &Pool) -> String {
    let name = pool.gpu.as_deref().unwrap_or("accelerators of an unknown kind");
    let ways = [("TP", pool.tp), ("PP", pool.pp), ("EP", pool.ep), ("DP", pool.dp)];
    let ways = ways.into_iter().filter(|(_, n)| *n > 1).map(|(way, n)| format!("{way} {n}"));
    let replicas = (pool.replicas > 1).then(|| format!("{} replicas", pool.replicas));
    let role = (pool.role != "both").then(|| format!("for {}", pool.role));
    let kv = pool.kv_dtype.as_ref().map(|kv| format!("KV cache in {kv}"));
    [Some(format!("{} x {name}", pool.gpus))]
        .into_iter()
        .flatten()
        .chain(role)
        .chain(ways)
        .chain(pool.precision.clone())
        .chain(kv)
        .chain(replicas)
        .collect::<Vec<_>>()
        .join(", ")
}

fn asked(workload: &Workload) -> Vec<Fact> {
    let Workload { isl, osl, isl_observed, osl_observed, lengths, arrivals, cache } = workload;
    let tokens = |asked: &Option<u32>, seen: &Option<f64>| {
        let asked = asked.map(|n| format!("{n} tokens asked for"));
        let seen =
            seen.map(|n| format!("{} counted by the server", plain((n * 10.0).round() / 10.0)));
        asked.into_iter().chain(seen).collect::<Vec<_>>().join(", ")
    };
    [
        ("Input length (ISL)", Some(tokens(isl, isl_observed)).filter(|said| !said.is_empty())),
        ("Output length (OSL)", Some(tokens(osl, osl_observed)).filter(|said| !said.is_empty())),
        ("Lengths from", lengths.clone()),
        ("Arrivals", arrivals.clone()),
        ("Prefix cache", cache.map(|cache| cache.to_string())),
    ]
    .into_iter()
    .filter_map(|(term, said)| Some(fact(term, said?)))
    .collect()
}
