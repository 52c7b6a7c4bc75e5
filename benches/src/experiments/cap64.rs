//! The most tokens 64 streams can bring, each in a send of its own.

use crate::error::BenchError;
use crate::farebox::Load;
use crate::serve::ServeKind;
use crate::side_by_side::Contest;

pub(super) fn run(rounds: usize) -> Result<String, BenchError> {
    let load = Load { streams: 64, requests: 6_000, osl: 128 };
    let table = Contest { name: "cap64", server: ServeKind::Flood(1), load }.play(rounds)?.table();
    Ok(format!(
        "64 streams, one event per send, as fast as the server sends: {} requests of {} tokens. \
         On a quiet machine nearly every token is a read of its own, so the kernel's share is \
         most of the cost and the ratio to the bare reader is what the client adds.\n\n{table}",
        load.requests, load.osl
    ))
}
