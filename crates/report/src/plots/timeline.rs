//! What a serving machine reported over time: KV cache and requests, or memory and what was made of
//! it, with the loads shaded behind.

use crate::chart::{Axis, Chart, Limit, Named, Panel, Scale, Series, Shade, Stroke};
use crate::numbers::plain;
use farebox_core::curve::Load;
use farebox_core::recording::{Reading, Recording, Span, mean_max, whole};
use farebox_core::{RunInstant, Signal};

/// What is shown over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimelineKind {
    /// KV cache in use, and requests that run and wait.
    Kv,
    /// Accelerator memory in use, and power; of an engine without accelerators the memory of its
    /// processes, and the cores that they keep busy.
    Memory,
}

/// One run, or one series.
#[derive(Debug, Clone, Copy)]
pub struct Timeline<'a> {
    /// What people call it.
    pub name: &'a str,
    /// What was reported.
    pub recording: &'a Recording,
    /// The loads and when they were offered.
    pub loads: &'a [(Load, Span)],
}

/// Points of a line beyond which it is thinned: two for each pixel of the page.
const MOST: usize = 2_000;
const GIB: f64 = 1_073_741_824.0;
const MIB: f64 = 1_048_576.0;
/// A cache above this share is full: the last block is rarely free.
const FULL: f64 = 0.99;

/// How a signal is drawn.
#[derive(Clone, Copy)]
struct Line {
    signal: Signal,
    label: &'static str,
    unit: f64,
}

const KV_SHARE: Line = Line { signal: Signal::KvUsedFraction, label: "", unit: 0.01 };
const KV_BYTES: Line = Line { signal: Signal::KvUsedBytesEstimated, label: "", unit: MIB };
const RUNNING: Line = Line { signal: Signal::RequestsRunning, label: "running", unit: 1.0 };
const WAITING: Line = Line { signal: Signal::RequestsWaiting, label: "waiting", unit: 1.0 };
const MEMORY: Line = Line { signal: Signal::MemoryUsedBytes, label: "", unit: GIB };
const POWER: Line = Line { signal: Signal::PowerW, label: "", unit: 1.0 };
const RESIDENT: Line = Line { signal: Signal::ResidentBytes, label: "", unit: GIB };
const CORES: Line = Line { signal: Signal::CpuSecondsTotal, label: "", unit: 1.0 };

/// The picture of `runs` over time; none where nobody reported what it shows.
pub fn timeline_chart(kind: TimelineKind, runs: &[Timeline<'_>]) -> Option<Chart> {
    let known = |line: &Line| runs.iter().any(|run| line.is_in(run));
    let (mains, shown) = match kind {
        TimelineKind::Kv => ([KV_SHARE, KV_BYTES], cache_panels(runs)),
        TimelineKind::Memory => ([MEMORY, RESIDENT], memory_panels(runs)),
    };
    // What stands beside it is nothing to look at alone.
    let main = mains.into_iter().find(known)?;
    let shown = shown.iter().filter(|(_, lines)| lines.iter().any(known));
    let panels: Vec<Panel> = shown.map(|(title, lines)| panel(title, lines, runs)).collect();
    let named = |(hue, run): (usize, &Timeline<'_>)| Named { label: run.name.to_owned(), hue };
    let in_words = |run| in_words(run, if main.is_in(run) { main } else { RESIDENT });
    Some(Chart {
        title: title(runs),
        subtitle: match (kind, main.signal) {
            (TimelineKind::Kv, _) => "KV cache over time".to_owned(),
            (_, Signal::ResidentBytes) => "Memory of the engine over time".to_owned(),
            _ => "Accelerator memory over time".to_owned(),
        },
        legend: if runs.len() > 1 { runs.iter().enumerate().map(named).collect() } else { vec![] },
        panels,
        captions: runs.iter().filter_map(in_words).chain(shades(runs)).collect(),
    })
}

/// A panel's title and its lines.
type Shown = (&'static str, Vec<Line>);

fn cache_panels(runs: &[Timeline<'_>]) -> Vec<Shown> {
    let (title, line) = if runs.iter().any(|run| KV_SHARE.is_in(run)) {
        ("KV cache in use (% of its capacity)", KV_SHARE)
    } else {
        ("KV cache in use (MiB, estimated from the tokens in flight)", KV_BYTES)
    };
    vec![(title, vec![line]), ("Requests", vec![RUNNING, WAITING])]
}

/// Those of accelerators, and where a run has none those of its processes.
fn memory_panels(runs: &[Timeline<'_>]) -> Vec<Shown> {
    let of_accelerators = [("Accelerator memory in use (GiB)", MEMORY), ("Power drawn (W)", POWER)];
    let of_processes = [
        ("Memory of the engine's processes (GiB)", RESIDENT),
        ("Cores that the engine keeps busy", CORES),
    ];
    let lacks_accelerators = runs.iter().any(|run| !MEMORY.is_in(run));
    let of_processes = of_processes.into_iter().filter(|_| lacks_accelerators);
    of_accelerators
        .into_iter()
        .chain(of_processes)
        .map(|(title, line)| (title, vec![line]))
        .collect()
}

fn title(runs: &[Timeline<'_>]) -> String {
    match runs {
        [one] => one.name.to_owned(),
        many => format!("{} runs", many.len()),
    }
}

impl Line {
    /// Over all who report it: an engine's cache is reported once, its accelerators each.
    fn readings(&self, recording: &Recording) -> Vec<Reading> {
        match self.signal {
            Signal::CpuSecondsTotal => recording.rate(self.signal),
            signal => recording.total(signal),
        }
    }

    fn is_in(&self, run: &Timeline<'_>) -> bool {
        !self.readings(run.recording).is_empty()
    }

    /// The unit as it is written behind a figure.
    const fn symbol(&self) -> &'static str {
        match self.signal {
            Signal::KvUsedFraction => "%",
            Signal::PowerW => "W",
            Signal::CpuSecondsTotal => "cores",
            Signal::KvUsedBytesEstimated => "MiB",
            Signal::RequestsRunning | Signal::RequestsWaiting => "requests",
            _ => "GiB",
        }
    }

    fn points(&self, recording: &Recording) -> Vec<(f64, f64)> {
        let readings = self.readings(recording);
        thinned(readings.iter().map(|(t, v)| (seconds(*t), v / self.unit)).collect())
    }
}

fn panel(title: &str, lines: &[Line], runs: &[Timeline<'_>]) -> Panel {
    let series = runs.iter().enumerate().flat_map(|(run, of)| {
        lines.iter().enumerate().map(move |(nth, line)| Series {
            label: (!line.label.is_empty()).then(|| line.label.to_owned()),
            // One run tells its lines by colour, several tell themselves.
            hue: if runs.len() > 1 { run } else { nth },
            stroke: Stroke::Trace,
            points: line.points(of.recording),
            ..Series::default()
        })
    });
    Panel {
        title: title.to_owned(),
        x: Axis { label: "seconds".to_owned(), scale: Scale::Linear },
        y: Axis { label: String::new(), scale: Scale::Linear },
        series: series.filter(|series| !series.points.is_empty()).collect(),
        limits: limits(lines, runs),
        shades: spans(runs),
        empty: "not reported".to_owned(),
        ..Panel::default()
    }
}

/// The peak of a single line, and for memory how much there is.
fn limits(lines: &[Line], runs: &[Timeline<'_>]) -> Vec<Limit> {
    let ([line], [run]) = (lines, runs) else { return Vec::new() };
    let peak = peak(&line.readings(run.recording)).map(|(_, value)| value / line.unit);
    let unit = line.symbol();
    let words = |what: &str, at: f64| format!("{what} {} {unit}", plain(round(at)));
    let peak = peak.map(|at| Limit { at, label: words("peak", at) });
    let there_is = (line.signal == Signal::MemoryUsedBytes)
        .then(|| run.recording.total(Signal::MemoryTotalBytes).last().map(|(_, v)| v / GIB))
        .flatten()
        .map(|at| Limit { at, label: words("there are", at) });
    peak.into_iter().chain(there_is).collect()
}

/// The loads of a single run; those of several would lie over each other.
fn spans(runs: &[Timeline<'_>]) -> Vec<Shade> {
    let [run] = runs else { return Vec::new() };
    let shade = |(load, span): &(Load, Span)| Shade {
        from: seconds(span.from_ns),
        to: seconds(span.to_ns),
        label: format!("{} {}", &load.kind.name()[..1], plain(load.value)),
    };
    run.loads.iter().map(shade).collect()
}

fn shades(runs: &[Timeline<'_>]) -> Option<String> {
    let [run] = runs else { return None };
    let (load, _) = run.loads.first()?;
    let kind = load.kind.name();
    Some(format!("Shaded: while a load was offered; {} is its {kind}.", &kind[..1]))
}

/// Peak, mean, and how long a cache was full.
fn in_words(run: &Timeline<'_>, line: Line) -> Option<String> {
    let readings = line.readings(run.recording);
    let (at, highest) = peak(&readings)?;
    let mean = mean_max(&readings, &[whole(&readings)?])?.mean;
    let of = |value: f64| plain(round(value / line.unit));
    let unit = line.symbol();
    let when = plain(round(seconds(at)));
    let peak = format!("{}: highest {} {unit}, after {when} s", run.name, of(highest));
    let words = format!("{peak}; mean over time {} {unit}.", of(mean));
    let full = full_s(&readings);
    if line.signal != Signal::KvUsedFraction || full <= 0.0 {
        return Some(words);
    }
    let full = plain(round(full));
    Some(format!("{words} Full for {full} s: requests then wait, or are put aside for others."))
}

/// The highest reading and when it came first.
fn peak(readings: &[Reading]) -> Option<Reading> {
    readings.iter().copied().reduce(|best, next| if next.1 > best.1 { next } else { best })
}

fn full_s(readings: &[Reading]) -> f64 {
    let held = |pair: &[Reading]| pair[1].0.since(pair[0].0).as_secs_f64();
    readings.windows(2).filter(|pair| pair[0].1 >= FULL).map(held).sum()
}

fn seconds(t: RunInstant) -> f64 {
    t.nanos() as f64 / 1e9
}

/// One decimal is all that is seen, and two of what is small.
fn round(value: f64) -> f64 {
    let decimals = if value.abs() < 10.0 { 100.0 } else { 10.0 };
    (value * decimals).round() / decimals
}

/// At most [`MOST`] points: of each stretch the lowest and the highest, so that no peak is lost.
fn thinned(points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    if points.len() <= MOST {
        return points;
    }
    let stretch = points.len().div_ceil(MOST / 2);
    let ends = |part: &[(f64, f64)]| {
        let by = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
        let low = part.iter().min_by(by).copied();
        let high = part.iter().max_by(by).copied();
        let mut ends: Vec<(f64, f64)> = low.into_iter().chain(high).collect();
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        ends.dedup();
        ends
    };
    points.chunks(stretch).flat_map(ends).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use farebox_core::{Scope, TelemetrySample};

    /// A run in which the host reported these, twice.
    fn reported(signals: &[Signal]) -> Recording {
        let sample = |(s, metric): (u64, Signal)| TelemetrySample {
            t_ns: RunInstant::from_nanos(s * 1_000_000_000),
            scope: Scope::Host,
            metric,
            value: GIB * s as f64,
        };
        let twice = signals.iter().flat_map(|signal| [(1, *signal), (2, *signal)]);
        twice.map(sample).collect()
    }

    fn titles(kind: TimelineKind, recordings: &[Recording]) -> Option<Vec<String>> {
        let runs: Vec<Timeline<'_>> = recordings
            .iter()
            .map(|recording| Timeline { name: "run", recording, loads: &[] })
            .collect();
        let chart = timeline_chart(kind, &runs)?;
        Some(chart.panels.into_iter().map(|panel| panel.title).collect())
    }

    #[test]
    fn memory_is_of_accelerators_and_else_of_processes() {
        let on_gpu = reported(&[
            Signal::MemoryUsedBytes,
            Signal::PowerW,
            Signal::ResidentBytes,
            Signal::CpuSecondsTotal,
        ]);
        let on_cpu = reported(&[Signal::ResidentBytes, Signal::CpuSecondsTotal]);
        let of_gpus = ["Accelerator memory in use (GiB)", "Power drawn (W)"];
        let of_processes =
            ["Memory of the engine's processes (GiB)", "Cores that the engine keeps busy"];
        let shown = |recordings: &[Recording]| titles(TimelineKind::Memory, recordings).unwrap();
        assert_eq!(shown(std::slice::from_ref(&on_gpu)), of_gpus);
        assert_eq!(shown(std::slice::from_ref(&on_cpu)), of_processes);
        assert_eq!(shown(&[on_gpu, on_cpu]), [of_gpus, of_processes].concat());
    }

    #[test]
    fn nothing_is_drawn_without_what_it_is_about() {
        let beside = [reported(&[Signal::RequestsRunning, Signal::PowerW])];
        assert_eq!(titles(TimelineKind::Kv, &beside), None);
        assert_eq!(titles(TimelineKind::Memory, &beside), None);
    }

    #[test]
    fn a_thinned_line_keeps_its_peaks() {
        let spike = |i: usize| if i == 54_321 { 1.0 } else { 0.5 };
        let points: Vec<(f64, f64)> = (0..100_000).map(|i| (i as f64, spike(i))).collect();
        let thin = thinned(points);
        assert!(thin.len() <= MOST, "{}", thin.len());
        assert!(thin.contains(&(54_321.0, 1.0)));
        assert!(thin.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
