//! One sweep: every load in turn against one server, written down as it happens.

use crate::begin::{Begun, begin};
use crate::event::{BenchEvent, Listener, SharedListener, tell};
use crate::manifest::manifest;
use crate::records::Waiting;
use crate::resume::{Past, ResumeError};
use crate::run_dir::{RunDir, RunDirError};
use crate::search::{Range, SearchReport};
use crate::sweep::{Parties, Sweep};
use crate::telemetry::{Reporter, ToldSettings};
use farebox_core::run::{Negotiated, Rental, RunState};
use farebox_core::{FailureReason, LoadCurve, Pool, Slo, Tariff, Verdict, Workload};
use farebox_measure::limits::{LimitError, make_room};
use farebox_measure::{
    BaseUrl, Bound, Cancel, Load, LoadSettings, PrepareError, Prepared, RunClock, Surroundings,
    Target, prepare,
};
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What to sweep, against what, and where to write it.
#[derive(Debug, Clone)]
pub struct BenchPlan {
    /// The server.
    pub target: Target,
    /// The requests.
    pub settings: LoadSettings,
    /// The same in the words of files; what was observed is filled in.
    pub asked: Workload,
    /// Which loads are offered.
    pub course: Course,
    /// Ends a point when half the interval of its throughput is this share of it.
    pub target_interval: Option<f64>,
    /// When each load stops.
    pub bound: PointBound,
    /// Prompts that wake the server up; none for as many as the highest load, up to 16.
    pub warmup: Option<u64>,
    /// Promises to judge by.
    pub slos: Vec<Slo>,
    /// What the machine costs.
    pub price: Option<Rental>,
    /// What serves: the engine's name and its accelerators, where they are known.
    pub serving: Serving,
    /// What people call the run.
    pub label: String,
    /// The run directory.
    pub out: PathBuf,
    /// Whether it is to be made.
    pub place: Place,
    /// Who writes the prompts, where it is not us: a tokenizer's name, or a file's.
    pub texts: Option<String>,
    /// The command line, secrets redacted.
    pub command: Vec<String>,
    /// Who is asked what the machine does meanwhile.
    pub telemetry: TelemetryFrom,
    /// Whether the client is tried against itself after the last load.
    pub self_test: SelfTest,
}

/// Whether a run directory is made, and under which name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A new one of this name.
    Named,
    /// A new one; of another name where this one was taken meanwhile.
    Beside,
    /// One that is there, of a run that was cut short: it is gone on with.
    There,
}

/// Whether the client is tried against a server whose own times are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SelfTest {
    /// For less than a second, at the highest load.
    Short,
    /// It is left out.
    Skip,
}

/// Who is asked what the serving machine does while it is measured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum TelemetryFrom {
    /// The server that is measured.
    #[default]
    Server,
    /// What stands at this address: the engine behind a gateway.
    At(BaseUrl),
    /// Nobody.
    Off,
}

/// Which loads are offered.
#[derive(Debug, Clone)]
pub enum Course {
    /// These, in this order, so many times over; each time with prompts of its own.
    Sweep {
        /// The loads.
        loads: Vec<Load>,
        /// How often.
        repeat: u32,
    },
    /// Those that settle the load line of each promise.
    Search {
        /// A load of the kind that is searched; its number does not matter.
        like: Load,
        /// Where to look.
        range: Range,
    },
}

impl Course {
    /// Requests in flight at most.
    pub(crate) fn slots(&self) -> u32 {
        match self {
            Self::Sweep { loads, .. } => loads.iter().map(|load| load.slots()).max().unwrap_or(1),
            Self::Search { like: Load::Concurrency(_), range } => range.low.max(1.0) as u32,
            Self::Search { like, .. } => like.slots(),
        }
    }

    /// The cap on requests in flight, in open loop.
    pub(crate) fn cap(&self) -> Option<u32> {
        match self {
            Self::Sweep { loads, .. } => loads.iter().find_map(|load| load.cap()),
            Self::Search { like, .. } => like.cap(),
        }
    }

    /// Connections that are known to be open at once, at most.
    fn connections(&self) -> u64 {
        match self {
            Self::Sweep { loads, .. } => {
                loads.iter().map(|load| most_connections(*load)).max().unwrap_or(1)
            }
            Self::Search { like: Load::Concurrency(_), range } => range.high.max(1.0) as u64,
            Self::Search { like, .. } => most_connections(*like),
        }
    }

    /// The loads as files list them, and how often; of a search, where it looks.
    pub(crate) fn words(&self) -> (Vec<String>, u32) {
        match self {
            Self::Sweep { loads, repeat } => {
                (loads.iter().map(|load| load.named().to_string()).collect(), *repeat)
            }
            Self::Search { like, range } => {
                let Range { low, high, resolution, .. } = range;
                let kind = like.named().kind.name();
                (vec![format!("search {kind} {low} to {high}, to {resolution}")], 1)
            }
        }
    }

    /// How many loads are offered, where that is known.
    pub(crate) fn len(&self) -> Option<usize> {
        match self {
            Self::Sweep { loads, repeat } => Some(loads.len() * *repeat as usize),
            Self::Search { .. } => None,
        }
    }
}

/// What is known of what stands behind the server.
#[derive(Debug, Clone, Default)]
pub struct Serving {
    /// The engine.
    pub engine: Option<String>,
    /// Its accelerators.
    pub pool: Option<Pool>,
    /// What it charges, where it is somebody's API.
    pub tariff: Option<Tariff>,
    /// Its processes.
    pub processes: EngineProcesses,
    /// Settings that it was started with, where we started it.
    pub told: ToldSettings,
    /// Bytes that a token takes in its KV cache at 16 bit, where the model's configuration is known.
    pub kv_bytes_per_token: Option<u64>,
}

/// Which processes of this machine the engine is: their memory and processor time are looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EngineProcesses {
    /// Those of whoever listens at its address, where that is this machine's.
    #[default]
    Listening,
    /// All below this one, which only looks after them.
    Below(u32),
    /// None that can be told from others, for this reason.
    Unseen(&'static str),
}

/// When each load stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PointBound {
    /// After this time.
    Duration(Duration),
    /// After this many requests.
    Requests(u64),
    /// After this many requests per slot.
    RequestsPerSlot(u64),
}

impl PointBound {
    pub(crate) fn of(self, load: Load) -> Bound {
        match self {
            Self::Duration(span) => Bound::Duration(span),
            Self::Requests(n) => Bound::Requests(n),
            Self::RequestsPerSlot(n) => Bound::Requests(n.saturating_mul(load.slots().into())),
        }
    }
}

/// What a sweep found.
#[derive(Debug)]
pub struct BenchOutcome {
    /// Where it is written.
    pub dir: PathBuf,
    /// Its curve.
    pub curve: LoadCurve,
    /// Its verdict.
    pub verdict: Verdict,
    /// How far it got.
    pub state: RunState,
    /// What a search found, and what it cost.
    pub search: Option<SearchReport>,
}

impl BenchOutcome {
    /// Why the whole run is worthless: requests were sent, and none came back whole.
    pub fn total_failure(&self) -> Option<String> {
        let points = &self.curve.points;
        if points.iter().any(|point| point.requests.ok > 0) {
            return None;
        }
        let mut by_reason: BTreeMap<FailureReason, u64> = BTreeMap::new();
        for (reason, n) in points.iter().flat_map(|point| &point.requests.failed) {
            *by_reason.entry(*reason).or_default() += n;
        }
        let listed = by_reason.iter().map(|(reason, n)| format!("{n} {}", reason.name()));
        (!by_reason.is_empty()).then(|| listed.collect::<Vec<_>>().join(", "))
    }
}

/// Why a sweep could not be done.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The server is not there, or cannot be asked.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// The run directory cannot be made or written.
    #[error(transparent)]
    RunDir(#[from] RunDirError),
    /// The run at its place is not the one that is asked for.
    #[error(transparent)]
    Resume(#[from] ResumeError),
    /// The system does not allow so many connections.
    #[error(transparent)]
    Limits(#[from] LimitError),
    /// Records could not be written.
    #[error("{}: records cannot be written: {source}", path.display())]
    Records {
        /// The run directory.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

/// Runs the sweep. Nothing is written before the server has answered.
pub async fn bench(
    mut plan: BenchPlan,
    cancel: Cancel,
    listener: Listener,
) -> Result<BenchOutcome, BenchError> {
    let past = match plan.place {
        Place::There => Some(Past::open(&plan)?),
        Place::Named if RunDir::is_taken(&plan.out) => {
            return Err(RunDirError::Exists(plan.out).into());
        }
        Place::Named | Place::Beside => None,
    };
    make_room(plan.course.connections())?;
    let listener: SharedListener = Arc::new(Mutex::new(listener));
    tell(&listener, BenchEvent::Preparing { base_url: plan.target.base.to_string() });
    let clock = past.as_ref().map_or_else(RunClock::start, Past::clock);
    let waiting = Waiting::new();
    let around = Surroundings { clock, cancel: cancel.clone(), sink: waiting.sink() };
    let prepared = prepare(&plan.target, &plan.settings, around).await?;
    let manifest = manifest(&plan, &prepared, clock);
    let asked = Reporter::ask(&plan, prepared.engine, clock).await;
    let begun = begin(&plan, (manifest, past), &asked, clock)?;
    plan.out = begun.dir.path().to_owned();
    introduce(&listener, &plan, &prepared);
    if let Some(resumed) = begun.manifest.resumed.last() {
        let kept = begun.manifest.counted().count();
        let again = resumed.set_aside.map(|number| begun.manifest.points[number as usize].load);
        tell(&listener, BenchEvent::Resumed { kept, again });
    }
    let Begun { dir, manifest, standing, records, before } = begun;
    let reporter = asked.start(&dir, before)?;
    let recorder = waiting.write_to(records, listener.clone());
    let parties = Parties { generator: prepared.generator, recorder, reporter, cancel };
    Sweep::new(plan, (dir, manifest, standing), (listener, clock), parties).run().await
}

/// Connections that a load is known to open at once.
fn most_connections(load: Load) -> u64 {
    let uncapped = load.named().kind.is_open_loop() && load.cap().is_none();
    if uncapped { 1 } else { load.slots().into() }
}

fn introduce(listener: &SharedListener, plan: &BenchPlan, prepared: &Prepared) {
    if let Some(engine) = prepared.engine {
        let found = (prepared.server.engine == Some(engine)).then_some(&prepared.server);
        let version = found.and_then(|server| server.engine_version.clone());
        let clue = found.and_then(|server| server.engine_clue.clone());
        tell(listener, BenchEvent::Identified { engine, version, clue });
    }
    for doubt in &prepared.doubts {
        tell(listener, BenchEvent::Doubt(doubt.clone()));
    }
    for Negotiated { field, replaced_by, http_status, .. } in &prepared.negotiated {
        let (field, replaced_by) = (field.clone(), replaced_by.clone());
        let refused = http_status.is_some();
        tell(listener, BenchEvent::Negotiated { field, replaced_by, refused });
    }
    tell(
        listener,
        BenchEvent::Ready {
            model: prepared.model.clone(),
            dir: plan.out.clone(),
            words_per_prompt: prepared.words.map(|fit| fit.words_for(plan.settings.lengths().0)),
        },
    );
}
