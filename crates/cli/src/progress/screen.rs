//! What the screen shows: the curve as far as it is known, the load under way, the promises, and
//! how the client stands it.

use super::words::p90;
use farebox_core::{ClientHealth, LoadPoint, Metric, RequestRecord, Status};
use farebox_experiment::{BenchEvent, PointBound};
use farebox_measure::{Load, host};
use std::collections::VecDeque;
use std::fmt::Write;
use std::time::{Duration, Instant};

/// Everything that has been heard, as far as it is shown.
pub(super) struct Screen {
    bound: PointBound,
    started: Instant,
    curve: Vec<LoadPoint>,
    running: Option<Running>,
    health: Option<ClientHealth>,
    doing: String,
}

/// The load under way.
struct Running {
    load: Load,
    index: usize,
    of: Option<usize>,
    started: Instant,
    ended: u64,
    failed: u64,
    /// The latest requests: when each ended, its tokens, and its TTFT in milliseconds.
    latest: VecDeque<(Instant, u64, Option<f64>)>,
}

/// Requests that the figures of the load under way are taken from.
const LATEST: usize = 512;
/// The span that its rate is taken from.
const RECENT: Duration = Duration::from_secs(5);
/// Width of the columns before the bars.
const COLUMNS: usize = 58;

impl Screen {
    pub(super) fn new(bound: PointBound) -> Self {
        let (curve, doing) = (Vec::new(), String::new());
        Self { bound, started: Instant::now(), curve, running: None, health: None, doing }
    }

    pub(super) fn hear(&mut self, event: &BenchEvent) {
        match event {
            BenchEvent::Preparing { .. } => "looking for the server".clone_into(&mut self.doing),
            BenchEvent::WarmingUp { .. } => "warming up".clone_into(&mut self.doing),
            BenchEvent::PointStarted { index, of, load } => {
                self.running = Some(Running::new((*index, *of), *load));
            }
            BenchEvent::RequestEnded(record) => {
                if let Some(running) = &mut self.running {
                    running.note(record);
                }
            }
            BenchEvent::Health(health) => self.health = Some(*health),
            BenchEvent::PointEnded(point) => {
                self.running = None;
                "summing up".clone_into(&mut self.doing);
                self.curve.extend(point.as_deref().cloned());
                self.curve.sort_by(|a, b| a.offered.value.total_cmp(&b.offered.value));
            }
            BenchEvent::Calibrating { streams } => {
                self.doing = format!("trying this client with {streams} streams of its own");
            }
            BenchEvent::Ready { .. }
            | BenchEvent::Negotiated { .. }
            | BenchEvent::Identified { .. }
            | BenchEvent::Doubt(_)
            | BenchEvent::Resumed { .. }
            | BenchEvent::Calibrated(_) => {}
        }
    }

    /// The whole screen, for a terminal so many columns wide.
    pub(super) fn draw(&self, width: usize) -> String {
        let mut text = String::new();
        if !self.curve.is_empty() {
            let heads = ["load", "tok/s out", "ttft p90", "tpot p90"];
            let [load, rate, ttft, tpot] = heads;
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  {load:<18} {rate:>12} {ttft:>11} {tpot:>11}");
        }
        let most = self.curve.iter().map(|point| point.output_tok_per_s.get()).fold(0.0, f64::max);
        for point in &self.curve {
            let bar = bar(point.output_tok_per_s.get() / most, width.saturating_sub(COLUMNS + 14));
            let _ = writeln!(
                text,
                "  {:<18} {:>12.1} {:>11} {:>11} {bar}{}",
                point.offered.to_string(),
                point.output_tok_per_s.get(),
                p90(point, Metric::Ttft.on(point.clock())),
                p90(point, Metric::Tpot),
                kept(point),
            );
        }
        match &self.running {
            Some(running) => running.draw(&mut text, self.bound, width),
            None => {
                let _ = writeln!(text, "  {}", self.doing);
            }
        }
        self.draw_client(&mut text);
        text.lines().map(|line| cut(line, width)).collect::<Vec<_>>().join("\n")
    }

    fn draw_client(&self, text: &mut String) {
        let mut facts = Vec::new();
        if let Some(cpu) = host::cpu_seconds() {
            let span = self.started.elapsed().as_secs_f64().max(0.1);
            facts.push(format!("{:.0} % of a core", cpu / span * 100.0));
        }
        if let Some(bytes) = host::peak_rss_bytes() {
            facts.push(format!("{:.0} MB", bytes as f64 / 1e6));
        }
        if let Some(lag) = self.health.and_then(|health| health.read_lag) {
            facts.push(format!("reads {:.3} ms late, p99 {:.3}", lag.p50_ms, lag.p99_ms));
        }
        let _ = write!(text, "  client: {}", facts.join(", "));
    }
}

impl Running {
    fn new(place: (usize, Option<usize>), load: Load) -> Self {
        let (index, of) = place;
        let latest = VecDeque::with_capacity(LATEST);
        Self { load, index, of, started: Instant::now(), ended: 0, failed: 0, latest }
    }

    fn note(&mut self, record: &RequestRecord) {
        self.ended += 1;
        self.failed += u64::from(record.status == Status::Failed);
        if self.latest.len() == LATEST {
            self.latest.pop_front();
        }
        let ttft = record.latency(Metric::Ttft).map(farebox_core::Milliseconds::get);
        self.latest.push_back((Instant::now(), record.output_tokens.unwrap_or(0), ttft));
    }

    /// How far the load is, from 0 to 1.
    fn done(&self, bound: PointBound) -> f64 {
        let of = |n: u64| self.ended as f64 / n.max(1) as f64;
        match bound {
            PointBound::Duration(span) => {
                self.started.elapsed().as_secs_f64() / span.as_secs_f64().max(1e-3)
            }
            PointBound::Requests(n) => of(n),
            PointBound::RequestsPerSlot(n) => of(n.saturating_mul(self.load.slots().into())),
        }
        .min(1.0)
    }

    fn draw(&self, text: &mut String, bound: PointBound, width: usize) {
        let share = self.done(bound);
        let bar = bar(share, width.saturating_sub(COLUMNS).clamp(8, 30));
        let _ = writeln!(
            text,
            "> {:<18} {:>12} {:>11} {:>11} {bar} {:.0} %",
            self.load.named().to_string(),
            self.rate().map_or("-".to_owned(), |rate| format!("~{rate:.1}")),
            self.ttft_p90().map_or("-".to_owned(), |ttft| format!("~{ttft:.1} ms")),
            "",
            share * 100.0,
        );
        let failed = match self.failed {
            0 => String::new(),
            n => format!(", {n} FAILED"),
        };
        let (number, s) = (self.index + 1, self.started.elapsed().as_secs());
        let of = self.of.map_or(String::new(), |of| format!(" of {of}"));
        let _ = writeln!(text, "  load {number}{of}, {s} s, {} answers{failed}", self.ended);
    }

    /// Output tokens per second of the requests that ended lately.
    fn rate(&self) -> Option<f64> {
        let recent: Vec<_> = self.latest.iter().filter(|(at, ..)| at.elapsed() < RECENT).collect();
        let since = recent.first()?.0.elapsed().as_secs_f64();
        let tokens: u64 = recent.iter().skip(1).map(|(_, tokens, _)| tokens).sum();
        (since > 0.2).then(|| tokens as f64 / since)
    }

    fn ttft_p90(&self) -> Option<f64> {
        let mut ttft: Vec<f64> = self.latest.iter().filter_map(|(_, _, ttft)| *ttft).collect();
        ttft.sort_by(f64::total_cmp);
        ttft.get((ttft.len() * 9 / 10).min(ttft.len().saturating_sub(1))).copied()
    }
}

/// Which promises a load kept, by their names and how often.
fn kept(point: &LoadPoint) -> String {
    point.goodput.iter().fold(String::new(), |mut kept, (name, goodput)| {
        // Writing to a String cannot fail.
        let _ = write!(kept, " {name} {:.0} %", goodput.fraction * 100.0);
        kept
    })
}

/// A bar of eighths of a column.
pub(crate) fn bar(share: f64, columns: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * columns as f64 * 8.0).round() as usize;
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}

fn cut(line: &str, width: usize) -> String {
    line.chars().take(width.max(20)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use farebox_core::{LoadKind, RequestsPerSecond, TokensPerSecond};

    fn point(concurrency: f64, rate: f64) -> LoadPoint {
        let load = farebox_core::Load { kind: LoadKind::Concurrency, value: concurrency };
        let tokens = TokensPerSecond::new(rate);
        LoadPoint::of_rates(load.offered(true), tokens, tokens, RequestsPerSecond::new(1.0))
    }

    #[test]
    fn the_curve_grows_by_rising_load_and_its_bars_with_it() {
        let mut screen = Screen::new(PointBound::Requests(10));
        for (load, rate) in [(8.0, 400.0), (1.0, 100.0)] {
            screen.hear(&BenchEvent::PointEnded(Some(Box::new(point(load, rate)))));
        }
        screen.hear(&BenchEvent::PointStarted {
            index: 2,
            of: Some(3),
            load: Load::Concurrency(16),
        });
        let drawn = screen.draw(112);
        let lines: Vec<&str> = drawn.lines().collect();
        let full = |line: &str| line.matches('█').count();
        assert!(lines[1].contains("concurrency 1 ") && lines[2].contains("concurrency 8 "));
        assert_eq!((full(lines[1]), full(lines[2])), (10, 40));
        assert!(lines[3].starts_with("> concurrency 16") && lines[3].ends_with("0 %"));
        assert!(lines[4].contains("load 3 of 3") && lines[5].contains("client:"));
        assert!(screen.draw(40).lines().all(|line| line.chars().count() <= 40));
    }

    #[test]
    fn bars_know_eighths() {
        assert_eq!((bar(0.0, 4), bar(0.5, 4)), (String::new(), "██".to_owned()));
        assert_eq!((bar(0.53125, 4), bar(7.0, 2)), ("██▏".to_owned(), "██".to_owned()));
    }
}
