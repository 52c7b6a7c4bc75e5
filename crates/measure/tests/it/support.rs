//! A scripted server, the client under test, and what each of them wrote down.

use farebox_core::{PointMarks, RequestRecord};
use farebox_measure::{
    BaseUrl, Bound, Cancel, Endpoint, EventDetail, Load, LoadSettings, Patience, PrepareError,
    Prepared, RecordSink, RunClock, Surroundings, Target, prepare,
};
use farebox_testkit::{Exchange, Script, ScriptedServer, ms};
use farebox_wire::request::RequestOptions;
use farebox_workload::{Lengths, Workload};
use std::sync::{Arc, Mutex};

/// POSTs that a willing server sees before the first point: a short and a long probe.
pub(crate) const PROBES: usize = 2;

/// Records in the order in which their requests ended.
#[derive(Clone, Default)]
pub(crate) struct Records(Arc<Mutex<Vec<RequestRecord>>>);

impl Records {
    pub(crate) fn sink(&self) -> RecordSink {
        let records = self.0.clone();
        Arc::new(move |record| records.lock().unwrap().push(record))
    }

    pub(crate) fn all(&self) -> Vec<RequestRecord> {
        self.0.lock().unwrap().clone()
    }
}

/// Short chat requests whose failures show soon.
pub(crate) fn settings() -> LoadSettings {
    LoadSettings {
        endpoint: Endpoint::parse("chat").unwrap(),
        engine: None,
        model: None,
        workload: fixed(40, 8),
        prompts: None,
        min_osl: None,
        options: RequestOptions {
            temperature: Some(0.0),
            ignore_eos: Some(true),
            ..RequestOptions::default()
        },
        seed: 7,
        cache: None,
        events: EventDetail::Full,
        patience: Patience { ready: ms(2000), connect: ms(5000), ..Patience::default() },
    }
}

/// Every request as long as the next.
pub(crate) fn fixed(isl: u32, osl: u32) -> Workload {
    Workload::of_lengths(Lengths::fixed(isl, osl))
}

pub(crate) fn target(url: &str) -> Target {
    Target::new(BaseUrl::parse(url).unwrap())
}

/// Prepares against any server, with nobody listening to the records.
pub(crate) async fn prepare_at(
    target: &Target,
    settings: &LoadSettings,
) -> Result<Prepared, PrepareError> {
    let (clock, cancel) = (RunClock::start(), Cancel::default());
    let around = Surroundings { clock, cancel, sink: Records::default().sink() };
    prepare(target, settings, around).await
}

/// A server and a client that is ready to load it.
pub(crate) struct Rig {
    pub(crate) server: ScriptedServer,
    pub(crate) clock: RunClock,
    pub(crate) cancel: Cancel,
    pub(crate) records: Records,
    pub(crate) prepared: Prepared,
    points: u32,
}

impl Rig {
    pub(crate) async fn start(script: Script) -> Self {
        Self::with(script, settings()).await
    }

    pub(crate) async fn with(script: Script, settings: LoadSettings) -> Self {
        let server = ScriptedServer::start(script).unwrap();
        let (clock, cancel, records) = (RunClock::start(), Cancel::default(), Records::default());
        let around = Surroundings { clock, cancel: cancel.clone(), sink: records.sink() };
        let prepared = prepare(&target(&server.url()), &settings, around).await.unwrap();
        Self { server, clock, cancel, records, prepared, points: 0 }
    }

    /// Offers the next load.
    pub(crate) async fn run(&mut self, load: Load, bound: Bound) -> PointMarks {
        let point = self.points;
        self.points += 1;
        self.prepared.generator.run_point(point, load, bound).await
    }

    /// One request after another; their records.
    pub(crate) async fn one_by_one(&mut self, requests: u64) -> Vec<RequestRecord> {
        self.run(Load::Concurrency(1), Bound::Requests(requests)).await;
        self.measured()
    }

    /// The records of all points, without probes and warm-up.
    pub(crate) fn measured(&self) -> Vec<RequestRecord> {
        let records = self.records.all();
        records.into_iter().filter(|record| is_measured(&record.request_id)).collect()
    }

    /// The server's books on the same requests, in order of arrival.
    pub(crate) fn truth(&self) -> Vec<Exchange> {
        let truth = self.server.settled_truth(ms(2000));
        let measured = |exchange: &Exchange| is_measured(exchange.request_id.as_deref().unwrap());
        truth.into_iter().filter(measured).collect()
    }

    /// Pairs every record with the exchange that the server remembers under its name.
    pub(crate) fn pairs(&self) -> Vec<(RequestRecord, Exchange)> {
        let truth = self.truth();
        let of = |record: &RequestRecord| {
            let named = |exchange: &&Exchange| {
                exchange.request_id.as_deref() == Some(record.request_id.as_str())
            };
            truth.iter().find(named).unwrap().clone()
        };
        self.measured().into_iter().map(|record| (record.clone(), of(&record))).collect()
    }
}

fn is_measured(id: &str) -> bool {
    !id.contains("probe") && !id.contains("warmup")
}
