//! Other clients, for a sense of scale: measured once, by hand, and not by this program.

use crate::table::Table;

/// Client, and CPU in ms per 1,000 tokens at cap64, coal64 and paced64, each with its ratio to the
/// reader beside it.
const MEASURED: [[&str; 4]; 3] = [
    ["reader beside them", "3.54", "0.25", "7.7"],
    ["`vllm-rs bench serve` 0.32.0", "4.66 (1.23)", "2.39 (8.4)", "15.4"],
    ["`vllm-bench` 0.1.0", "5.01 (1.46)", "1.80 (7.6)", "15.3"],
];

/// The section's text.
pub(crate) fn section() -> String {
    let mut table = Table::new(&["client", "cap64", "coal64", "paced64"]);
    for row in MEASURED {
        table.row(row.map(str::to_owned));
    }
    format!(
        "The two fastest other clients we know, from an earlier measurement of our own on a like \
         machine (two cores, server on one, client on the other, 2026-11-23; medians of three \
         runs). The server and the reader were other programs than those above, so these are for \
         a sense of scale and not a race: CPU in ms per 1,000 tokens, its ratio to that reader in \
         brackets.\n\n{table}"
    )
}
