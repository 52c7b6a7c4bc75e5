//! The shape of `farebox.price/1`.

use crate::support::{curve, point, settings};
use farebox_core::{LoadPoint, TokensPerSecond};
use farebox_price::{PriceSheet, price};

fn sheet() -> PriceSheet {
    let cached = LoadPoint {
        cached_input_tok_per_s: Some(TokensPerSecond::new(30.0)),
        ..point(2.0, 100.0, 10.0, 5.0)
    };
    let mut curve = curve(vec![point(1.0, 60.0, 6.0, 5.0), cached]);
    curve.complete = false;
    price(&[curve], &settings(&["fast:ttft.p90=10ms", "no:ttft.p90=1ms"])).unwrap()
}

#[test]
fn tiers_carry_what_the_contract_names() {
    let json = serde_json::to_value(sheet()).unwrap();
    assert_eq!(json["schema"], "farebox.price/1");
    let (met, unmet) = (&json["tiers"][0], &json["tiers"][1]);
    for field in [
        "curve",
        "deployment",
        "name",
        "slo",
        "clock",
        "load",
        "input_tok_per_s",
        "output_tok_per_s",
        "replicas",
        "usd_per_hour_total",
        "usd_per_mtok_input",
        "usd_per_mtok_cached_input",
        "usd_per_mtok_output",
        "usd_per_mtok_blended",
        "recovery",
    ] {
        assert!(!met[field].is_null(), "{field}");
        assert!(unmet.as_object().unwrap().contains_key(field), "{field}");
    }
    assert_eq!(met["load"], serde_json::json!({"kind": "concurrency", "value": 2.0}));
    assert_eq!((&met["clock"], &met["slo"]), (&"send".into(), &"ttft.p90=10ms".into()));
    assert!(met["interval"].is_null() && met["reason"].is_null());
    assert!(unmet["load"].is_null() && unmet["recovery"].is_null());
    assert_eq!(unmet["reason"], "concurrency 1: ttft p90 is 5.00 ms, over 1.00 ms");
}

#[test]
fn reads_back_as_written_and_says_that_it_is_partial() {
    let sheet = sheet();
    let text = serde_json::to_string(&sheet).unwrap();
    assert!(text.starts_with(r#"{"schema":"farebox.price/1""#));
    assert_eq!(serde_json::from_str::<PriceSheet>(&text).unwrap(), sheet);
    assert!(sheet.partial && sheet.tiers[0].partial);
    assert!(sheet.notes[0].starts_with("run is partial"), "{:?}", sheet.notes);
    let price = sheet.tiers[0].price().unwrap();
    assert_eq!(price.usd_per_mtok_cached_input, Some(price.usd_per_mtok_input));
    assert!(price.notes.iter().any(|note| note.contains("no discount was measured")));
    assert!(price.notes.iter().any(|note| note.contains("no load above concurrency 2")));
}
