//! What a sweep is doing, on stderr: a screen on a terminal, plain lines elsewhere.
//!
//! It only listens; measurement never waits for it.

mod live;
mod screen;
mod words;

use crate::output;
use farebox_experiment::{BenchPlan, Listener};
use live::Live;
use screen::Screen;
pub(crate) use screen::bar;
use std::io::{IsTerminal, stderr};

/// Whoever listens to this sweep.
pub(crate) fn listener(plan: &BenchPlan) -> Listener {
    if stderr().is_terminal() {
        let live = Live::start(Screen::new(plan.bound));
        Box::new(move |event| live.hear(&event))
    } else {
        Box::new(|event| {
            if let Some(line) = words::of(&event) {
                output::note(line);
            }
        })
    }
}
