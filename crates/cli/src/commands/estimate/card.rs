//! One estimate for people: a line per figure, what binds it, how wrong it may be.

use super::hosted::Alternative;
use super::tables::{gib, model, word};
use farebox_calculator::{EstimateDocument, Traffic, WorkloadFigures};
use farebox_estimate::Bound;
use farebox_report::grid::{Cell, Column, Grid};
use farebox_report::numbers::{dollars, ms, rate, usd};

/// One estimate, a line per figure, with what binds it and how wrong it may be.
pub(super) fn card(document: &EstimateDocument, against: &[Alternative]) -> Grid {
    let mut card = Card::default();
    card.memory(document);
    card.latency(document);
    card.price(document, against);
    Grid {
        columns: vec![Column::words("figure"), Column::numbers("value", ""), Column::words("")],
        rows: card.rows,
        footers: footers(document),
    }
}

/// The lines of a card.
#[derive(Default)]
struct Card {
    rows: Vec<Vec<Cell>>,
}

impl Card {
    fn line(&mut self, what: &str, value: impl Into<String>, why: impl Into<String>) {
        let cells = [what.to_owned(), value.into(), why.into()];
        self.rows.push(cells.map(Cell::Text).to_vec());
    }

    fn memory(&mut self, document: &EstimateDocument) {
        let memory = &document.memory;
        self.line("usable memory", gib(memory.usable_bytes_per_gpu), "per GPU, the engine's share");
        self.line("weights", gib(memory.weights_bytes_per_gpu), "per GPU");
        self.line("overhead", gib(memory.overhead_bytes_per_gpu), "per GPU");
        if memory.fits {
            self.line("KV cache holds", thousands(memory.kv_capacity_tokens), "tokens per replica");
            self.line("", thousands(memory.max_concurrency), "requests of this length");
        } else {
            self.line("missing", gib(memory.short_bytes_per_gpu), "per GPU: it does not fit");
        }
    }

    fn latency(&mut self, document: &EstimateDocument) {
        let off =
            |ape: Option<f64>| ape.map_or(String::new(), |ape| format!(", ±{ape:.0} % typical"));
        let bound = |bound: Bound| format!("{} bound", word(bound));
        let (accuracy, parts) =
            (&document.accuracy, (document.prefill, document.decode, document.system));
        let (Some(prefill), decode, Some(system)) = parts else { return };
        let why = bound(prefill.bound) + &off(accuracy.ttft_median_ape_pct);
        self.line("TTFT", ms(prefill.ttft_ms) + " ms", why);
        if let Some(decode) = decode {
            let why = bound(decode.bound) + &off(accuracy.tpot_median_ape_pct);
            self.line("TPOT", ms(decode.tpot_ms) + " ms", why);
        }
        self.line("E2E", ms(system.e2e_ms) + " ms", "");
        if let Some(decode) = decode {
            let one = rate(decode.output_tok_per_s_per_request) + " tok/s";
            self.line("a request sees", one, "output");
        }
        let why = "output".to_owned() + &off(accuracy.throughput_median_ape_pct);
        self.line("the system serves", rate(system.output_tok_per_s) + " tok/s", why);
        self.line("", rate(system.requests_per_s) + " req/s", "");
        if system.admitted < 0.98 * system.in_flight {
            self.line("in the KV cache", rate(system.admitted), "requests, the others wait");
        }
    }

    fn price(&mut self, document: &EstimateDocument, against: &[Alternative]) {
        if let Some(price) = &document.price {
            self.line("input", usd(price.usd_per_mtok_input) + " $/Mtok", "");
            self.line("output", usd(price.usd_per_mtok_output) + " $/Mtok", "");
            let recovery = format!("recovery {:.2}", price.recovery);
            self.line("either", usd(price.usd_per_mtok_blended) + " $/Mtok", recovery);
            self.line("a request", usd(price.usd_per_request) + " $", "at this load");
        }
        if let Some(traffic) = &document.traffic {
            let Traffic { users, machines, utilisation, .. } = *traffic;
            let used = format!("{machines} x this machine, {:.1} % used", utilisation * 100.0);
            let hour = traffic.usd_per_hour.map(|hour| dollars(hour) + " $/h");
            self.line(&format!("{users} users"), hour.unwrap_or_default(), used);
            if let Some(month) = traffic.usd_per_month {
                self.line("", dollars(month) + " $/month", "");
            }
        }
        for other in against {
            let own = document.price.as_ref().map(|price| price.usd_per_request);
            let times =
                own.map(|own| format!("{} x ours", plain_ratio(other.usd_per_request / own)));
            let said = format!("a request, as of {}", other.as_of);
            let why = times.into_iter().chain([said]).collect::<Vec<_>>().join(", ");
            self.line(&other.id, usd(other.usd_per_request) + " $", why);
            if let Some(hour) = other.usd_per_hour {
                self.line("", dollars(hour) + " $/h", "all users");
            }
        }
    }
}

fn plain_ratio(ratio: f64) -> String {
    if ratio >= 10.0 { format!("{ratio:.0}") } else { format!("{ratio:.2}") }
}

/// 696288 as 696,288.
fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .filter_map(|group| std::str::from_utf8(group).ok())
        .collect();
    groups.join(",")
}

fn footers(document: &EstimateDocument) -> Vec<String> {
    let pool = document.deployment.pools.first();
    let gpu = pool.and_then(|pool| pool.gpu.clone()).unwrap_or_default();
    let WorkloadFigures { isl, osl, concurrency, batch, request_rate_per_s } = document.workload;
    let load = match (concurrency, batch, request_rate_per_s) {
        (Some(n), ..) => format!("{n} in flight"),
        (None, Some(n), _) => format!("{n} at once"),
        (None, None, rate) => format!("{} requests/s", rate.unwrap_or_default()),
    };
    let gpus = document.deployment.gpus().unwrap_or(1);
    let mut footers =
        vec![format!("{} on {gpus} x {gpu}; {isl} in, {osl} out, {load}.", model(document))];
    if document.system.is_some() {
        footers.push(format!("Typical errors are medians: {}.", document.accuracy.basis));
    }
    if let Some(price) = &document.price {
        let hour = dollars(price.usd_per_hour_total);
        footers.push(format!("The machine costs {hour} $/h, by {}.", price.source));
    }
    footers.extend(document.notes.iter().map(|note| format!("! {note}")));
    footers.extend(document.model.notes.iter().map(|note| format!("Note: {note}.")));
    footers
}
