//! The report as a screenful: verdict, tiers, and small charts of bars.

use super::ReportRequest;
use super::headline::headlines;
use super::trouble::judgements;
use crate::numbers::{ms, plain, rate, usd};
use farebox_core::{LoadCurve, LoadPoint, Metric, Statistic};
use farebox_price::{Price, PriceSettings};

/// What can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    /// Characters in a line.
    pub width: usize,
    /// Whether words may be coloured.
    pub colour: bool,
}

/// Characters below which bars make no sense.
const NARROWEST: usize = 40;

/// Ends with a line feed; no line is wider than the screen, from 40 characters on.
pub fn report_terminal(request: &ReportRequest<'_>, screen: Screen) -> String {
    let screen = Screen { width: screen.width.max(NARROWEST), ..screen };
    let mut lines: Vec<String> = Vec::new();
    for judgement in judgements(request) {
        let said = format!("{} {}: {}", judgement.word, judgement.run, judgement.meaning);
        let mut said = wrapped(&said, screen.width, "");
        if let Some(first) = said.first_mut() {
            let word = screen.painted(judgement.word, judgement.level);
            *first = first.replacen(judgement.word, &word, 1);
        }
        lines.extend(said);
        for why in &judgement.reasons {
            lines.extend(wrapped(
                &format!("{}: {}; try: {}", why.code, why.evidence, why.hint),
                screen.width,
                "  ",
            ));
        }
    }
    lines.push(String::new());
    for headline in headlines(request) {
        lines.extend(wrapped(
            &format!("{} ({})", headline.tier, headline.promise),
            screen.width,
            "",
        ));
        lines.extend(wrapped(&headline.line(), screen.width, "  "));
    }
    for run in request.runs {
        lines.extend(bars(&run.curve, run.price.as_ref(), screen));
    }
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

impl Screen {
    fn painted(self, word: &str, level: &str) -> String {
        let colour = match level {
            "pass" => 32,
            "warn" => 33,
            "invalid" => 31,
            _ => return word.to_owned(),
        };
        if self.colour { format!("\u{1b}[1;{colour}m{word}\u{1b}[0m") } else { word.to_owned() }
    }
}

/// A figure at every load that knows it.
struct Figure<'a> {
    title: &'static str,
    values: Vec<(&'a LoadPoint, f64)>,
    said: fn(f64) -> String,
}

/// A block of bars for each figure that any point has.
fn bars(curve: &LoadCurve, price: Option<&PriceSettings>, screen: Screen) -> Vec<String> {
    let p90 = |metric: Metric| {
        move |point: &LoadPoint| {
            Some(point.latency(metric.on(point.clock()))?.at(Statistic::Percentile(90.0))?.get())
        }
    };
    let output = |point: &LoadPoint| Some(point.output_tok_per_s.get());
    let blended =
        |point: &LoadPoint| Some(Price::at(point, curve, price?).ok()?.usd_per_mtok_blended.get());
    let figures = [
        Figure { title: "output tok/s", values: known(curve, output), said: rate },
        Figure { title: "ttft p90, ms", values: known(curve, p90(Metric::Ttft)), said: ms },
        Figure { title: "tpot p90, ms", values: known(curve, p90(Metric::Tpot)), said: ms },
        Figure { title: "blended, $/Mtok", values: known(curve, blended), said: usd },
    ];
    let blocks = figures.iter().flat_map(|figure| block(figure, screen));
    [String::new(), curve.name.clone()].into_iter().chain(blocks).collect()
}

fn known(curve: &LoadCurve, figure: impl Fn(&LoadPoint) -> Option<f64>) -> Vec<(&LoadPoint, f64)> {
    let of = |point| Some((point, figure(point).filter(|value| value.is_finite())?));
    curve.points.iter().filter_map(of).collect()
}

fn block(figure: &Figure<'_>, screen: Screen) -> Vec<String> {
    let known = &figure.values;
    let Some(most) = known.iter().map(|(_, value)| *value).reduce(f64::max) else {
        return Vec::new();
    };
    let kind = known.first().map_or("", |(point, _)| point.offered.kind.name());
    let said: Vec<(String, String)> = known
        .iter()
        .map(|(point, value)| (plain(point.offered.value), (figure.said)(*value)))
        .collect();
    let widest = |of: fn(&(String, String)) -> &String| {
        said.iter().map(|pair| of(pair).chars().count()).max().unwrap_or(0)
    };
    let (left, right) = (widest(|pair| &pair.0), widest(|pair| &pair.1));
    let room = screen.width.saturating_sub(left + right + 4);
    let mut lines = vec![String::new(), format!("{} by {kind}", figure.title)];
    for ((_, value), (load, words)) in known.iter().zip(&said) {
        let share = if most > 0.0 { value / most } else { 0.0 };
        lines.push(format!("{load:>left$}  {words:>right$}  {}", bar(share, room)));
    }
    lines
}

/// A bar of at most `room` characters, to an eighth of one.
fn bar(share: f64, room: usize) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * room as f64 * 8.0).round() as usize;
    format!("{}{}", "█".repeat(eighths / 8), PARTS[eighths % 8])
}

/// `text` in lines of at most `width` characters, set in by `indent`.
fn wrapped(text: &str, width: usize, indent: &str) -> Vec<String> {
    let lines = crate::svg::wrap(text, width.saturating_sub(indent.len()));
    lines.into_iter().map(|line| format!("{indent}{line}")).collect()
}
