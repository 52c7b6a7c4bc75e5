//! The most requests 64 streams can make when an answer is a single token.

use crate::error::BenchError;
use crate::farebox::Load;
use crate::serve::ServeKind;
use crate::side_by_side::Contest;

pub(super) fn run(rounds: usize) -> Result<String, BenchError> {
    let load = Load { streams: 64, requests: 40_000, osl: 1 };
    let table = Contest { name: "req64", server: ServeKind::Reply, load }.play(rounds)?.table();
    Ok(format!(
        "64 streams of one-token answers, each a single write: {} requests, so tokens are requests \
         here. What is left is writing a prompt that was never sent before, head and body, the \
         answer's head, and a record per request; the bare reader sends the same bytes again and \
         again.\n\n{table}",
        load.requests
    ))
}
