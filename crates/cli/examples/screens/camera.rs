//! Goes to a page, looks whether anything is wrong with it, and takes its picture.

use crate::pages::{Look, Page, Place};
use crate::palette::reduced;
use crate::stage::{LiveRun, Stage};
use farebox_testkit::Browser;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;

/// A browser in front of a stage.
pub(crate) struct Camera<'a> {
    pub(crate) browser: Browser,
    pub(crate) stage: &'a Stage,
    pub(crate) folder: PathBuf,
    /// Where pictures of long pages end, in pixels.
    pub(crate) most: f64,
}

impl Camera<'_> {
    /// Writes `page-look.png`; what is wrong with the page, a line each.
    pub(crate) fn take(&self, page: &Page, look: &Look) -> Vec<String> {
        let name = format!("{}-{}", page.name, look.name);
        self.browser.size(look.width, 900, look.dark);
        self.browser.go(&self.address(page));
        self.browser.until(page.until);
        self.browser.run(page.prepare, &json!([]));
        if matches!(page.place, Place::Print) {
            self.browser.print_look();
        } else {
            // What sticks to the window's lower edge stands where the page ends.
            let height = self.browser.run("return document.body.scrollHeight", &json!([]));
            let height = height.as_u64().and_then(|height| u32::try_from(height).ok());
            self.browser.size(look.width, height.unwrap_or_default().max(900), look.dark);
        }
        fs::create_dir_all(&self.folder).expect("a folder for the pictures");
        let file = self.folder.join(format!("{name}.png"));
        let picture = self.browser.picture(self.most);
        // Only what is kept need be small: it takes longer than all the rest.
        let picture = if self.most.is_finite() { reduced(&picture) } else { picture };
        fs::write(file, picture).expect("a place for the pictures");
        let wrong = self.browser.run(include_str!("layout.js"), &json!([]));
        let wrong = wrong.as_array().into_iter().flatten().filter_map(Value::as_str);
        wrong.map(|what| format!("{name}: {what}")).collect()
    }

    fn address(&self, page: &Page) -> String {
        match page.place {
            Place::Path(path) => format!("{}{path}", self.stage.url),
            Place::Live => format!("{}/runs/live", self.stage.url),
            Place::Report | Place::Print => format!("file://{}", self.stage.report.display()),
        }
    }
}

impl Page {
    /// What must go on while this page is looked at.
    pub(crate) fn meanwhile(&self, stage: &Stage) -> Option<LiveRun> {
        matches!(self.place, Place::Live).then(|| stage.live())
    }
}
