//! The most tokens 64 streams can bring, sixteen to a send: what framing and parsing cost.

use crate::error::BenchError;
use crate::farebox::Load;
use crate::serve::ServeKind;
use crate::side_by_side::Contest;

pub(super) fn run(rounds: usize) -> Result<String, BenchError> {
    let load = Load { streams: 64, requests: 20_000, osl: 128 };
    let table =
        Contest { name: "coal64", server: ServeKind::Flood(16), load }.play(rounds)?.table();
    Ok(format!(
        "64 streams, sixteen events per send, as fast as the server sends: {} requests of {} \
         tokens. Reads are few, so what is left is HTTP framing, event framing, JSON, and the \
         record of every event. The bare reader does none of that.\n\n{table}",
        load.requests, load.osl
    ))
}
