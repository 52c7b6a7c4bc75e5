//! Whether everybody can use the pages, as axe-core judges, and whether they fit the window: large
//! and small, by day and by night.

use crate::support::Site;
use crate::written::Written;
use farebox_testkit::{Axe, Browser, Impact};
use serde_json::json;
use std::fs;

/// Width of the window and whether it is night; and whether axe looks too.
const WINDOWS: [(u32, bool, bool); 5] = [
    (400, false, true),
    (400, true, true),
    (1280, false, true),
    (1280, true, true),
    (1920, false, false),
];

/// Looks at `addresses`; each is a page of `site`, or an address of its own.
fn look(site: &Site, addresses: &[&str]) {
    let (Some(browser), Some(axe)) = (Browser::open(), Axe::open()) else { return };
    let mut wrong = Vec::new();
    for (width, dark, axe_looks) in WINDOWS {
        browser.size(width, 900, dark);
        for address in addresses {
            let of_site = format!("http://{}{address}", site.addr);
            browser.go(if address.starts_with('/') { &of_site } else { address });
            let here = format!("{address} at {width}, dark: {dark}");
            let found = if axe_looks { axe.look(&browser) } else { Vec::new() };
            let found = found.into_iter().filter(|found| found.impact > Impact::Minor);
            wrong.extend(found.map(|found| format!("{here}: {found:?}")));
            let layout = browser.run(include_str!("layout.js"), &json!([]));
            let layout = layout.as_array().unwrap();
            wrong.extend(layout.iter().map(|found| format!("{here}: {found}")));
        }
    }
    assert!(wrong.is_empty(), "{} findings:\n{}", wrong.len(), wrong.join("\n"));
}

/// axe is really asked: it finds what is put in its way.
#[test]
fn axe_finds_a_field_without_a_label() {
    let site = Site::start();
    let (Some(browser), Some(axe)) = (Browser::open(), Axe::open()) else { return };
    browser.go(&format!("http://{}/api", site.addr));
    let spoil = "document.querySelector('main').append(document.createElement('input'))";
    browser.run(spoil, &json!([]));
    let found = axe.look(&browser);
    assert!(
        matches!(&found[..], [one] if one.rule == "label" && one.impact == Impact::Critical),
        "{found:?}"
    );
}

#[test]
fn the_calculator_can_be_used_by_everybody() {
    let own = "/?model=meta-llama/Llama-3.1-8B-Instruct&gpu=l40s&isl=2048&osl=256&at=slo&\
               slo_ttft_ms=1000&slo_tpot_ms=50";
    look(&Site::start(), &["/", own]);
}

#[test]
fn comparisons_and_misfits_can_be_used_by_everybody() {
    let pinned = "/?model=Qwen/Qwen3-8B&gpu=l4&pin=model%3DQwen%2FQwen3-8B%26gpu%3Dl40s";
    look(&Site::start(), &[pinned, "/?model=Qwen/Qwen3-32B&gpu=l4", "/?model=x"]);
}

#[test]
fn scenarios_and_errors_can_be_used_by_everybody() {
    look(&Site::start(), &["/scenarios", "/api", "/nothing/here", "/runs"]);
}

#[test]
fn runs_can_be_used_by_everybody() {
    let site = Site::start();
    Written::whole(&site, "first").reports();
    Written::whole(&site, "matrix/cells/second");
    Written::new(&site, "live").load(1);
    fs::create_dir_all(site.runs().join("damaged")).unwrap();
    fs::write(site.runs().join("damaged/run.json"), "{").unwrap();
    look(
        &site,
        &["/runs", "/runs/first", "/runs/live", "/compare?run=first&run=matrix/cells/second"],
    );
}

/// A report is mailed around: it is opened from a disk, where there is no server.
#[test]
fn a_report_from_disk_can_be_used_by_everybody() {
    let site = Site::start();
    Written::whole(&site, "first").reports();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html");
    fs::write(&file, site.get("/runs/first?download=html").body).unwrap();
    let address = format!("file://{}", file.display());
    look(&site, &[&address]);
    let Some(browser) = Browser::open() else { return };
    browser.cut_off();
    browser.go(&address);
    assert!(browser.text("h1").contains("first") || browser.text("body").contains("first"));
    assert_eq!(browser.complaints(), Vec::<String>::new(), "nothing is asked of anybody");
}
