//! What a sweep is doing, on stderr: a bar on a terminal, plain lines elsewhere.
//!
//! It only listens; measurement never waits for it.

use crate::output;
use farebox_core::{LoadPoint, Metric, Statistic};
use farebox_experiment::{BenchEvent, Listener, PointBound};
use farebox_measure::Load;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, stderr};
use std::time::Duration;

/// Draws progress.
pub(crate) struct Progress {
    bound: PointBound,
    bar: Option<ProgressBar>,
    failed: u64,
}

impl Progress {
    pub(crate) fn new(bound: PointBound) -> Self {
        Self { bound, bar: None, failed: 0 }
    }

    /// Hands it to a sweep.
    pub(crate) fn listener(mut self) -> Listener {
        Box::new(move |event| self.hear(&event))
    }

    fn hear(&mut self, event: &BenchEvent) {
        match event {
            BenchEvent::Preparing { base_url } => self.say(&format!("asking {base_url} ...")),
            BenchEvent::Ready { model, dir, words_per_prompt } => self.say(&format!(
                "model {model}{}, writing {}",
                words_per_prompt
                    .map_or(String::new(), |words| format!(", prompts of {words} words")),
                dir.display()
            )),
            BenchEvent::Negotiated { field, replaced_by } => self.say(&match replaced_by {
                Some(instead) => {
                    format!("the server refuses `{field}`: sending `{instead}` instead")
                }
                None => format!("the server refuses `{field}`: left out"),
            }),
            BenchEvent::WarmingUp { requests } => {
                self.say(&format!("warming up: {requests} requests"));
            }
            BenchEvent::PointStarted { index, of, load } => self.start(*index, *of, *load),
            BenchEvent::RequestEnded(record) => {
                self.failed += u64::from(record.status == farebox_core::Status::Failed);
                self.advance();
            }
            BenchEvent::PointEnded(point) => self.end(point.as_deref()),
        }
    }

    fn start(&mut self, index: usize, of: Option<usize>, load: Load) {
        self.failed = 0;
        if !stderr().is_terminal() {
            return;
        }
        let length = match self.bound {
            PointBound::Duration(span) => span.as_millis() as u64,
            PointBound::Requests(n) => n,
            PointBound::RequestsPerSlot(n) => n * u64::from(load.slots()),
        };
        let bar = ProgressBar::new(length);
        let template = "{prefix} [{bar:28}] {elapsed} {msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        let of = of.map_or(String::new(), |of| format!("/{of}"));
        bar.set_prefix(format!("[{}{of}] {}", index + 1, load.named()));
        bar.enable_steady_tick(Duration::from_millis(200));
        self.bar = Some(bar);
    }

    fn advance(&self) {
        let Some(bar) = &self.bar else { return };
        match self.bound {
            PointBound::Duration(_) => bar.set_position(bar.elapsed().as_millis() as u64),
            PointBound::Requests(_) | PointBound::RequestsPerSlot(_) => bar.inc(1),
        }
        if self.failed > 0 {
            bar.set_message(format!("{} failed", self.failed));
        }
    }

    fn end(&mut self, point: Option<&LoadPoint>) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        if let Some(point) = point {
            output::note(line(point));
        }
    }

    fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(text),
            None => output::note(text),
        }
    }
}

/// One load in one line.
fn line(point: &LoadPoint) -> String {
    let p90 = |metric| point.latency(metric)?.at(Statistic::Percentile(90.0));
    let show = |metric: Metric| p90(metric).map_or("-".to_owned(), |ms| ms.to_string());
    let failures = match point.requests.failures() {
        0 => String::new(),
        n => format!(", {n} FAILED"),
    };
    format!(
        "{:<16} {:>9.1} tok/s out, ttft p90 {}, tpot p90 {}, {} answers{failures}",
        point.offered.to_string(),
        point.output_tok_per_s.get(),
        show(Metric::Ttft.on(point.clock())),
        show(Metric::Tpot),
        point.requests.ok,
    )
}
