//! The catalogue as lists, searched by a part of a name.

use super::pretty;
use crate::app::App;
use crate::error::WebError;
use farebox_calculator::model_figures;
use serde::Serialize;
use url::form_urlencoded;

/// What a list can be asked: `q`, a part of a name, in any case.
pub(super) fn search(query: &str) -> Result<String, WebError> {
    let mut search = String::new();
    for (name, text) in form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "q" => search = text.trim().to_lowercase(),
            "token" => {}
            other => {
                let shown: String = other.chars().take(40).collect();
                let message = format!("nothing is called `{shown}` here");
                return Err(WebError::bad("parameter", message).hint("q is a part of a name"));
            }
        }
    }
    Ok(search)
}

pub(super) fn models(app: &App, query: &str) -> Result<String, WebError> {
    let search = search(query)?;
    let named = app.models.ids().filter(|id| id.to_lowercase().contains(&search));
    let figures = named.map(|id| Ok(model_figures(&*app.models.known(id)?)));
    pretty(&figures.collect::<Result<Vec<_>, WebError>>()?)
}

pub(super) fn gpus(app: &App, query: &str) -> Result<String, WebError> {
    list(app.catalogue.accelerators()?.iter(), query, |gpu| format!("{} {}", gpu.id, gpu.name))
}

pub(super) fn prices(app: &App, query: &str) -> Result<String, WebError> {
    list(app.catalogue.offers()?.iter(), query, |offer| {
        format!("{} {} {}", offer.provider, offer.instance, offer.gpu)
    })
}

pub(super) fn apis(app: &App, query: &str) -> Result<String, WebError> {
    list(app.catalogue.hosted()?.iter(), query, |model| model.id.clone())
}

fn list<'a, T: Serialize + 'a>(
    entries: impl Iterator<Item = &'a T>,
    query: &str,
    names: impl Fn(&T) -> String,
) -> Result<String, WebError> {
    let search = search(query)?;
    let found = entries.filter(|entry| names(entry).to_lowercase().contains(&search));
    pretty(&found.collect::<Vec<_>>())
}
