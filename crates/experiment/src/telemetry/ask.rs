//! Who can be asked what the machine does, before a run begins.

use crate::bench::{BenchPlan, EngineProcesses, TelemetryFrom};
use farebox_core::EngineKind;
use farebox_measure::{BaseUrl, Target};
use farebox_telemetry::{EngineProbe, EngineReading, GpuProbe, HostError, Listener, ProcessTree};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A probe that was answered, and what it was told; else why nobody answers.
pub(super) async fn ask_engine(
    plan: &BenchPlan,
    kind: Option<EngineKind>,
) -> Result<(EngineProbe, EngineReading), String> {
    let mut target = match &plan.telemetry {
        TelemetryFrom::Off => return Err(OFF.to_owned()),
        TelemetryFrom::Server => plan.target.clone(),
        TelemetryFrom::At(base) => Target { base: base.clone(), ..plan.target.clone() },
    };
    let mut kind = kind;
    if plan.telemetry != TelemetryFrom::Server {
        // Another address is told no secrets, and what answers there may be another engine.
        target.headers.clear();
        kind = None;
    }
    let probe = EngineProbe::new(target, kind).map_err(|error| error.to_string())?;
    let reading = probe.ask().await.map_err(|error| error.to_string())?;
    Ok((probe, reading))
}

/// Who tells about the accelerators of this machine, if the engine is on it.
pub(super) async fn ask_gpus(plan: &BenchPlan) -> Result<GpuProbe, String> {
    if plan.telemetry == TelemetryFrom::Off {
        return Err(OFF.to_owned());
    }
    if addresses_here(base(plan)).is_empty() {
        return Err(ELSEWHERE.to_owned());
    }
    let probe = GpuProbe::find(std::env::var_os("PATH").as_deref());
    let probe = probe.map_err(|error| error.to_string())?;
    probe.read().await.map_err(|error| error.to_string())?;
    Ok(probe)
}

/// The engine's processes, in words and to be looked at, if they are on this machine; else why not.
pub(super) fn ask_processes(plan: &BenchPlan) -> Result<(String, ProcessTree), String> {
    if plan.telemetry == TelemetryFrom::Off {
        return Err(OFF.to_owned());
    }
    let looked_at = |tree: ProcessTree| tree.read().map(|_| tree);
    let found = match &plan.serving.processes {
        EngineProcesses::Unseen(why) => return Err((*why).to_owned()),
        EngineProcesses::Below(pid) => looked_at(ProcessTree::Below(*pid))
            .map(|tree| ("the processes that were started for the run".to_owned(), tree)),
        EngineProcesses::Listening => {
            let addresses = addresses_here(base(plan));
            if addresses.is_empty() {
                return Err(ELSEWHERE.to_owned());
            }
            listening(&addresses, base(plan).port())
        }
    };
    found.map_err(|error| error.to_string())
}

fn listening(addresses: &[IpAddr], port: u16) -> Result<(String, ProcessTree), HostError> {
    let listener = Listener::at(addresses, port)?;
    listener.tree().read()?;
    let said = format!("process {} ({}) and all below it", listener.pid, listener.name);
    Ok((said, listener.tree()))
}

/// The addresses of this machine itself that `base` may mean; none where it is another's.
fn addresses_here(base: &BaseUrl) -> Vec<IpAddr> {
    match base.host() {
        "localhost" => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
        host => host.parse().ok().filter(IpAddr::is_loopback).into_iter().collect(),
    }
}

const ELSEWHERE: &str = "the server is on another machine";
const OFF: &str = "it was not asked (--telemetry off)";

/// The engine's address.
pub(super) fn base(plan: &BenchPlan) -> &BaseUrl {
    match &plan.telemetry {
        TelemetryFrom::At(base) => base,
        TelemetryFrom::Server | TelemetryFrom::Off => &plan.target.base,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_addresses_are_of_this_machine() {
        let count = |url| addresses_here(&BaseUrl::parse(url).unwrap()).len();
        assert_eq!(count("http://127.0.0.1:8000"), 1);
        assert_eq!(count("http://[::1]:8000/v1"), 1);
        assert_eq!(count("http://localhost:8000"), 2, "of either family");
        assert_eq!(count("http://192.0.2.1:8000"), 0);
        assert_eq!(count("https://gateway.example"), 0);
    }
}
