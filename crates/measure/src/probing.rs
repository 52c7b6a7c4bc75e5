//! The first few requests: which fields are taken, and how many tokens are in a word of ours.

use crate::ask::AskBuilder;
use crate::exchange::{Exchanged, Rules};
use crate::generator::RecordSink;
use crate::prepare::PrepareError;
use crate::prompt::{WARMUP_STREAM, WordFit};
use crate::secrets::Secrets;
use crate::settings::LoadSettings;
use crate::slot::Slot;
use crate::target::Endpoint;
use farebox_core::EngineKind;
use farebox_core::run::Negotiated;
use farebox_wire::ErrorBody;
use farebox_wire::engine::Profile;
use farebox_wire::request::{Adaptation, Negotiation, RequestOptions};

/// Output tokens of a probe: enough for a finish, too few to cost anything.
const PROBE_OSL: u32 = 4;

/// Sends the first few requests.
pub(crate) struct Probing {
    pub(crate) slot: Slot,
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
    /// Begins with what the engine is not known to lack.
    pub(crate) fn new(
        (slot, mut asks): (Slot, AskBuilder),
        (settings, engine): (&LoadSettings, Option<EngineKind>),
        (rules, sink, secrets): (Rules, RecordSink, Secrets),
    ) -> Self {
        let negotiation = begin(settings, engine);
        let negotiated = known(negotiation.adaptations(), engine, &settings.endpoint);
        asks.set_options(negotiation.options().clone());
        Self { slot, asks, negotiation, negotiated, rules, sink, secrets, sent: 0 }
    }

    /// What writes requests from now on, and what was given up for it.
    pub(crate) fn done(self) -> (AskBuilder, Vec<Negotiated>) {
        (self.asks, self.negotiated)
    }

    /// Fits words to tokens by a short and a long prompt, negotiating fields on the way. A server
    /// that fails for other reasons is measured all the same: failing is a result too.
    pub(crate) async fn fit_words(&mut self) -> Result<WordFit, PrepareError> {
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
    pub(crate) async fn negotiate(&mut self) -> Result<(), PrepareError> {
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
