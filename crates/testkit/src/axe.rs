//! axe-core, which judges whether a page can be used by everybody: run in the page by the browser's
//! driver, whatever the page's own policy forbids.

use crate::Browser;
use crate::browser::without;
use serde_json::{Value, json};
use std::path::PathBuf;

/// axe-core as `tests/browser/install.sh` brings it.
#[derive(Debug)]
pub struct Axe {
    source: String,
}

/// Something that axe finds wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AxeFinding {
    /// Its rule, such as `color-contrast`.
    pub rule: String,
    /// How bad.
    pub impact: Impact,
    /// What is wrong, and the beginning of the first element that it is wrong with.
    pub what: String,
}

/// How bad a finding is, by axe's own scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Impact {
    /// An annoyance.
    Minor,
    /// Some people have difficulties.
    Moderate,
    /// Some people are kept from content.
    Serious,
    /// Some people cannot use the page at all.
    Critical,
}

/// Hands over what is wrong, and how many rules were passed.
const SCRIPT: &str = "const done = arguments[arguments.length - 1]; \
    axe.run(document, { resultTypes: ['violations'] }).then( \
      ({ violations, passes }) => done({ violations, passes: passes.length }), \
      (error) => done({ failed: String(error) }));";

impl Axe {
    /// axe; none, with one line about it, where it is not installed and not required.
    pub fn open() -> Option<Self> {
        let source = std::fs::read_to_string(home()?.join("axe.min.js")).ok();
        if source.is_none() {
            without("no axe-core: tests/browser/install.sh brings it");
        }
        Some(Self { source: source? })
    }

    /// What is wrong with the page that `browser` shows.
    ///
    /// # Panics
    ///
    /// Where axe itself fails or looks at nothing.
    pub fn look(&self, browser: &Browser) -> Vec<AxeFinding> {
        browser.run(&self.source, &json!([]));
        let said = browser.run_async(SCRIPT, &json!([]));
        let passes = said["passes"].as_u64().unwrap_or(0);
        assert!(passes > 5, "axe looked at nothing: {passes} rules pass, {}", said["failed"]);
        said["violations"].as_array().into_iter().flatten().map(AxeFinding::of).collect()
    }
}

fn home() -> Option<PathBuf> {
    let set = std::env::var_os("FAREBOX_BROWSER_HOME").map(PathBuf::from);
    set.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/farebox-browser")))
}

impl AxeFinding {
    fn of(violation: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let nodes = violation["nodes"].as_array().map_or(&[][..], Vec::as_slice);
        let first = nodes.first().map(|node| {
            let html: String = text(&node["html"]).chars().take(160).collect();
            format!("{html} ({})", text(&node["failureSummary"]).replace('\n', " "))
        });
        Self {
            rule: text(&violation["id"]),
            impact: match violation["impact"].as_str() {
                Some("critical") => Impact::Critical,
                Some("moderate") => Impact::Moderate,
                Some("minor") => Impact::Minor,
                // What axe gives no weight to must not slip through.
                _ => Impact::Serious,
            },
            what: format!(
                "{}, {} times: {}",
                text(&violation["help"]),
                nodes.len(),
                first.unwrap_or_default()
            ),
        }
    }
}
