//! The client held against a server whose own times are known: what it gets wrong by itself.
//!
//! The server is a thread of this process, so that both read one clock, and keeps exact deadlines
//! at the streams and the token rate asked for. What differs between its log and the client's
//! records is the client, the loopback and the machine they share.

use crate::cancel::Cancel;
use crate::clock::RunClock;
use crate::gate::{Bound, Load};
use crate::generator::RecordSink;
use crate::prepare::{PrepareError, Surroundings, prepare};
use crate::settings::{EventDetail, LoadSettings, Patience};
use crate::target::{BaseUrl, BaseUrlError, Endpoint, Target};
use farebox_core::{Calibration, ErrorBar, Metric, RequestRecord};
use farebox_exact::{Answered, ExactServer, Schedule};
use farebox_wire::request::Api;
use farebox_wire::request::RequestOptions;
use farebox_workload::{Lengths, Workload};
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What the client is tried with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trial {
    /// Streams at once.
    pub streams: u32,
    /// Requests of each, one after another.
    pub waves: u32,
    /// Time to the first token.
    pub ttft: Duration,
    /// Time between tokens.
    pub gap: Duration,
    /// Tokens of each answer.
    pub osl: u32,
}

/// Why there are no error bars.
#[derive(Debug, thiserror::Error)]
pub enum CalibrationError {
    /// The server in this process does not start.
    #[error("the self-test's server does not start: {0}")]
    Server(#[from] io::Error),
    /// It starts and cannot be asked.
    #[error("the self-test's server cannot be asked: {0}")]
    Prepare(#[from] PrepareError),
    /// Its address is none.
    #[error(transparent)]
    Address(#[from] BaseUrlError),
    /// No request came back whole.
    #[error("no request of the self-test came back whole")]
    Nothing,
}

impl Trial {
    /// A full one: 50 ms to the first token, 10 ms to each of 127 more, three requests per stream.
    pub fn full(streams: u32) -> Self {
        let (ttft, gap) = (Duration::from_millis(50), Duration::from_millis(10));
        Self { streams, waves: 3, ttft, gap, osl: 128 }
    }

    /// A short one at a measured token rate: well under a second.
    pub fn short(streams: u32, gap: Duration) -> Self {
        const DECODE: Duration = Duration::from_millis(150);
        let gap = gap.clamp(Duration::from_millis(1), Duration::from_millis(50));
        let osl = (DECODE.as_nanos() / gap.as_nanos()).clamp(4, 32) as u32;
        let streams = streams.clamp(1, MOST_STREAMS);
        Self { streams, waves: 2, ttft: Duration::from_millis(20), gap, osl }
    }

    /// Runs it.
    pub async fn run(self, cancel: Cancel) -> Result<Calibration, CalibrationError> {
        let server = ExactServer::start(Schedule::new(self.ttft, self.gap))?;
        let records: Arc<Mutex<Vec<RequestRecord>>> = Arc::default();
        let kept = records.clone();
        let sink: RecordSink = Arc::new(move |record| {
            kept.lock().unwrap_or_else(PoisonError::into_inner).push(record);
        });
        let around = Surroundings { clock: RunClock::start(), cancel, sink };
        let target = Target::new(BaseUrl::parse(&server.url())?);
        let mut prepared = prepare(&target, &self.settings(), around).await?;
        let requests = u64::from(self.streams) * u64::from(self.waves);
        let load = Load::Concurrency(self.streams);
        prepared.generator.run_point(0, load, Bound::Requests(requests)).await;
        let records = std::mem::take(&mut *records.lock().unwrap_or_else(PoisonError::into_inner));
        self.compare(&records, server.truth()).ok_or(CalibrationError::Nothing)
    }

    fn settings(self) -> LoadSettings {
        const WORDS: u32 = 128;
        LoadSettings {
            endpoint: Endpoint::of(Api::Chat),
            engine: None,
            model: None,
            workload: Workload::of_lengths(Lengths::fixed(WORDS, self.osl)),
            prompts: None,
            min_osl: None,
            options: RequestOptions::default(),
            seed: 0,
            cache: None,
            events: EventDetail::Summary,
            patience: Patience { request: Duration::from_secs(30), ..Patience::default() },
        }
    }

    fn compare(self, records: &[RequestRecord], truth: Vec<Answered>) -> Option<Calibration> {
        let truth: HashMap<String, Answered> =
            truth.into_iter().map(|answered| (answered.request_id.clone(), answered)).collect();
        let measured = records.iter().filter(|record| !record.request_id.contains("-probe-"));
        let errors = measured.filter_map(|record| errors(record, truth.get(&record.request_id)?));
        let (ttft, tpot): (Vec<f64>, Vec<f64>) = errors.unzip();
        (!ttft.is_empty()).then(|| Calibration {
            streams: self.streams,
            gap_ms: self.gap.as_secs_f64() * 1e3,
            requests: ttft.len() as u64,
            ttft_error_ms: bar(ttft),
            tpot_error_ms: bar(tpot),
        })
    }
}

/// Streams of a short trial, at most: beyond, the server's thread would be what is tried.
const MOST_STREAMS: u32 = 1000;

/// What the record says less what the server did: TTFT and TPOT, in milliseconds.
fn errors(record: &RequestRecord, truth: &Answered) -> Option<(f64, f64)> {
    let ms = |span: Duration| span.as_secs_f64() * 1e3;
    let ttft = record.latency(Metric::Ttft)?.get() - ms(truth.ttft()?);
    let later = f64::from(truth.tokens.checked_sub(1).filter(|later| *later > 0)?);
    Some((ttft, record.latency(Metric::Tpot)?.get() - ms(truth.decode()?) / later))
}

fn bar(mut errors: Vec<f64>) -> ErrorBar {
    errors.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = (share * errors.len() as f64).ceil() as usize;
        errors.get(place.saturating_sub(1)).copied().unwrap_or_default()
    };
    let mean = errors.iter().sum::<f64>() / errors.len().max(1) as f64;
    ErrorBar { mean, p50: at(0.50), p99: at(0.99) }
}
