//! Before the first point: is the server there, what does it serve, which fields does it take,
//! and how many of its tokens are in a word of ours.

use crate::ask::AskBuilder;
use crate::cancel::Cancel;
use crate::clock::RunClock;
use crate::dial::Dialer;
use crate::exchange::Rules;
use crate::generator::{LoadGenerator, RecordSink};
use crate::identify::{doubts, identify};
use crate::lag::LagBook;
use crate::prefix_cache::find_reset;
use crate::probing::Probing;
use crate::prompt::WordFit;
use crate::ready::{Introduction, introduce, wait_ready};
use crate::secrets::Secrets;
use crate::settings::LoadSettings;
use crate::slot::Slot;
use crate::target::Target;
use farebox_core::run::{Negotiated, ServerIdentity};
use farebox_core::{ArrivalClock, CacheControl, EngineKind};
use farebox_net::TlsError;
use farebox_wire::engine::Identity;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// A server that is ready to be measured.
pub struct Prepared {
    /// Makes the load.
    pub generator: LoadGenerator,
    /// The model that is asked for.
    pub model: String,
    /// Who the server says it is.
    pub server: ServerIdentity,
    /// Fields that were dropped or renamed because the server refuses them.
    pub negotiated: Vec<Negotiated>,
    /// The engine, as somebody said or as it was found.
    pub engine: Option<EngineKind>,
    /// What does not fit together, a line each.
    pub doubts: Vec<String>,
    /// How words of ours become tokens of its; none where somebody else writes the prompts.
    pub words: Option<WordFit>,
    /// How the declared state of its prefix cache comes about; none where none was declared.
    pub cache: Option<CacheControl>,
    /// Who takes the times at which bytes come.
    pub arrival_clock: ArrivalClock,
}

/// Why a run cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// Nobody answers.
    #[error("no server at {base_url}: {reason} (looked for {:.1} s)", waited.as_secs_f64())]
    NotThere {
        /// Where it was looked for.
        base_url: String,
        /// The last reason.
        reason: String,
        /// How long it was looked for.
        waited: Duration,
    },
    /// It lists no model and none was named.
    #[error("{base_url} lists no models{}: name one", status.map_or(String::new(), |s| format!(" (HTTP {s} from /v1/models)")))]
    NoModel {
        /// The server.
        base_url: String,
        /// What `/v1/models` answered.
        status: Option<u16>,
    },
    /// It refuses even the plainest request.
    #[error("the server refuses our requests: {0}")]
    Refused(String),
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl PrepareError {
    /// A refusal beside what did not fit together before it.
    fn with(self, doubts: &[String]) -> Self {
        match self {
            Self::Refused(detail) => Self::Refused([&[detail][..], doubts].concat().join("; ")),
            other => other,
        }
    }
}

/// What preparing needs of the world around it.
pub struct Surroundings {
    /// The run's clock.
    pub clock: RunClock,
    /// Ctrl-C.
    pub cancel: Cancel,
    /// Where records go.
    pub sink: RecordSink,
}

/// Finds out what there is to know before load is made.
pub async fn prepare(
    target: &Target,
    settings: &LoadSettings,
    around: Surroundings,
) -> Result<Prepared, PrepareError> {
    let Surroundings { clock, cancel, sink } = around;
    let sink = discreet(sink, target.secrets.clone());
    let dialer = Dialer::new(target, settings.patience.connect)?;
    let base_url = target.base.to_string();
    let since = Instant::now();
    let ready = wait_ready((&dialer, target), settings.engine, settings.patience.ready, &cancel);
    ready.await.map_err(|reason| {
        let waited = since.elapsed();
        PrepareError::NotThere { base_url: base_url.clone(), reason, waited }
    })?;
    let introduction = introduce(&dialer, target).await;
    let model = choose_model(settings, &introduction, &base_url)?;
    let found = identify(&dialer, target, introduction.evidence.clone()).await;
    let engine = settings.engine.or(found.as_ref().map(|found| found.kind));
    let doubts = doubts(settings.engine, found.as_ref(), &settings.endpoint);
    let rules = Rules {
        clock,
        patience: settings.patience,
        events: settings.events,
        min_osl: None,
        cancel,
        lags: Arc::new(LagBook::default()),
    };
    let slot = Slot::new(dialer.clone(), Handle::current());
    let asks = AskBuilder::new(target, settings, model.clone());
    let secrets = target.secrets.clone();
    let mut probing =
        Probing::new((slot, asks), (settings, engine), (rules.clone(), sink.clone(), secrets));
    let probed = match settings.prompts {
        None => probing.fit_words().await.map(Some),
        Some(_) => probing.negotiate().await.map(|()| None),
    };
    let words = probed.map_err(|refused| refused.with(&doubts))?;
    let arrival_clock = probing.slot.clock().unwrap_or(ArrivalClock::Read);
    let (mut asks, negotiated) = probing.done();
    let reset = match settings.cache {
        Some(_) => find_reset(&dialer, target, engine).await,
        None => None,
    };
    let cache = settings.cache.map(|wish| wish.control(reset));
    if let Some(salt) = cache.as_ref().and_then(|cache| cache.salt) {
        asks.salt(salt);
    }
    let rules = Rules { min_osl: settings.min_osl, ..rules };
    let server = identity(target, settings, &introduction, (&model, found.as_ref()));
    let mut generator = LoadGenerator::new(dialer, asks, rules, (settings, sink));
    if let Some(endpoint) = reset {
        generator.reset_by(target.clone(), endpoint);
    }
    Ok(Prepared {
        generator,
        model,
        server,
        negotiated,
        engine,
        doubts,
        words,
        cache,
        arrival_clock,
    })
}

/// Servers repeat keys in their errors; a record must not.
fn discreet(sink: RecordSink, secrets: Secrets) -> RecordSink {
    Arc::new(move |mut record| {
        record.detail = record.detail.map(|detail| secrets.scrub(&detail));
        sink(record);
    })
}

fn choose_model(
    settings: &LoadSettings,
    introduction: &Introduction,
    base_url: &str,
) -> Result<String, PrepareError> {
    let named = settings.model.clone();
    named.or_else(|| introduction.models.first().map(|model| model.id.clone())).ok_or_else(|| {
        PrepareError::NoModel { base_url: base_url.to_owned(), status: introduction.models_status }
    })
}

fn identity(
    target: &Target,
    settings: &LoadSettings,
    introduction: &Introduction,
    (model, found): (&str, Option<&Identity>),
) -> ServerIdentity {
    let served = introduction.models.iter().find(|entry| entry.id == model);
    ServerIdentity {
        base_url: target.base.to_string(),
        endpoint: settings.endpoint.path.clone(),
        server_header: introduction.server_header.clone(),
        models: introduction.models.iter().map(|entry| entry.id.clone()).collect(),
        max_model_len: served.and_then(|entry| entry.max_model_len),
        engine: found.map(|found| found.kind),
        engine_version: found
            .and_then(|found| found.version.as_deref())
            .map(|version| target.secrets.scrub(version)),
        engine_clue: found.map(|found| found.clue.clone()),
    }
}
