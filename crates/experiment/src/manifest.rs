//! The manifest of a sweep, before its first load.

use crate::bench::BenchPlan;
use farebox_core::Deployment;
use farebox_core::run::{Negotiated, RUN_SCHEMA, RunManifest, RunState};
use farebox_measure::{Prepared, RunClock, redact};
use std::time::Duration;

/// Everything that is known before load is made.
pub(crate) fn manifest(plan: &BenchPlan, prepared: &Prepared, clock: RunClock) -> RunManifest {
    let secrets = &plan.target.secrets;
    let model = prepared.model.clone();
    let mut deployment = match &plan.serving.tariff {
        Some(tariff) => Deployment::hosted(model, tariff.clone()),
        None => Deployment::machine(model),
    };
    let engine = prepared.engine.map(|engine| engine.name().to_owned());
    deployment.engine = plan.serving.engine.clone().or(engine);
    deployment.pools.extend(plan.serving.pool.clone());
    let negotiation = prepared.negotiated.iter().cloned();
    RunManifest {
        schema: RUN_SCHEMA.to_owned(),
        label: plan.label.clone(),
        state: RunState::Running,
        epoch_unix_ns: clock.epoch_unix_ns(),
        started_at: rfc3339(clock.epoch_unix_ns()),
        command: redact::words(plan.command.iter().map(|word| secrets.scrub(word))),
        farebox_version: env!("CARGO_PKG_VERSION").to_owned(),
        seed: plan.settings.seed,
        deployment,
        workload: plan.asked.clone(),
        server: prepared.server.clone(),
        negotiation: negotiation
            .map(|n| Negotiated { message: secrets.scrub(&n.message), ..n })
            .collect(),
        price: plan.price.clone(),
        slos: plan.slos.iter().map(ToString::to_string).collect(),
        cache: prepared.cache.clone(),
        points: Vec::new(),
        client: None,
        arrival_clock: Some(prepared.arrival_clock),
        health: Vec::new(),
        calibration: None,
        telemetry: None,
        resumed: Vec::new(),
        settings: settings_document(plan),
    }
}

/// The load generator's settings, for running it again.
pub(crate) fn settings_document(plan: &BenchPlan) -> serde_json::Value {
    let settings = &plan.settings;
    let ms = |span: Duration| span.as_millis() as u64;
    let options = &settings.options;
    let (loads, repeat) = plan.course.words();
    serde_json::json!({
        "loads": loads,
        "repeat": repeat,
        "bound": format!("{:?}", plan.bound),
        "max_in_flight": plan.course.cap(),
        "target_interval": plan.target_interval,
        "warmup_requests": plan.warmup,
        "texts": plan.texts,
        "min_osl": settings.min_osl,
        "temperature": options.temperature,
        "ignore_eos": options.ignore_eos,
        "extra_body": plan.target.secrets.scrub(&serde_json::Value::from(redact::fields(&options.extra)).to_string()),
        "events": format!("{:?}", settings.events).to_lowercase(),
        "ready_timeout_ms": ms(settings.patience.ready),
        "connect_timeout_ms": ms(settings.patience.connect),
        "timeout_ms": ms(settings.patience.request),
        "stall_timeout_ms": ms(settings.patience.stall),
    })
}

/// Wall-clock nanoseconds since the Unix epoch as RFC 3339 in UTC, to the second.
pub(crate) fn rfc3339(unix_ns: u64) -> String {
    let seconds = i64::try_from(unix_ns / 1_000_000_000).unwrap_or_default();
    jiff::Timestamp::from_second(seconds).map(|time| time.to_string()).unwrap_or_default()
}
