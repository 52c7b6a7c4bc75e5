//! The sampler against servers that answer, hang and refuse.

use crate::server::{Answer, serve};
use farebox_core::{EngineKind, RunInstant, Scope, Signal};
use farebox_measure::{BaseUrl, Target};
use farebox_telemetry::{
    Asked, EngineProbe, Gap, GpuProbe, ProcessTree, Sampler, SamplerSettings, TelemetryEvent,
};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

fn probe(addr: SocketAddr, kind: Option<EngineKind>) -> EngineProbe {
    let target = Target::new(BaseUrl::parse(&format!("http://{addr}")).unwrap());
    EngineProbe::new(target, kind).unwrap()
}

/// A sampler every millisecond on a clock that counts its readings, and what it says.
fn start(probe: EngineProbe) -> (Sampler, Receiver<TelemetryEvent>) {
    let settings = SamplerSettings {
        engine: Some(probe),
        engine_interval: Duration::from_millis(1),
        ..SamplerSettings::default()
    };
    let (events, heard) = mpsc::channel();
    let ticks = AtomicU64::new(0);
    let now = move || RunInstant::from_nanos(ticks.fetch_add(1, Ordering::Relaxed));
    let sampler = Sampler::start(settings, now, move |event| drop(events.send(event))).unwrap();
    (sampler, heard)
}

const LONG: Duration = Duration::from_secs(20);

#[test]
fn it_samples_again_and_again_and_stops() {
    let addr = serve(|path| {
        assert_eq!(path, "/metrics");
        Answer::Body("vllm:num_requests_running 3\n".to_owned())
    });
    let (sampler, heard) = start(probe(addr, None));
    let mut last = RunInstant::default();
    for _ in 0..3 {
        let TelemetryEvent::Sample(sample) = heard.recv_timeout(LONG).unwrap() else {
            panic!("a gap")
        };
        assert_eq!((sample.metric, sample.value), (Signal::RequestsRunning, 3.0));
        assert_eq!(sample.scope, Scope::Engine);
        assert!(sample.t_ns > last);
        last = sample.t_ns;
    }
    let snapshot = sampler.snapshot_blocking().unwrap();
    assert!(snapshot.asked < snapshot.answered);
    assert_eq!(snapshot.answer.value(Signal::RequestsRunning), Ok(3.0));
    sampler.stop();
    let said = heard.try_iter().count();
    assert_eq!(heard.try_iter().count(), 0, "{said} before the stop, none after");
}

#[test]
fn an_endpoint_that_hangs_is_a_gap_and_stopping_does_not_wait_for_it() {
    let addr = serve(|_| Answer::Silence);
    let hasty = probe(addr, Some(EngineKind::Vllm)).with_patience(Duration::from_millis(30));
    let (sampler, heard) = start(hasty);
    let TelemetryEvent::Gap(Gap { asked, from, to, why }) = heard.recv_timeout(LONG).unwrap()
    else {
        panic!("a sample")
    };
    assert_eq!((asked, why.as_str()), (Asked::Engine, "/metrics: no answer within 0.03 s"));
    assert!(from < to);
    assert!(sampler.snapshot_blocking().is_err());
    sampler.stop();

    let (sampler, _heard) = start(probe(addr, Some(EngineKind::Vllm)));
    let began = Instant::now();
    sampler.stop();
    assert!(began.elapsed() < Duration::from_secs(5), "less than the patience of 6 s");
}

#[test]
fn what_holds_no_metrics_says_so() {
    for (kind, answer, says) in [
        (None, Answer::Status(404), "/metrics answered 404"),
        (None, Answer::Body("up 1\n".to_owned()), "/metrics holds no metrics of a known engine"),
        (
            Some(EngineKind::Sglang),
            Answer::Body("vllm:num_requests_running 1\n".to_owned()),
            "/metrics holds no metrics of sglang",
        ),
    ] {
        let (sampler, _heard) = start(probe(serve(move |_| answer.clone()), kind));
        assert_eq!(sampler.snapshot_blocking().unwrap_err().why, says);
        sampler.stop();
    }
}

#[test]
fn gpus_and_processes_are_sampled_beside_the_engine() {
    let exporter = serve(|_| Answer::Body("DCGM_FI_DEV_POWER_USAGE{gpu=\"3\"} 650\n".to_owned()));
    let target = Target::new(BaseUrl::parse(&format!("http://{exporter}")).unwrap());
    let settings = SamplerSettings {
        gpu: Some(GpuProbe::dcgm(target).unwrap()),
        gpu_interval: Duration::from_millis(1),
        host: Some(ProcessTree::Of(std::process::id())),
        host_interval: Duration::from_millis(1),
        ..SamplerSettings::default()
    };
    let (events, heard) = mpsc::channel();
    let now = || RunInstant::from_nanos(7);
    let sampler = Sampler::start(settings, now, move |event| drop(events.send(event))).unwrap();
    let (mut power, mut memory) = (None, None);
    while power.is_none() || memory.is_none() {
        let TelemetryEvent::Sample(sample) = heard.recv_timeout(LONG).unwrap() else {
            panic!("a gap")
        };
        match sample.scope {
            Scope::Gpu(3) => power = Some((sample.metric, sample.value)),
            Scope::Host if sample.metric == Signal::ResidentBytes => memory = Some(sample.value),
            _ => {}
        }
    }
    assert_eq!(power, Some((Signal::PowerW, 650.0)));
    assert!(memory.unwrap() > 1e6);
    assert_eq!(sampler.snapshot_blocking().unwrap_err().why, "no engine is asked");
    sampler.stop();
}
