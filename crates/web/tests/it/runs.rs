//! The runs of a folder: pages, parts and files, and a run that grows while somebody looks.

use crate::support::Site;
use crate::written::Written;
use farebox_testkit::Browser;
use serde_json::json;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

#[test]
fn runs_are_listed_shown_and_compared() {
    let site = Site::start();
    assert!(site.get("/runs").body.contains("There is no run yet"));
    Written::whole(&site, "first");
    Written::whole(&site, "a matrix/cells/x&y");
    fs::create_dir_all(site.runs().join("damaged")).unwrap();
    fs::write(site.runs().join("damaged/run.json"), "{").unwrap();
    let list = site.get("/runs").body;
    let list = list.replace("&#x2f;", "/");
    for text in ["href=\"/runs/first\"", "a matrix/cells/x&amp;y", "m/8b", "EOF while parsing"] {
        assert!(list.contains(text), "`{text}` is missing in {list}");
    }
    let run = site.get("/runs/first");
    assert_eq!(run.status, 200);
    for text in ["What a token must cost", "ttft p90 ≤ 50 ms", "Under rising load", "<svg"] {
        assert!(run.body.contains(text), "`{text}` is missing");
    }
    assert_eq!(site.get("/runs/a%20matrix/cells/x&y").status, 200);
    let both = site.get("/compare?a=first&b=a+matrix/cells/x%26y");
    assert!(both.status == 200 && both.body.contains("Side by side"));
    assert!(both.body.contains("Each figure over that of first"));
    assert_eq!(site.get("/compare?a=first").status, 303, "one run has nobody beside it");
    assert_eq!(site.get("/runs/damaged").code(), "damaged_run");
    assert_eq!(site.send("POST", "/runs/first", &[], b"").status, 405);
}

#[test]
fn price_and_utilisation_change_what_a_token_costs_and_nothing_else() {
    let site = Site::start();
    Written::whole(&site, "first");
    let blended = |query: &str| {
        let sheet = site.get(&format!("/runs/first?download=prices{query}")).json();
        sheet["tiers"][0]["usd_per_mtok_blended"].as_f64().unwrap()
    };
    let stored = blended("");
    assert!((blended("&price=7.2") / stored - 2.0).abs() < 1e-9, "twice the rent");
    assert!((blended("&utilisation=25") / stored - 4.0).abs() < 1e-9, "idle three quarters");
    let part = site.get("/parts/run?run=first&price=7.2&utilisation=50").body;
    assert!(part.contains("Bill: $7.20 per hour"), "{part}");
    assert!(part.contains("50 % of what the load line serves is sold"), "{part}");
    let strict = site.get("/parts/run?run=first&slo=now:ttft.p90=1ms").body;
    assert!(strict.contains("no price: concurrency 1: ttft p90 is 10.0 ms"), "{strict}");
    for query in ["price=0", "utilisation=300", "slo=x"] {
        assert_eq!(site.get(&format!("/parts/run?run=first&{query}")).code(), "parameter");
    }
}

#[test]
fn a_run_is_handed_out_in_every_form() {
    let site = Site::start();
    Written::whole(&site, "first");
    for (form, begins) in [
        ("json", "{\n  \"schema\": \"farebox.curve/1\""),
        ("csv", "curve,load_kind"),
        ("prices", "{\n  \"schema\": \"farebox.price/1\""),
        ("prices-csv", "curve,name"),
        ("svg", "<svg"),
        ("frontier", "<svg"),
        ("html", "<!doctype html>"),
        ("markdown", "### first"),
    ] {
        let file = site.get(&format!("/runs/first?download={form}"));
        assert!(file.body.starts_with(begins), "{form}: {}", &file.body[..40]);
        assert!(file.head.contains("content-disposition: attachment; filename="), "{form}");
    }
    assert_eq!(site.get("/runs/first?download=exe").code(), "parameter");
}

#[test]
fn nothing_outside_the_folder_is_served() {
    let site = Site::start();
    Written::whole(&site, "first");
    Written::whole(&site, "../outside");
    let outside = site.runs().join("../outside");
    symlink(&outside, site.runs().join("linked")).unwrap();
    symlink("/", site.runs().join("root")).unwrap();
    fs::create_dir_all(site.runs().join("half")).unwrap();
    symlink(outside.join("run.json"), site.runs().join("half/run.json")).unwrap();
    let absolute = outside.canonicalize().unwrap().display().to_string();
    for name in [
        "..",
        "../outside",
        "%2e%2e/outside",
        "..%2foutside",
        "%2e%2e%2foutside",
        "first/..",
        "first/../../outside",
        "first%2f..%2f..%2foutside",
        "linked",
        "half",
        "root/etc",
        "first/run.json",
        "first%00",
        "%ff",
        ".",
        "%2e",
        "first/",
        "/first",
        "..%5coutside",
        &absolute,
        &absolute.replace('/', "%2f"),
    ] {
        let answer = site.get(&format!("/runs/{name}"));
        assert!(matches!(answer.status, 400 | 404), "{name}: {}", answer.status);
        let answer = site.get(&format!("/parts/run?run={name}"));
        assert!(matches!(answer.status, 400 | 404), "{name}: {}", answer.status);
    }
    let list = site.get("/runs").body;
    assert!(!list.contains("linked") && !list.contains("half") && !list.contains("root"));
    assert_eq!(site.get("/runs/first").status, 200, "the server is still there");
}

fn part(site: &Site, name: &str) -> String {
    site.get(&format!("/parts/run?run={name}")).body
}

#[test]
fn a_run_under_way_grows_on_its_page() {
    let site = Site::start();
    let mut run = Written::new(&site, "live");
    assert!(part(&site, "live").contains("live: about to begin"));
    run.load(1);
    let first = part(&site, "live");
    assert!(first.contains("data-live") && first.contains("load 1, concurrency 1"), "{first}");
    assert!(!first.contains("concurrency 4") && !first.contains("the loads that follow"));
    assert_eq!(first, part(&site, "live"), "nothing changed");
    run.load(4);
    assert!(part(&site, "live").contains("concurrency 4"));
    torn(&run.path);
    assert!(part(&site, "live").contains("concurrency 4"), "a line that is being written");
    run.ends();
    let last = part(&site, "live");
    assert!(!last.contains("data-live") && !last.contains("class=\"progress\""), "{last}");
}

/// Half a line at the end of the records.
fn torn(run: &Path) {
    let file = run.join("requests.jsonl");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text + "{\"request_id\":\"").unwrap();
}

#[test]
fn a_reader_moves_sliders_and_follows_a_run_in_a_browser() {
    let site = Site::start();
    let mut run = Written::new(&site, "live");
    run.load(1);
    let Some(browser) = Browser::open() else { return };
    browser.go(&format!("http://{}/runs/live", site.addr));
    browser.until("document.querySelector('.progress')");
    assert!(browser.text(".progress").contains("load 1, concurrency 1"));
    run.load(4);
    browser.until("document.querySelector('.progress')?.textContent.includes('concurrency 4')");
    run.ends();
    browser.until("!document.querySelector('[data-live]')");
    let cost = browser.text(".amount b");
    let slide = "const s = document.querySelector('[data-of=utilisation]'); s.value = 50; \
                 s.dispatchEvent(new Event('input', {bubbles: true}))";
    browser.run(slide, &json!([]));
    browser.until("document.querySelector('#report').textContent.includes('50 % of what')");
    let dollars = |text: &str| text.trim_start_matches('$').parse::<f64>().unwrap();
    let ratio = dollars(&browser.text(".amount b")) / dollars(&cost);
    assert!((ratio - 2.0).abs() < 0.01, "{ratio}");
    assert!(browser.address().contains("utilisation=50"), "a link shares it");
    for (width, dark) in [(400, false), (1280, true), (1920, false)] {
        browser.size(width, 900, dark);
        let wide = browser.run(
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth",
            &json!([]),
        );
        assert_eq!(wide, json!(0), "the page is wider than {width} pixels");
    }
    browser.go(&format!("http://{}/runs", site.addr));
    browser.click("tbody a");
    browser.until("document.querySelector('#report h2')");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
