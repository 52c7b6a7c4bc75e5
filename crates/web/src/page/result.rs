//! Everything that is shown of one question.

use super::asked::PageAsked;
use super::charts::{self, Drawn};
use super::compare::{self, Comparison};
use super::figures::{self, Group};
use super::memory::{self, MemoryBar};
use super::phases::{self, Phase};
use super::spell::{billions, gib};
use super::worked::{Depth, Worked};
use super::{form, spell};
use crate::app::App;
use crate::error::WebError;
use farebox_report::numbers::{ms, rate, usd};
use serde::Serialize;

/// An answer, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Shown {
    /// There is one.
    Answer(Box<Answer>),
    /// There is none.
    Error {
        /// What is wrong.
        message: String,
        /// The one thing to try.
        hint: Option<String>,
        /// Fields for the button that fetches a configuration from the Hub.
        fetch: Option<Fetch>,
    },
}

/// A model that can be fetched.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Fetch {
    /// Its Hub id.
    pub(super) id: String,
    /// Where to come back to.
    pub(super) query: String,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Answer {
    pub(super) title: String,
    pub(super) subtitle: String,
    /// In one sentence, for those who listen.
    pub(super) summary: String,
    pub(super) misfit: Option<Misfit>,
    pub(super) memory: MemoryBar,
    pub(super) phases: Vec<Phase>,
    pub(super) groups: Vec<Group>,
    pub(super) charts: Vec<Drawn>,
    pub(super) comparison: Option<Comparison>,
    pub(super) notes: Vec<String>,
    pub(super) basis: String,
    pub(super) command: String,
    pub(super) api: String,
    pub(super) json: String,
    pub(super) pin: String,
    /// Offers for this accelerator, for the field of that name.
    pub(super) offers: Vec<form::Choice>,
}

/// A model that does not fit, and what would.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Misfit {
    pub(super) message: String,
    pub(super) ways: Vec<Way>,
}

/// A change that makes it fit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Way {
    pub(super) words: String,
    pub(super) query: String,
}

/// What is shown of `asked`.
pub(super) async fn of(app: &App, asked: &PageAsked) -> Shown {
    match answer(app, asked).await {
        Ok(answer) => Shown::Answer(Box::new(answer)),
        Err(error) => refused(app, asked, error),
    }
}

fn refused(app: &App, asked: &PageAsked, error: WebError) -> Shown {
    let id = asked.shown.text("model").filter(|_| error.code == "not_fetched");
    let id = id.filter(|_| app.models.can_fetch());
    let fetch = id.map(|id| Fetch { id: id.to_owned(), query: asked.query() });
    let hint = error.hint.filter(|_| fetch.is_none());
    Shown::Error { message: error.message, hint, fetch }
}

async fn answer(app: &App, asked: &PageAsked) -> Result<Answer, WebError> {
    let worked = Worked::of(app, asked, Depth::Whole).await?;
    let document = &worked.document;
    let model = &document.model;
    let machine = &worked.machine;
    let plural = if machine.parallel.gpus() == 1 { "" } else { "s" };
    Ok(Answer {
        title: model.id.clone(),
        subtitle: format!(
            "{} parameters, {} active, on {} {}{plural}; {} tokens in, {} out, {}",
            billions(model.params_total),
            billions(model.params_active),
            machine.parallel.gpus(),
            machine.gpu.name,
            worked.question.lengths.isl,
            worked.question.lengths.osl,
            spell::load(worked.load),
        ),
        summary: summary(&worked),
        misfit: misfit(asked, &worked),
        memory: memory::bar(&worked),
        phases: phases::phases(&worked),
        groups: figures::groups(&worked),
        charts: charts::charts(&worked),
        comparison: compare::beside(app, asked, &worked).await,
        notes: document.notes.iter().chain(&model.notes).cloned().collect(),
        basis: document.accuracy.basis.clone(),
        command: command(&worked),
        api: format!("/api/v1/estimate?{}", worked.values.to_query()),
        json: document.to_json()?,
        pin: pinned(asked),
        offers: form::offers(app, &machine.gpu.id)?,
    })
}

/// The same page with this question pinned beside what comes next.
fn pinned(asked: &PageAsked) -> String {
    let own = asked.shown.clone().without(&["pin"]).to_query();
    asked.shown.clone().and("pin", &own).to_query()
}

fn misfit(asked: &PageAsked, worked: &Worked) -> Option<Misfit> {
    let document = &worked.document;
    if document.memory.fits {
        return None;
    }
    let way = |flags: &String| {
        let (flag, value) = flags.trim_start_matches('-').split_once(' ')?;
        let name = crate::ask::parameter::named(flag, crate::ask::Scope::Api)?.name;
        // Another width is another number of nodes.
        let changed = asked.shown.clone().with(name, Some(value)).without(&["nodes", "gpus"]);
        Some(Way { words: format!("{name} {value}"), query: changed.to_query() })
    };
    Some(Misfit {
        message: format!(
            "{} does not fit: {} are missing on each GPU.",
            document.model.id,
            gib(document.memory.short_bytes_per_gpu)
        ),
        ways: document.would_fit.iter().filter_map(way).collect(),
    })
}

fn summary(worked: &Worked) -> String {
    let document = &worked.document;
    let (Some(prefill), Some(system)) = (document.prefill, document.system) else {
        return "It does not fit.".to_owned();
    };
    let price = document.price.as_ref().map_or(String::new(), |price| {
        let (input, output) = (usd(price.usd_per_mtok_input), usd(price.usd_per_mtok_output));
        format!("; ${input} in and ${output} out per million tokens")
    });
    let then = document.decode.map(|decode| format!(", then one every {} ms", ms(decode.tpot_ms)));
    let then = then.unwrap_or_default();
    format!(
        "First token after {} ms{then}; {} output tokens per second{price}.",
        ms(prefill.ttft_ms),
        rate(system.output_tok_per_s)
    )
}

/// The same question on the command line.
fn command(worked: &Worked) -> String {
    let mut words = vec!["farebox estimate".to_owned()];
    for name in worked.values.names() {
        let Some(text) = worked.values.text(name) else { continue };
        match name {
            "model" => words.insert(1, quoted(text)),
            "config" => words.insert(1, "config.json".to_owned()),
            // The command line looks beside config.json by itself.
            "hf_quant_config" => {}
            "slo" => words.push(format!("--concurrency {}", worked.load.value)),
            _ => words.push(format!("--{} {}", name.replace('_', "-"), quoted(text))),
        }
    }
    words.join(" ")
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:".contains(c);
    if word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
