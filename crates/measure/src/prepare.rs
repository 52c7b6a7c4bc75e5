//! Before the first point: is the server there, what does it serve, which fields does it take,
//! and how many of its tokens are in a word of ours.

use crate::ask::AskBuilder;
use crate::cancel::Cancel;
use crate::clock::RunClock;
use crate::dial::Dialer;
use crate::exchange::{Exchanged, Rules};
use crate::generator::{LoadGenerator, RecordSink};
use crate::identify::{doubts, identify};
use crate::lag::LagBook;
use crate::prefix_cache::find_reset;
use crate::prompt::{WARMUP_STREAM, WordFit};
use crate::ready::{Introduction, introduce, wait_ready};
use crate::secrets::Secrets;
use crate::settings::LoadSettings;
use crate::slot::Slot;
use crate::target::{Endpoint, Target};
use farebox_core::run::{Negotiated, ServerIdentity};
use farebox_core::{ArrivalClock, CacheControl, EngineKind};
use farebox_net::TlsError;
use farebox_wire::ErrorBody;
use farebox_wire::engine::{Identity, Profile};
use farebox_wire::request::{Adaptation, Negotiation, RequestOptions};
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

/// Output tokens of a probe: enough for a finish, too few to cost anything.
const PROBE_OSL: u32 = 4;

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
    wait_ready(&dialer, target, settings.patience.ready, &cancel).await.map_err(|reason| {
        let waited = since.elapsed();
        PrepareError::NotThere { base_url: base_url.clone(), reason, waited }
    })?;
    let introduction = introduce(&dialer, target).await;
    let model = choose_model(settings, &introduction, &base_url)?;
    let found = identify(&dialer, target, introduction.evidence.clone()).await;
    let engine = settings.engine.or(found.as_ref().map(|found| found.kind));
    let doubts = doubts(settings.engine, found.as_ref(), &settings.endpoint);
    let negotiation = begin(settings, engine);
    let rules = Rules {
        clock,
        patience: settings.patience,
        events: settings.events,
        min_osl: None,
        cancel,
        lags: Arc::new(LagBook::default()),
    };
    let mut probing = Probing {
        slot: Slot::new(dialer.clone(), Handle::current()),
        asks: AskBuilder::new(target, settings, model.clone()),
        negotiated: known(negotiation.adaptations(), engine, &settings.endpoint),
        negotiation,
        rules: rules.clone(),
        sink: sink.clone(),
        secrets: target.secrets.clone(),
        sent: 0,
    };
    probing.asks.set_options(probing.negotiation.options().clone());
    let probed = match settings.prompts {
        None => probing.fit_words().await.map(Some),
        Some(_) => probing.negotiate().await.map(|()| None),
    };
    let words = probed.map_err(|refused| refused.with(&doubts))?;
    let arrival_clock = probing.slot.clock().unwrap_or(ArrivalClock::Read);
    let Probing { mut asks, negotiated, .. } = probing;
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

/// What a request of the run would like to say, as far as it is not known to be useless; a refusal
/// is judged against it.
fn begin(settings: &LoadSettings, engine: Option<EngineKind>) -> Negotiation {
    let mut wished =
        RequestOptions { output_limit: Some(settings.lengths().1), ..settings.options.clone() };
    if engine == Some(EngineKind::Dynamo) && wished.ignore_eos == Some(true) {
        // Its frontend looks for it among its own extensions.
        let own = wished.extra.entry("nvext").or_insert_with(|| serde_json::json!({}));
        if let Some(own) = own.as_object_mut() {
            own.entry("ignore_eos").or_insert(true.into());
        }
    }
    Negotiation::lacking(wished, &Profile::lacking(engine, settings.endpoint.api))
}

/// What was given up before the server was asked, and on whose word.
fn known(
    adaptations: &[Adaptation],
    engine: Option<EngineKind>,
    endpoint: &Endpoint,
) -> Vec<Negotiated> {
    let who = match engine.filter(|_| endpoint.api.is_openai()) {
        Some(kind) => format!("not known to {kind}"),
        None => format!("not known to {}", endpoint.path),
    };
    adaptations.iter().map(|adaptation| negotiated(*adaptation, who.clone())).collect()
}

fn negotiated(adaptation: Adaptation, message: String) -> Negotiated {
    Negotiated {
        field: adaptation.refused().name().to_owned(),
        replaced_by: match adaptation {
            Adaptation::Replaced { instead, .. } => Some(instead.name().to_owned()),
            Adaptation::Dropped(_) => None,
        },
        http_status: None,
        message,
    }
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
        engine_version: found.and_then(|found| found.version.clone()),
        engine_clue: found.map(|found| found.clue.clone()),
    }
}

/// Sends the first few requests.
struct Probing {
    slot: Slot,
    asks: AskBuilder,
    negotiation: Negotiation,
    negotiated: Vec<Negotiated>,
    rules: Rules,
    sink: RecordSink,
    secrets: Secrets,
    sent: u64,
}

/// Words of a probe that is only to be taken or refused.
const NEGOTIATING_WORDS: usize = 8;

/// Probes that may be refused without a way out before we give up.
const REFUSALS: u32 = 2;

impl Probing {
    /// Fits words to tokens by a short and a long prompt, negotiating fields on the way. A server
    /// that fails for other reasons is measured all the same: failing is a result too.
    async fn fit_words(&mut self) -> Result<WordFit, PrepareError> {
        // Half the words asked for: with two tokens to a word it would still fit the context. Fewer
        // than these say too little, where some words are several tokens.
        const TELLING: usize = 64;
        let long = (self.asks.words() / 2).max(TELLING);
        let short = long / 4;
        let mut counted = [None, None];
        for (words, counted) in [short, long].into_iter().zip(&mut counted) {
            *counted = self.probe(words).await?.map(|tokens| (words, tokens));
        }
        let fit = match counted {
            [Some(short), Some(long)] => WordFit::through(short, long),
            _ => None,
        };
        let fit = fit.unwrap_or_default();
        self.asks.fit_words(fit);
        Ok(fit)
    }

    /// One short probe for the fields alone: whoever writes the prompts knows how long they are.
    async fn negotiate(&mut self) -> Result<(), PrepareError> {
        self.probe(NEGOTIATING_WORDS).await.map(drop)
    }

    /// Sends one probe, again while the server names fields it does not want; what it counted.
    async fn probe(&mut self, words: usize) -> Result<Option<u64>, PrepareError> {
        let mut refusals = 0;
        loop {
            let ask = self.asks.probe(WARMUP_STREAM - 1, self.sent, words, PROBE_OSL);
            self.sent += 1;
            let Exchanged { record, refusal, .. } = self.slot.ask(ask, &self.rules).await;
            let (status, tokens) = (record.http_status.unwrap_or(0), record.input_tokens);
            let detail = record.detail.clone().unwrap_or_default();
            (self.sink)(record);
            let Some(refusal) = refusal else { return Ok(tokens) };
            if matches!(status, 400 | 422) && self.adapt(status, &refusal) {
                continue;
            }
            if !matches!(status, 400..=499) || matches!(status, 408 | 429) {
                return Ok(None);
            }
            refusals += 1;
            if refusals == REFUSALS {
                return Err(PrepareError::Refused(self.secrets.scrub(&detail)));
            }
        }
    }

    /// Drops or renames what the refusal names; false when it names nothing of ours.
    fn adapt(&mut self, http_status: u16, refusal: &ErrorBody) -> bool {
        let adaptations = self.negotiation.adapt(refusal);
        let news: Vec<Negotiated> = adaptations
            .iter()
            .map(|adaptation| Negotiated {
                http_status: Some(http_status),
                ..negotiated(*adaptation, self.secrets.scrub(&refusal.message))
            })
            .collect();
        let adapted = !news.is_empty();
        self.negotiated.extend(news);
        self.asks.set_options(self.negotiation.options().clone());
        adapted
    }
}
