//! Rows counted so far, on a terminal.

use crate::output;
use farebox_dataset::ReadEvent;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, stderr};
use std::time::Duration;

/// Shows that something is being done.
pub(super) struct Waiting {
    bar: Option<ProgressBar>,
}

impl Waiting {
    pub(super) fn new() -> Self {
        let bar = stderr().is_terminal().then(ProgressBar::new_spinner);
        if let Some(bar) = &bar {
            let template = "{spinner} {human_pos} rows, {per_sec}, {elapsed} {msg}";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Self { bar }
    }

    pub(super) fn hear(&mut self, event: &ReadEvent) {
        match (event, &self.bar) {
            (ReadEvent::Counted { rows }, Some(bar)) => bar.set_position(*rows),
            (ReadEvent::Opened { input, .. }, Some(bar)) => bar.set_message(input.clone()),
            (ReadEvent::Opened { input, shape }, None) => {
                output::note(format_args!("reading {input}: {shape} ..."));
            }
            (ReadEvent::Counted { .. }, None) => {}
        }
    }

    pub(super) fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
