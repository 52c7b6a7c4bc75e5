//! Runs of a folder, as pages: which there are, each with its report, side by side, and as files.
//!
//! Reading order: `folder` (what may be read at all), `summary` (a run in a line), `asked` (which
//! runs, at which price), `kept` (runs are read again only when they grew), `page` (what is shown),
//! `download` (what is handed out). Programs ask `crate::api`, which reads here.

mod asked;
mod download;
mod folder;
mod kept;
mod page;
mod summary;

pub(crate) use asked::RunsAsked;
pub(crate) use download::{Form, text};
pub(crate) use folder::RunsFolder;
pub(crate) use kept::{Gathered, KeptRuns};
pub(crate) use page::{gather, link, progress, summaries, summary};
pub(crate) use summary::RunSummary;

use crate::app::App;
use crate::error::WebError;
use crate::reply::Reply;
use crate::routes::Inquiry;
use std::borrow::Cow;

/// Whether `path` is one of ours.
pub(crate) fn is_ours(path: &str) -> bool {
    matches!(path, "/runs" | "/runs/" | "/compare" | "/parts/run" | "/parts/compare")
        || path.starts_with("/runs/")
}

/// Answers a GET.
pub(crate) async fn answer(app: &App, inquiry: &Inquiry) -> Result<Reply, WebError> {
    let (path, query) = (inquiry.head.uri.path(), inquiry.query());
    match path {
        "/runs" | "/runs/" => page::list(app).await,
        "/parts/run" | "/parts/compare" => page::part(app, &RunsAsked::of(query)?).await,
        "/compare" => page::compare(app, RunsAsked::of(query)?).await,
        path => {
            let name = decoded(path.trim_start_matches("/runs/"))?;
            let asked = RunsAsked::of(query)?.about(&name);
            match asked.download {
                Some(form) => download::answer(app, &asked, form).await,
                None => page::run(app, &asked).await,
            }
        }
    }
}

/// A path as it was before it was made part of an address.
pub(crate) fn decoded(path: &str) -> Result<Cow<'_, str>, WebError> {
    percent_encoding::percent_decode_str(path)
        .decode_utf8()
        .map_err(|_| WebError::bad("address", "the name of the run is not UTF-8"))
}
