//! One request: redirects followed, refusals named, the body ready to be read.

use crate::address::host_and_port;
use crate::body::Body;
use crate::dial::Dialer;
use crate::error::HubError;
use crate::name::{Commit, Etag};
use crate::provenance::Provenance;
use crate::redirect;
use crate::refusal::refusal;
use crate::request::{Ask, get};
use crate::settings::HubSettings;
use farebox_net::{Trust, client_config};
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::{Response, StatusCode};
use url::Url;

/// Sends requests to the Hub and wherever it redirects.
#[derive(Debug)]
pub(crate) struct Client {
    dialer: Dialer,
}

/// A success.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) content: Content,
    /// The commit the revision stands for.
    pub(crate) commit: Option<Commit>,
    pub(crate) etag: Option<Etag>,
    /// Size of the whole file in bytes, where it was told.
    pub(crate) size: Option<u64>,
    /// Where the next page of a list begins, where there is one.
    pub(crate) next: Option<String>,
    /// Who answered in the end.
    pub(crate) host: String,
}

/// What came.
#[derive(Debug)]
pub(crate) enum Content {
    /// The file from this byte on: 0 where the server ignored the range.
    From(u64, Body),
    /// The cached one is still the latest.
    NotModified,
    /// There is no such file in this commit.
    Absent,
    /// The range lies beyond the end.
    OutOfRange,
}

impl Answer {
    /// Which content of which commit it is, both of which every Hub tells.
    pub(crate) fn identity(&self) -> Result<(Commit, Etag), HubError> {
        let missing = |problem| HubError::NotAHub { host: self.host.clone(), problem };
        let commit = self.commit.clone().ok_or_else(|| missing("X-Repo-Commit is missing"))?;
        let etag = self.etag.clone().ok_or_else(|| missing("ETag is missing"))?;
        match self.content {
            Content::From(..) => Ok((commit, etag)),
            _ => Err(missing("it answers what was not asked")),
        }
    }
}

impl Client {
    pub(crate) fn new(settings: &HubSettings) -> Result<Self, HubError> {
        let trust = settings.extra_roots.clone().map_or(Trust::PublicRoots, Trust::PublicRootsAnd);
        let dialer = Dialer {
            proxy: settings.proxy.clone(),
            tls: client_config(&trust)?,
            timeout: settings.patience.connect,
        };
        Ok(Self { dialer })
    }

    /// Sends `ask` to the Hub of `settings`.
    pub(crate) async fn ask(
        &self,
        ask: &Ask<'_>,
        settings: &HubSettings,
    ) -> Result<Answer, HubError> {
        let mut url = ask.url(settings);
        let mut headers = ask.headers(settings);
        let mut told = Provenance::default();
        for _ in 0..=redirect::LIMIT {
            let response = self.send(&url, &headers, settings).await?;
            if !redirect::is_redirect(response.status()) {
                told.note_body(&url, response.headers())?;
                return answer(ask, settings, &url, (response, told));
            }
            told.note(&url, response.headers())?;
            url = redirect::follow(&url, &response, &mut headers)?;
        }
        Err(HubError::Redirect { host: host_and_port(&url), problem: "too often" })
    }

    async fn send(
        &self,
        url: &Url,
        headers: &HeaderMap,
        settings: &HubSettings,
    ) -> Result<Response<Incoming>, HubError> {
        let host = || host_and_port(url);
        let problem = "to what is no address";
        let request =
            get(url, headers).ok_or_else(|| HubError::Redirect { host: host(), problem })?;
        let mut connection = self.dialer.dial(url).await?;
        let after = settings.patience.silence;
        let response = tokio::time::timeout(after, connection.send_request(request)).await;
        let response = response.map_err(|_| HubError::Timeout { host: host(), after })?;
        response.map_err(|source| HubError::NoAnswer { host: host(), source })
    }
}

fn answer(
    ask: &Ask<'_>,
    settings: &HubSettings,
    url: &Url,
    (response, told): (Response<Incoming>, Provenance),
) -> Result<Answer, HubError> {
    let status = response.status();
    let content = match status {
        StatusCode::OK | StatusCode::PARTIAL_CONTENT => {
            let partial = status == StatusCode::PARTIAL_CONTENT;
            let start = if partial { told.part_start } else { Some(0) };
            // A part may begin where we asked or at the file's first byte, nowhere else.
            let Some(start) = start.filter(|start| [0, ask.part.start()].contains(start)) else {
                let problem = "it sends another range than was asked for";
                return Err(HubError::NotAHub { host: host_and_port(url), problem });
            };
            Content::From(start, body(ask, settings, url, response))
        }
        StatusCode::NOT_MODIFIED => Content::NotModified,
        StatusCode::RANGE_NOT_SATISFIABLE => Content::OutOfRange,
        _ => match refusal(ask, settings, url, (status, response.headers())) {
            HubError::EntryNotFound { .. } => Content::Absent,
            error => return Err(error),
        },
    };
    let host = host_and_port(url);
    Ok(Answer {
        content,
        commit: told.commit,
        etag: told.etag,
        size: told.size,
        next: told.next,
        host,
    })
}

fn body(ask: &Ask<'_>, settings: &HubSettings, url: &Url, response: Response<Incoming>) -> Body {
    Body {
        incoming: response.into_body(),
        file: ask.file.clone(),
        host: host_and_port(url),
        silence: settings.patience.silence,
        got: 0,
    }
}
