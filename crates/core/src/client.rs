//! What is known of the client's own part in a measurement.

use crate::curve::{Load, LoadPoint};
use crate::metric::{Metric, Statistic};
use crate::verdict::{Code, Reason, Severity};
use serde::{Deserialize, Serialize};

/// Who takes the times at which bytes come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArrivalClock {
    /// The kernel, as a packet comes: a busy client does not make the server look slower.
    Kernel,
    /// The client, as a read returns.
    Read,
}

/// How late a client read what had come: from a packet's arrival to the return of the read.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReadLag {
    /// Reads in all.
    pub reads: u64,
    /// Half of them were no later than this, to a factor of two.
    pub p50_ms: f64,
    /// 99 of 100 were no later than this, to a factor of two.
    pub p99_ms: f64,
}

/// How the client stood one load.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct ClientHealth {
    /// Share of the time that the busiest thread of the client ran or waited for a processor; none
    /// where the system does not say.
    #[serde(default)]
    pub busiest_thread_fraction: Option<f64>,
    /// Processor seconds that the client used, as a share of all that its cores had: 1.0 is none
    /// left.
    pub cpu_fraction: Option<f64>,
    /// How late it read; none where the kernel keeps no times.
    pub read_lag: Option<ReadLag>,
}

/// What the client gets wrong by itself, found out against a server in this process whose own
/// times are known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Streams at once.
    pub streams: u32,
    /// Time between the tokens of a stream, in milliseconds.
    pub gap_ms: f64,
    /// Requests held against the server's log.
    pub requests: u64,
    /// TTFT noted less TTFT given.
    pub ttft_error_ms: ErrorBar,
    /// TPOT noted less TPOT given.
    pub tpot_error_ms: ErrorBar,
}

/// How far figures are from the truth, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct ErrorBar {
    /// On the mean.
    pub mean: f64,
    /// The middle one.
    pub p50: f64,
    /// One in a hundred is further off.
    pub p99: f64,
}

/// An error beyond this part of the figure makes it one of the client as much as of the server...
const ERROR_SHARE: f64 = 0.10;
/// ...unless it is smaller than this, in milliseconds: what a scheduler does to anybody.
const SMALL_MS: f64 = 5.0;
/// Reads later than this are worth a word, in milliseconds. The kernel's times do not suffer from
/// them until packets are joined, but the requests that follow go out late.
const LATE_MS: f64 = 20.0;
/// With less than this left of its cores, a client is what limits the load...
const CPU_FULL: f64 = 0.90;
/// ...and a thread that is busy for this share of the time answers late.
const THREAD_FULL: f64 = 0.80;

/// Whether the client was the bottleneck: one reason for each load where it was, and one where
/// its error bars are wide against the TTFT that it measured. Of what was offered several times,
/// the time that the client stood worst.
pub fn client_limits(
    points: &[LoadPoint],
    health: &[(Load, ClientHealth)],
    calibration: Option<&Calibration>,
) -> Vec<Reason> {
    let of_point = |point: &LoadPoint| {
        let each = health.iter().filter(|(load, _)| *load == point.offered.load());
        limited(point, each.map(|(_, health)| *health).reduce(ClientHealth::worst)?)
    };
    let mut reasons: Vec<Reason> = points.iter().filter_map(of_point).collect();
    let ttft = points.iter().filter_map(median_ttft).reduce(f64::min);
    reasons.extend(calibration.zip(ttft).and_then(|(bars, ttft)| wide(bars, ttft)));
    reasons
}

impl ClientHealth {
    /// The worse of both in everything.
    fn worst(self, other: Self) -> Self {
        let higher = |a: Option<f64>, b: Option<f64>| a.into_iter().chain(b).reduce(f64::max);
        let later = |a: ReadLag, b: ReadLag| if b.p99_ms > a.p99_ms { b } else { a };
        Self {
            busiest_thread_fraction: higher(
                self.busiest_thread_fraction,
                other.busiest_thread_fraction,
            ),
            cpu_fraction: higher(self.cpu_fraction, other.cpu_fraction),
            read_lag: self.read_lag.into_iter().chain(other.read_lag).reduce(later),
        }
    }
}

fn median_ttft(point: &LoadPoint) -> Option<f64> {
    Some(point.latency(Metric::Ttft)?.at(Statistic::Percentile(50.0))?.get())
}

fn limited(point: &LoadPoint, health: ClientHealth) -> Option<Reason> {
    let cores = health.cpu_fraction.filter(|used| *used > CPU_FULL);
    let thread = health.busiest_thread_fraction.filter(|busy| *busy >= THREAD_FULL);
    let lag = health.read_lag.map(|lag| lag.p99_ms).filter(|lag| {
        *lag > LATE_MS && median_ttft(point).is_some_and(|ttft| *lag > ttft * ERROR_SHARE)
    });
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    let evidence = match (cores, thread, lag) {
        (Some(used), _, _) => format!("the client used {} of its cores", percent(used)),
        (None, Some(busy), _) => format!(
            "the client's busiest thread ran or waited for a processor {} of the time",
            percent(busy)
        ),
        (None, None, Some(lag)) => format!("one read in a hundred came {lag:.1} ms late or more"),
        (None, None, None) => return None,
    };
    Some(reason(
        format!("{}: {evidence}", point.offered),
        "give the client more cores or a machine of its own, or use --events summary",
    ))
}

fn wide(bars: &Calibration, ttft: f64) -> Option<Reason> {
    let error = bars.ttft_error_ms.p99.abs();
    (error > SMALL_MS && error > ttft * ERROR_SHARE).then(|| {
        let evidence = format!(
            "with {} streams the client itself is off by {error:.1} ms at p99, of a TTFT of \
             {ttft:.1} ms",
            bars.streams
        );
        reason(evidence, "measure from a machine that does nothing else")
    })
}

fn reason(evidence: String, hint: &str) -> Reason {
    Reason { code: Code::ClientLimit, severity: Severity::Warn, evidence, hint: hint.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::LoadKind;
    use crate::distribution::Distribution;
    use crate::quantity::{Milliseconds, RequestsPerSecond, TokensPerSecond};

    fn point(ttft_ms: f64) -> (Load, LoadPoint) {
        let load = Load { kind: LoadKind::Concurrency, value: 4.0 };
        let (tokens, requests) = (TokensPerSecond::new(1.0), RequestsPerSecond::new(1.0));
        let blank = LoadPoint::of_rates(load.offered(true), tokens, tokens, requests);
        let ttft_ms = Distribution::of([Milliseconds::new(ttft_ms); 9]);
        (load, LoadPoint { ttft_ms, ..blank })
    }

    #[test]
    fn a_client_is_the_limit_where_it_has_no_time_left_or_reads_late() {
        let limits = |ttft: f64, cpu: f64, thread: f64, p99_ms: f64| {
            let (load, point) = point(ttft);
            let health = ClientHealth {
                busiest_thread_fraction: Some(thread),
                cpu_fraction: Some(cpu),
                read_lag: Some(ReadLag { reads: 100, p50_ms: 0.01, p99_ms }),
            };
            client_limits(&[point], &[(load, health)], None).len()
        };
        assert_eq!(limits(50.0, 0.5, 0.6, 1.0), 0);
        assert_eq!(limits(50.0, 0.95, 0.6, 1.0), 1, "no core left");
        assert_eq!(limits(50.0, 0.4, 0.8, 1.0), 1, "one thread has no rest");
        assert_eq!(limits(50.0, 0.95, 0.99, 99.0), 1, "one reason for a load");
        assert_eq!(limits(50.0, 0.5, 0.6, 8.0), 0, "times do not suffer");
        assert_eq!(limits(50.0, 0.5, 0.6, 32.0), 1, "late reads");
        assert_eq!(limits(500.0, 0.5, 0.6, 32.0), 0, "a small part of what the server took");
    }

    #[test]
    fn of_a_load_offered_twice_the_worse_time_counts_once() {
        let (load, point) = point(50.0);
        let busy = |thread: f64| ClientHealth {
            busiest_thread_fraction: Some(thread),
            ..ClientHealth::default()
        };
        let health = [(load, busy(0.9)), (load, busy(0.3)), (load, busy(0.85))];
        let reasons = client_limits(&[point], &health, None);
        assert_eq!(reasons.len(), 1);
        assert!(reasons[0].evidence.contains("90 %"), "{reasons:?}");
    }

    #[test]
    fn error_bars_are_wide_or_narrow_against_what_was_measured() {
        let limits = |ttft: f64, p99: f64| {
            let ttft_error_ms = ErrorBar { p99, ..ErrorBar::default() };
            let tpot_error_ms = ErrorBar::default();
            let (streams, gap_ms, requests) = (64, 10.0, 128);
            let bars = Calibration { streams, gap_ms, requests, ttft_error_ms, tpot_error_ms };
            client_limits(&[point(ttft).1], &[], Some(&bars)).len()
        };
        assert_eq!((limits(50.0, 0.5), limits(50.0, 9.0), limits(500.0, 9.0)), (0, 1, 0));
        assert_eq!(limits(5.0, 3.0), 0, "what a scheduler does to anybody");
    }
}
