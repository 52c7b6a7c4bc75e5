//! Simulated runs whose truth is known in closed form: queues, seeded, as request records.
//!
//! | system | latency | throughput |
//! |---|---|---|
//! | closed loop of N on one server, first come first served | Erlang(N, mu) | mu |
//! | open loop, one server (M/M/1) | exponential, mu - lambda | lambda |
//! | open loop, servers without end (M/G/inf), log-normal answers | log-normal | lambda |
//!
//! The first two are as hard as a run can be: each request waits for the ones before it, so
//! neighbours are far from independent. The third is as easy as one can be. (Kleinrock, "Queueing
//! Systems", vol. 1, 3.2; Gross et al., "Fundamentals of Queueing Theory", 4th ed., 2.2 and 2.10.)

use farebox_core::window::phase_of;
use farebox_core::{
    Load, LoadKind, Phase, PointMarks, RequestRecord, RunInstant, Status, TokenSource,
};
use rand_core::SeedableRng;
use rand_distr::{Distribution, Exp1, StandardNormal};
use rand_pcg::Pcg64;

/// A system under one load.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum System {
    /// Closed loop of so many on one server.
    Closed(u32),
    /// Open loop on one server, at this share of what it can do.
    Queue(f64),
    /// Open loop on servers without end, so many requests per second.
    Free(f64),
}

/// Answers per second that one server gives.
const MU: f64 = 100.0;
/// Spread of the logarithm of a log-normal answer, and its median in seconds.
const SIGMA: f64 = 0.6;
const MEDIAN_S: f64 = 0.25;
/// Output tokens of an answer.
pub(crate) const OSL: u64 = 10;

impl System {
    /// The load as files name it.
    pub(crate) fn load(self) -> Load {
        let (kind, value) = match self {
            Self::Closed(n) => (LoadKind::Concurrency, f64::from(n)),
            Self::Queue(share) => (LoadKind::Rate, share * MU),
            Self::Free(rate) => (LoadKind::Rate, rate),
        };
        Load { kind, value }
    }

    /// Output tokens per second, in truth.
    pub(crate) fn output_tok_per_s(self) -> f64 {
        OSL as f64
            * match self {
                Self::Closed(_) => MU,
                Self::Queue(share) => share * MU,
                Self::Free(rate) => rate,
            }
    }

    /// The end-to-end time in milliseconds below which a share `p` of all requests stay, in truth.
    pub(crate) fn e2e_ms(self, p: f64) -> f64 {
        1e3 * match self {
            Self::Closed(n) => halve(|t| erlang(n, MU * t) < p),
            Self::Queue(share) => -(1.0 - p).ln() / (MU * (1.0 - share)),
            Self::Free(_) => MEDIAN_S * (SIGMA * halve_normal(p)).exp(),
        }
    }

    /// A run of `requests` answers and then some, with its marks.
    pub(crate) fn run(
        self,
        requests: usize,
        seed: u64,
        point: u32,
    ) -> (PointMarks, Vec<RequestRecord>) {
        let mut random = Pcg64::seed_from_u64(seed);
        let mut spans = match self {
            Self::Closed(n) => closed(n, requests, &mut random),
            Self::Queue(share) => queue(share * MU, requests, &mut random),
            Self::Free(rate) => free(rate, requests, &mut random),
        };
        let open_loop = self.load().kind.is_open_loop();
        let stopped_s = spans.iter().map(|span| span.due).fold(0.0, f64::max);
        spans.sort_by(|a, b| a.end.total_cmp(&b.end));
        let marks =
            PointMarks { load: self.load(), started_ns: at(0.0), stopped_ns: Some(at(stopped_s)) };
        let opened = spans.first().map(|span| at(span.end));
        let records = spans.iter().map(|span| {
            let record = span.record(point, open_loop);
            RequestRecord { phase: phase_of(&record, opened, marks.stopped_ns), ..record }
        });
        let records = records.collect();
        (marks, records)
    }
}

/// P(Erlang(n, 1) <= x).
fn erlang(n: u32, x: f64) -> f64 {
    let terms = (1..n).scan((-x).exp(), |term, k| {
        *term *= x / f64::from(k);
        Some(*term)
    });
    1.0 - (-x).exp() - terms.sum::<f64>()
}

fn halve(below: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 10.0);
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if below(middle) { low = middle } else { high = middle }
    }
    low
}

/// The standard normal's quantile, by its distribution function.
fn halve_normal(p: f64) -> f64 {
    let cdf = |z: f64| 0.5 * libm::erfc(-z / std::f64::consts::SQRT_2);
    halve(|shifted| cdf(shifted - 5.0) < p) - 5.0
}

/// When a request was due, when its service began and when it ended, in seconds.
struct Span {
    due: f64,
    begin: f64,
    end: f64,
}

fn exponential(random: &mut Pcg64, rate: f64) -> f64 {
    let unit: f64 = Exp1.sample(random);
    unit / rate
}

fn closed(n: u32, requests: usize, random: &mut Pcg64) -> Vec<Span> {
    // First come first served: whoever is answered goes to the back of the queue.
    let mut ends = vec![0.0; n as usize];
    let mut now = 0.0;
    (0..requests + n as usize)
        .map(|index| {
            let due = ends[index % n as usize];
            let begin = now;
            now += exponential(random, MU);
            ends[index % n as usize] = now;
            Span { due, begin, end: now }
        })
        .collect()
}

fn queue(rate: f64, requests: usize, random: &mut Pcg64) -> Vec<Span> {
    let (mut due, mut free_at) = (0.0, 0.0_f64);
    (0..requests)
        .map(|_| {
            due += exponential(random, rate);
            let begin = free_at.max(due);
            free_at = begin + exponential(random, MU);
            Span { due, begin, end: free_at }
        })
        .collect()
}

fn free(rate: f64, requests: usize, random: &mut Pcg64) -> Vec<Span> {
    let mut due = 0.0;
    (0..requests)
        .map(|_| {
            due += exponential(random, rate);
            let normal: f64 = StandardNormal.sample(random);
            Span { due, begin: due, end: due + MEDIAN_S * (SIGMA * normal).exp() }
        })
        .collect()
}

fn at(seconds: f64) -> RunInstant {
    RunInstant::from_nanos((seconds * 1e9).round() as u64)
}

impl Span {
    fn record(&self, point: u32, open_loop: bool) -> RequestRecord {
        RequestRecord {
            request_id: String::new(),
            point,
            batch: None,
            phase: Phase::Window,
            sched_ns: open_loop.then(|| at(self.due)),
            send_ns: at(self.due),
            first_token_ns: Some(at(self.begin)),
            first_output_ns: Some(at(self.begin)),
            last_token_ns: Some(at(self.end)),
            end_ns: at(self.end),
            events: Vec::new(),
            token_chunks: OSL as u32,
            first_chunk_tokens: None,
            isl_requested: 100,
            osl_requested: OSL as u32,
            input_tokens: Some(100),
            output_tokens: Some(OSL),
            reasoning_tokens: None,
            cached_tokens: None,
            server_times: None,
            token_source: Some(TokenSource::UsageFinal),
            finish_reason: None,
            early_stop: false,
            http_status: Some(200),
            connection_reused: true,
            status: Status::Ok,
            reason: None,
            detail: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_truth_is_true() {
        for system in [System::Closed(8), System::Queue(0.5), System::Free(50.0)] {
            let (_, records) = system.run(400_000, 1, 0);
            let mut times: Vec<u64> =
                records.iter().map(|r| r.end_ns.since(r.send_ns).as_nanos() as u64).collect();
            times.sort_unstable();
            for p in [0.5, 0.9, 0.99] {
                let seen = times[(p * times.len() as f64) as usize] as f64 / 1e6;
                let truth = system.e2e_ms(p);
                assert!((seen / truth - 1.0).abs() < 0.03, "{system:?} p{p}: {seen}, not {truth}");
            }
        }
    }
}
