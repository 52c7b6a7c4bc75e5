//! Promises and tariffs as a person says them.

use crate::numbers::{dollars, plain};
use farebox_core::{Milliseconds, Slo, Tariff, UsdPerMtok};

/// `ttft p90 ≤ 500 ms, tpot p90 ≤ 16.7 ms`; errors are named where the promise names them or
/// nothing else.
pub(crate) fn promise(slo: &Slo) -> String {
    let bounds = slo.bounds().iter();
    let bounds = bounds
        .map(|bound| format!("{} {} ≤ {}", bound.metric, bound.statistic, limit(bound.limit)));
    let errors = (slo.terms().contains("errors.rate") || slo.bounds().is_empty())
        .then(|| format!("errors ≤ {} %", plain(slo.max_error_rate() * 100.0)));
    bounds.chain(errors).collect::<Vec<_>>().join(", ")
}

/// A limit without needless zeros: 500 ms, 16.7 ms, 1 s.
pub(crate) fn limit(limit: Milliseconds) -> String {
    match limit.get() {
        ms if ms >= 1000.0 => format!("{} s", plain(ms / 1000.0)),
        ms => format!("{} ms", plain(ms)),
    }
}

/// `api:openai/gpt-4o-mini: $0.15 input, $0.075 cached input, $0.60 output per Mtok, as of
/// 2026-11-23, from ...`
pub fn tariff(tariff: &Tariff) -> String {
    let price = |usd: Option<UsdPerMtok>| {
        usd.map_or("unknown".to_owned(), |usd| format!("${}", dollars(usd.get())))
    };
    let Tariff { id, as_of, source, .. } = tariff;
    format!(
        "{id}: {} input, {} cached input, {} output per Mtok, as of {as_of}, from {source}",
        price(tariff.usd_per_mtok_input),
        price(tariff.usd_per_mtok_cached_input),
        price(tariff.usd_per_mtok_output),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_is_said_without_needless_zeros() {
        for (text, said) in [
            ("fast:ttft.p90=1s,tpot.mean=16.7ms", "ttft p90 ≤ 1 s, tpot mean ≤ 16.7 ms"),
            ("e2e.p99=1.5s,errors.rate=5%", "e2e p99 ≤ 1.5 s, errors ≤ 5 %"),
            ("errors.rate=1%", "errors ≤ 1 %"),
        ] {
            assert_eq!(promise(&text.parse().unwrap()), said);
        }
    }
}
