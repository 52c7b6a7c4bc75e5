//! The terms of a report in plain words.

use super::facts::Fact;

/// What a reader who has never measured a model needs.
const TERMS: [(&str, &str); 13] = [
    (
        "TTFT",
        "Time to first token: from the first byte sent to the first token that comes back. In open loop it counts from when the request was due.",
    ),
    (
        "TPOT",
        "Time per output token: how long each further token takes, one figure per request. 1000 / TPOT in ms is the speed at which a reader sees words come.",
    ),
    ("E2E", "End to end: from the first byte sent to the last token."),
    (
        "p50, p90, p99",
        "Half, nine in ten, ninety-nine in a hundred requests were at least this fast.",
    ),
    ("ISL, OSL", "Input and output length of a request, in tokens of the served model."),
    ("Concurrency", "Requests in flight at once."),
    (
        "Promise (SLO), tier",
        "A bound on stated latencies that a service keeps, such as: nine in ten first tokens within 500 ms. At most 1 % of requests may fail unless it says otherwise.",
    ),
    (
        "Load line",
        "The highest load at which a promise is kept, with every lower load keeping it too.",
    ),
    (
        "Input and output price",
        "What a million tokens must cost so that the machine is paid for, no more and no less. By default the time spent on prefill pays for input and that on decode for output.",
    ),
    ("Blended", "The machine's cost over all tokens, input and output alike."),
    (
        "Recovery",
        "Revenue at the listed prices over what the machine costs: 1.00 pays for it exactly.",
    ),
    (
        "95 % interval",
        "Where the figure would lie in 95 of 100 repetitions under equal conditions.",
    ),
    (
        "Verdict",
        "Whether the measurement can be believed: PASS, WARN, or INVALID, each with its reasons.",
    ),
];

pub(super) fn definitions() -> Vec<Fact> {
    TERMS.into_iter().map(|(term, said)| Fact { term, said: said.to_owned() }).collect()
}
