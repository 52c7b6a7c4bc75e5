//! Draws the screen a few times a second, above it what is worth keeping.

use super::screen::Screen;
use super::words;
use console::Term;
use farebox_experiment::BenchEvent;
use indicatif::{ProgressBar, ProgressStyle};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Time between two drawings.
const REDRAW: Duration = Duration::from_millis(200);

/// A screen that is drawn until it is dropped.
pub(super) struct Live {
    shared: Arc<Shared>,
    drawer: Option<JoinHandle<()>>,
}

struct Shared {
    screen: Mutex<Screen>,
    bar: ProgressBar,
    over: AtomicBool,
}

impl Live {
    pub(super) fn start(screen: Screen) -> Self {
        let bar = ProgressBar::no_length();
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            bar.set_style(style);
        }
        let shared =
            Arc::new(Shared { screen: Mutex::new(screen), bar, over: AtomicBool::new(false) });
        let drawn = shared.clone();
        let drawer = thread::spawn(move || {
            while !drawn.over.load(Relaxed) {
                drawn.draw();
                thread::sleep(REDRAW);
            }
        });
        Self { shared, drawer: Some(drawer) }
    }

    /// Takes an event in; what is worth keeping scrolls by above the screen.
    pub(super) fn hear(&self, event: &BenchEvent) {
        self.shared.screen.lock().unwrap_or_else(PoisonError::into_inner).hear(event);
        if let Some(line) = words::of(event) {
            self.shared.bar.println(line);
        }
    }
}

impl Shared {
    fn draw(&self) {
        let width = usize::from(Term::stderr().size().1);
        let screen = self.screen.lock().unwrap_or_else(PoisonError::into_inner).draw(width);
        self.bar.set_message(screen);
        self.bar.tick();
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.shared.over.store(true, Relaxed);
        if let Some(drawer) = self.drawer.take() {
            // A drawing that failed is no reason to fail what was drawn.
            let _ = drawer.join();
        }
        self.shared.bar.finish_and_clear();
    }
}
