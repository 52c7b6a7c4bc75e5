//! The calculator in a real browser. Needs Chromium and chromedriver; see `farebox_testkit::Browser`.

use crate::api::LLAMA;
use crate::hub::LocalHub;
use crate::support::Site;
use farebox_testkit::Browser;
use farebox_web::Limits;
use serde_json::{Value, json};

/// Until the answer shown is the answer to what the form says now.
const SETTLED: &str = "document.querySelector('#result').dataset.asked === new URLSearchParams([...new FormData(\
     document.querySelector('#question'))].filter(([, v]) => typeof v === 'string' && v.trim() !== \
     '')).toString()";

fn calculator(site: &Site, query: &str) -> Option<Browser> {
    let browser = Browser::open()?;
    browser.go(&format!("http://{}/{query}", site.addr));
    browser.until("document.querySelector('#figure-ttft, .error')");
    Some(browser)
}

fn figure(browser: &Browser, id: &str) -> String {
    browser.text(&format!("#figure-{id} b"))
}

#[test]
fn a_model_is_found_by_typing_and_every_control_counts() {
    let site = Site::start();
    let start = "?gpu=h100-sxm&model=meta-llama/Llama-3.1-8B-Instruct";
    let Some(browser) = calculator(&site, start) else { return };
    browser.run("document.querySelector('#model').value = ''", &json!([]));
    browser.types("#model", "Qwen/Qwen3-8B");
    browser.until(SETTLED);
    assert_eq!(browser.text(".answer h2"), "Qwen/Qwen3-8B");
    for (selector, text) in [
        ("#gpu", "h200-sxm"),
        ("#precision", "w4a16"),
        ("#kv_dtype", "fp8"),
        ("#engine", "sglang"),
        ("#tp", "2"),
        ("#replicas", "2"),
        ("#nodes", "1"),
        ("#gpus_per_node", "4"),
        ("#isl", "512"),
        ("#osl", "128"),
        ("#concurrency", "8"),
        ("#users", "10"),
        ("#requests_per_user_hour", "5"),
        ("#price_per_gpu_hour", "3"),
        ("#gpus_per_box", "16"),
        ("#slo_tpot_ms", "50"),
        ("#slo_ttft_ms", "500"),
        ("#request_rate", "2"),
        ("#batch", "4"),
        ("#dp", "2"),
        ("#ep", "2"),
        ("#pp", "2"),
    ] {
        // What was set before may not go with what comes now.
        if selector == "#dp" {
            browser.replace("#nodes", "");
            browser.replace("#gpus_per_node", "");
        }
        let before = browser.text("#document pre");
        browser.replace(selector, text);
        browser.until(SETTLED);
        let named = selector.trim_start_matches('#');
        assert!(browser.address().contains(&format!("{named}={text}")), "{selector}");
        assert_eq!(browser.text(".error"), "", "{selector}");
        let changed = browser.text("#document pre") != before;
        let bounds = ["#slo_tpot_ms", "#slo_ttft_ms", "#gpus_per_node", "#nodes"];
        assert!(changed || bounds.contains(&selector), "{selector} changes nothing");
    }
    for at in ["max", "slo", "rate", "batch", "concurrency"] {
        browser.click(&format!("input[name=at][value={at}]"));
        browser.until(SETTLED);
        assert_eq!(browser.text(".error"), "", "{at}");
    }
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_config_is_dropped_and_travels_in_the_address() {
    let site = Site::start();
    let Some(browser) = calculator(&site, "?gpu=l4&model=Qwen/Qwen3-8B") else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.json");
    std::fs::write(&file, LLAMA).unwrap();
    browser.run("document.querySelector('#config').closest('details').open = true", &json!([]));
    browser.types("#config_file", &file.display().to_string());
    browser.until("document.querySelector('.answer p')?.textContent.includes('1.24B parameters')");
    let address = browser.address();
    assert!(address.contains("config=z%3A") && address.len() < 1000, "{address}");
    let Some(other) = Browser::open() else { return };
    other.go(&address);
    assert!(other.text(".answer p").contains("1.24B parameters"), "a link shares it");
    browser.click("#config_clear");
    browser.until("document.querySelector('.answer h2')?.textContent === 'Qwen/Qwen3-8B'");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// What ModelOpt writes beside a configuration that says nothing of it.
const NVFP4: &str = r#"{"producer": {"name": "modelopt", "version": "0.29"}, "quantization":
    {"quant_algo": "NVFP4", "kv_cache_quant_algo": "FP8", "group_size": 16, "exclude_modules": ["lm_head"]}}"#;

#[test]
fn how_weights_are_stored_may_stand_in_a_file_dropped_beside() {
    let site = Site::start();
    let Some(browser) = calculator(&site, "?gpu=b200-sxm&model=Qwen/Qwen3-8B") else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    // Browsers name a second download of a file in their own way.
    let (config, beside) = (file("config.json", LLAMA), file("hf_quant_config (1).json", NVFP4));
    let stored = || {
        let document: Value = serde_json::from_str(&browser.text("#document pre")).unwrap();
        let weights = document["memory"]["weights_bytes_total"].as_u64().unwrap();
        (weights, document["deployment"]["pools"][0]["kv_dtype"].clone())
    };
    // 262.7 M elements of the embedding, which is the head too, and 0.1 M of norms in 16 bit; the
    // other 973.1 M in 4, with a scale of 8 for every 16 of them.
    let (wide, narrow) = (1_235_814_400 * 2, 1_073_000_000);
    let is_narrow = || {
        let (weights, cache) = stored();
        assert!(weights.abs_diff(narrow) < narrow / 100 && cache == "fp8", "{weights}, {cache}");
    };
    let shown = "document.querySelector('.answer p')?.textContent.includes('1.24B parameters')";
    browser.run("document.querySelector('#config').closest('details').open = true", &json!([]));
    browser.types("#config_file", &format!("{beside}\n{config}"));
    browser.until(shown);
    is_narrow();
    let address = browser.address();
    assert!(address.contains("hf_quant_config=z%3A") && address.len() < 2000, "{address}");
    browser.go("about:blank");
    browser.go(&address);
    is_narrow();
    // A configuration alone is another checkpoint.
    browser.types("#config_file", &config);
    browser.until("!location.search.includes('hf_quant_config')");
    browser.until(SETTLED);
    assert_eq!(stored(), (wide, json!("bf16")));
    browser.run("document.querySelector('#config_file').value = ''", &json!([]));
    browser.types("#config_file", &beside);
    browser.until("location.search.includes('hf_quant_config')");
    browser.until(SETTLED);
    is_narrow();
    browser.click("#config_clear");
    browser.until("document.querySelector('.error')?.textContent.includes('which model?')");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_model_is_typed_by_hand() {
    let site = Site::start();
    let Some(browser) = calculator(&site, "?gpu=a100-sxm-80gb&isl=500&osl=500") else { return };
    assert!(browser.text(".error").contains("which model?"));
    for (selector, text) in [
        ("#params", "13B"),
        ("#hidden_size", "5120"),
        ("#layers", "40"),
        ("#heads", "40"),
        ("#kv_heads", "40"),
    ] {
        browser.replace(selector, text);
    }
    browser.until(SETTLED);
    assert!(
        browser.text(".answer p").contains("13.00B parameters"),
        "{}",
        browser.text(".answer p")
    );
    browser.replace("#experts", "8");
    browser.replace("#active_experts", "2");
    browser.until(SETTLED);
    assert!(!browser.text(".answer p").contains("13.00B active"));
}

#[test]
fn an_address_shows_the_same_with_and_without_scripts() {
    let site = Site::start();
    let query = "?model=Qwen%2FQwen3-8B&gpu=l40s&isl=512&osl=128&at=concurrency&concurrency=16";
    let Some(browser) = calculator(&site, query) else { return };
    let (ttft, cost) = (figure(&browser, "ttft"), figure(&browser, "usd_output"));
    browser.replace("#concurrency", "32");
    browser.until(SETTLED);
    assert_ne!(figure(&browser, "ttft"), ttft);
    let shared = browser.address();
    let (ttft, cost_now) = (figure(&browser, "ttft"), figure(&browser, "usd_output"));
    assert_ne!(cost, cost_now);
    browser.scripts(false);
    browser.go(&shared);
    let html = browser.source();
    assert!(
        html.contains(&format!("<b>{ttft}</b>")) && html.contains(&format!("<b>{cost_now}</b>"))
    );
    browser.click("#estimate");
    assert!(browser.address().contains("concurrency=32"), "the form works by itself");
    browser.scripts(true);
}

#[test]
fn what_does_not_fit_leads_to_what_does() {
    let site = Site::start();
    let Some(browser) = calculator(&site, "?model=Qwen/Qwen3-32B&gpu=l4") else { return };
    assert!(browser.text(".misfit").contains("does not fit"));
    browser.click(".misfit a");
    browser.until("document.querySelector('#figure-ttft')");
    assert_eq!(browser.text(".misfit"), "");
}

#[test]
fn a_model_comes_from_the_hub_when_the_button_is_pressed() {
    let hub = LocalHub::start();
    let site = Site::with(Limits::default(), None, Some(&hub.url));
    let Some(browser) = calculator(&site, "?gpu=l4&model=Qwen/Qwen3-8B") else { return };
    browser.replace("#model", "local/tiny");
    browser.until("document.querySelector('.fetch button')");
    assert_eq!(hub.asked(), 0);
    browser.click(".fetch button");
    browser.until("document.querySelector('.answer p')?.textContent.includes('1.24B parameters')");
    assert!(hub.asked() > 0);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn figures_open_by_keyboard_and_stay_open() {
    let site = Site::start();
    let Some(browser) = calculator(&site, "?model=Qwen/Qwen3-8B&gpu=l4") else { return };
    browser.run("document.querySelector('#figure-ttft summary').focus()", &json!([]));
    browser.types("#figure-ttft summary", "\u{e007}");
    let open = json!(["return document.querySelector('#figure-ttft').open"]);
    assert_eq!(browser.run(open[0].as_str().unwrap(), &json!([])), true);
    browser.replace("#concurrency", "3");
    browser.until(SETTLED);
    assert_eq!(browser.run(open[0].as_str().unwrap(), &json!([])), true, "through a change");
    // What a screen reader is told comes once the answer stands.
    browser.until("document.querySelector('#said').textContent.startsWith('First token after')");
}
