//! What 64 streams at a real server's pace cost: mostly waking up.

use crate::error::BenchError;
use crate::farebox::Load;
use crate::serve::ServeKind;
use crate::side_by_side::Contest;

pub(super) fn run(rounds: usize) -> Result<String, BenchError> {
    let load = Load { streams: 64, requests: 512, osl: 128 };
    let table = Contest { name: "paced64", server: ServeKind::Exact, load }.play(rounds)?.table();
    Ok(format!(
        "64 streams of 100 tokens/s each: {} requests of {} tokens, 50 ms to the first token and \
         10 ms to each further one. The rate is the server's; the cost is of a client that \
         sleeps between tokens.\n\n{table}",
        load.requests, load.osl
    ))
}
