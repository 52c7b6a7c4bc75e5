//! Figures as a screen on a terminal, and as a line elsewhere.

use super::figures::{Counted, EngineFigures, Figures};
use crate::error::CliError;
use crate::output;
use crate::progress::bar;
use console::Term;
use farebox_core::Signal;
use farebox_measure::BaseUrl;
use farebox_telemetry::{GpuReading, Missing};
use std::fmt::Write;

/// Columns of the KV cache's bar.
const BAR: usize = 30;
/// Bytes in a GiB.
const GIB: f64 = 1024.0 * 1024.0 * 1024.0;

/// Where figures are shown.
pub(super) struct Screen {
    base: BaseUrl,
    term: Term,
    /// Lines of the drawing that is on the terminal.
    drawn: usize,
}

impl Screen {
    pub(super) fn of(base: &BaseUrl, term: Term) -> Self {
        Self { base: base.clone(), term, drawn: 0 }
    }

    /// Draws over what was drawn before on a terminal; adds a line elsewhere.
    pub(super) fn show(&mut self, figures: &Figures<'_>) -> Result<(), CliError> {
        if !self.term.is_term() {
            return output::data(&format!("{}\n", line(figures)));
        }
        let width = usize::from(self.term.size().1).max(20);
        let drawing = self.draw(figures);
        let lines: Vec<String> =
            drawing.lines().map(|line| line.chars().take(width).collect()).collect();
        // A terminal that went away is noticed by the writing.
        let _ = self.term.clear_last_lines(self.drawn);
        self.drawn = lines.len();
        output::data(&format!("{}\n", lines.join("\n")))
    }

    /// The whole screen.
    pub(super) fn draw(&self, figures: &Figures<'_>) -> String {
        let kind = figures.engine.as_ref().ok().and_then(|engine| engine.kind);
        let kind = kind.map_or(String::new(), |kind| format!("{kind} at "));
        let mut text = format!("{kind}{}\n", self.base);
        match &figures.engine {
            Ok(engine) => draw_engine(&mut text, engine),
            Err(why) => row(&mut text, "engine", why),
        }
        match &figures.gpus {
            None => {}
            Some(Err(why)) => row(&mut text, "GPU", why),
            Some(Ok(gpus)) => {
                for gpu in *gpus {
                    row(&mut text, &format!("GPU {}", gpu.index), &gpu_words(gpu));
                }
            }
        }
        text
    }
}

fn row(text: &mut String, name: &str, what: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "  {name:<13} {what}");
}

fn draw_engine(text: &mut String, engine: &EngineFigures) {
    let or_why = |value: Result<String, Missing>| value.unwrap_or_else(|why| format!("-  ({why})"));
    let requests = engine.running.map(|running| match engine.waiting {
        Ok(waiting) => format!("{running:.0} running, {waiting:.0} waiting"),
        Err(_) => format!("{running:.0} running"),
    });
    row(text, "requests", &or_why(requests));
    let of = engine.kv_capacity.map_or(String::new(), |tokens| format!(" of {tokens:.0} tokens"));
    let kv =
        engine.kv.map(|share| format!("{:░<BAR$} {:.1} %{of}", bar(share, BAR), share * 100.0));
    row(text, "KV cache", &or_why(kv));
    row(text, "tokens in", &or_why(counted(&engine.tokens_in)));
    row(text, "tokens out", &or_why(counted(&engine.tokens_out)));
    row(text, "preemptions", &or_why(engine.preemptions.total.map(|total| format!("{total:.0}"))));
    let hits = engine.prefix_hits.map(|share| {
        share.map_or_else(
            || "nothing looked up".to_owned(),
            |share| format!("{:.1} % of the tokens looked up", share * 100.0),
        )
    });
    row(text, "prefix hits", &or_why(hits));
    if let Some(ttft) = engine.ttft_ms {
        row(text, "TTFT", &format!("{ttft:.1} ms, the mean that the server timed"));
    }
    if engine.restarted {
        row(text, "note", "the server began anew");
    }
}

fn counted(counter: &Counted) -> Result<String, Missing> {
    counter.total.map(|total| match counter.per_s {
        Some(rate) => format!("{rate:.1}/s, {total:.0} in all"),
        None => format!("{total:.0} in all"),
    })
}

fn gpu_words(gpu: &GpuReading) -> String {
    let value = |signal| gpu.value(signal);
    let memory = match (value(Signal::MemoryUsedBytes), value(Signal::MemoryTotalBytes)) {
        (Some(used), Some(total)) => Some(format!("{:.1} of {:.1} GiB", used / GIB, total / GIB)),
        (used, _) => used.map(|used| format!("{:.1} GiB", used / GIB)),
    };
    let words = [
        memory,
        value(Signal::UtilisationFraction).map(|share| format!("{:.0} % busy", share * 100.0)),
        value(Signal::PowerW).map(|watts| format!("{watts:.0} W")),
        value(Signal::ClockMhz).map(|mhz| format!("{mhz:.0} MHz")),
        value(Signal::TemperatureC).map(|celsius| format!("{celsius:.0} °C")),
    ];
    let words: Vec<_> = words.into_iter().flatten().collect();
    if words.is_empty() { "says nothing".to_owned() } else { words.join(", ") }
}

/// A look in one line; what is missing is a dash.
fn line(figures: &Figures<'_>) -> String {
    let mut parts = vec![format!("{:.1} s", figures.at.as_secs())];
    match &figures.engine {
        Err(why) => parts.push(why.clone()),
        Ok(engine) => parts.extend(engine_line(engine)),
    }
    match &figures.gpus {
        None => {}
        Some(Err(why)) => parts.push(why.clone()),
        Some(Ok(gpus)) => {
            let words = |gpu: &GpuReading| format!("GPU {} {}", gpu.index, gpu_words(gpu));
            parts.extend(gpus.iter().map(words));
        }
    }
    parts.join(" | ")
}

fn engine_line(engine: &EngineFigures) -> Vec<String> {
    let or_dash = |value: Option<f64>, digits: usize| {
        value.map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"))
    };
    let percent = |share: Option<f64>| or_dash(share.map(|share| share * 100.0), 1);
    let mut parts = vec![
        format!("running {}", or_dash(engine.running.ok(), 0)),
        format!("waiting {}", or_dash(engine.waiting.ok(), 0)),
        format!("kv {} %", percent(engine.kv.ok())),
        format!("in {} tok/s", or_dash(engine.tokens_in.per_s, 1)),
        format!("out {} tok/s", or_dash(engine.tokens_out.per_s, 1)),
        format!("preemptions {}", or_dash(engine.preemptions.total.ok(), 0)),
        format!("prefix hits {} %", percent(engine.prefix_hits.ok().flatten())),
    ];
    if engine.restarted {
        parts.push("the server began anew".to_owned());
    }
    parts
}
