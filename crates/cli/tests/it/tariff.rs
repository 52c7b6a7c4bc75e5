//! What a run's tokens cost at an API's published price.

use crate::farebox::Farebox;
use crate::seed::FILE;
use farebox_testkit::{Answer, Script, ScriptedServer, ms};

/// gpt-4o-mini: $0.15 and $0.60 per million tokens, as `catalog/apis/openai/gpt-4o-mini.toml` says.
const API: &str = "api:openai/gpt-4o-mini";

#[test]
fn the_tokens_of_a_run_are_billed_at_the_published_price() {
    let answer = Answer::stream().tokens_as_requested(ms(2), ms(1)).input_tokens(1000);
    let server = ScriptedServer::start(Script::always(answer)).unwrap();
    let farebox = Farebox::new();
    farebox.bench(&server.url(), &["--price-per-hour", "1.5"]).exits(0);
    let sheet = farebox.run(&["price", "run", "--tariff", API, "--format", "json"]).exits(0).json();
    assert_eq!(sheet["schema"], "farebox.tariff/1");
    assert_eq!(sheet["tariff"]["id"], API);
    let load = &sheet["loads"][0];
    let of = |name: &str| load[name].as_f64().unwrap_or_else(|| panic!("{name}: {load}"));
    // From the server's counts: 1000 tokens in, 8 out, whatever the speed.
    let expected = (1000.0 * 0.15 + 8.0 * 0.60) / 1e6;
    let per_token = of("usd_per_mtok_blended") / 1e6 * 1008.0;
    assert!((per_token / expected - 1.0).abs() < 0.05, "{per_token} {expected}");
    let per_hour = (of("input_tok_per_s") * 0.15 + of("output_tok_per_s") * 0.60) / 1e6 * 3600.0;
    assert!((of("usd_per_hour") / per_hour - 1.0).abs() < 1e-9, "{load}");
    assert!((of("machine_usd_per_hour") - 1.5).abs() < 1e-9, "stored with the run");

    let human = farebox.run(&["price", "run", "--tariff", API]).exits(0).stdout;
    assert!(human.contains("At api:openai/gpt-4o-mini: $0.15 input") && human.contains("as of"));
    let csv = farebox.run(&["price", "run", "--tariff", API, "--format", "csv"]).exits(0).stdout;
    assert!(csv.starts_with("curve,load,"), "{csv}");
}

#[test]
fn a_tariff_needs_no_machine_and_a_known_name() {
    let farebox = Farebox::new();
    let sheet = farebox.run(&["price", FILE, "--tariff", API, "--format", "json"]).exits(0).json();
    assert!(sheet["loads"].as_array().unwrap().len() > 10);
    assert!(sheet["loads"][0]["machine_usd_per_hour"].is_null());
    let ran = farebox.run(&["price", FILE, "--tariff", "api:openai/gpt-0"]).exits(2);
    assert!(ran.error().starts_with("--tariff: "), "{ran:?}");
}

/// A price that nobody published is not guessed.
#[test]
fn cached_tokens_without_a_price_are_no_bill() {
    let answer = Answer::stream().tokens_as_requested(ms(2), ms(1));
    let answer = answer.input_tokens(1000).cached_tokens(500);
    let server = ScriptedServer::start(Script::always(answer)).unwrap();
    let farebox = Farebox::new();
    farebox.bench(&server.url(), &[]).exits(0);
    let ran = farebox.run(&["price", "run", "--tariff", "api:openai/gpt-4"]).exits(2);
    assert!(ran.error().contains("the cached input price of openai/gpt-4 is unknown"), "{ran:?}");
}
