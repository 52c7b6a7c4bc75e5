//! Pictures of every page, for `docs/screens` and for whoever changed how pages look.
//!
//! ```console
//! $ cargo build -p farebox && cargo run -p farebox --example screens -- docs/screens
//! $ cargo run -p farebox --example screens -- target/screens --all     # every look, whole pages
//! $ cargo run -p farebox --example screens -- target/screens --all --home target/home --only report
//! ```
//!
//! The server is the built binary, on runs that the built binary makes against its own engine: anew,
//! or in the folder of `--home`, where they are kept. A page that scrolls sideways, or whose words
//! cover or cut each other, is named and the exit is 1.

mod camera;
mod pages;
mod palette;
mod stage;

use camera::Camera;
use farebox_testkit::Browser;
use pages::{Look, PAGES};
use stage::Stage;
use std::io::{Write, stderr};
use std::path::PathBuf;
use std::process::ExitCode;

/// How much of a long page the documentation shows, in pixels.
const SHOWN_HEIGHT: f64 = 2600.0;

/// What is wanted.
struct Wanted {
    folder: PathBuf,
    /// Every look rather than those that the documentation shows.
    all: bool,
    /// Whose runs are looked at, and kept.
    home: Option<PathBuf>,
    /// A part of the names of the pages to take.
    only: String,
}

fn main() -> ExitCode {
    let Some(wanted) = wanted(std::env::args().skip(1)) else {
        let _ = writeln!(stderr(), "usage: screens FOLDER [--all] [--home DIR] [--only PART]");
        return ExitCode::from(2);
    };
    let Some(browser) = Browser::open() else { return ExitCode::from(2) };
    let stage = Stage::set(wanted.home);
    let most = if wanted.all { f64::INFINITY } else { SHOWN_HEIGHT };
    let camera = Camera { browser, stage: &stage, folder: wanted.folder, most };
    let mut wrong = 0_u8;
    for page in PAGES.iter().filter(|page| page.name.contains(&wanted.only)) {
        let _goes_on = page.meanwhile(&stage);
        let is_shown = |look: &&Look| wanted.all || page.shown.contains(&look.name);
        for look in page.looks.iter().filter(is_shown) {
            for line in camera.take(page, look) {
                let _ = writeln!(stderr(), "{line}");
                wrong = 1;
            }
        }
    }
    ExitCode::from(wrong)
}

fn wanted(mut args: impl Iterator<Item = String>) -> Option<Wanted> {
    let folder = args.next().filter(|arg| !arg.starts_with('-'))?.into();
    let mut wanted = Wanted { folder, all: false, home: None, only: String::new() };
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--all" => wanted.all = true,
            "--home" => wanted.home = Some(args.next()?.into()),
            "--only" => wanted.only = args.next()?,
            _ => return None,
        }
    }
    Some(wanted)
}
