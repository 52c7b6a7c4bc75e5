//! What a status that is no success means, by the Hub's own error codes.
//!
//! The Hub names the reason in `X-Error-Code`. Its texts are not shown: they may echo what was
//! sent.

use crate::address::host_and_port;
use crate::error::HubError;
use crate::request::Ask;
use crate::settings::HubSettings;
use hyper::StatusCode;
use hyper::header::{HeaderMap, RETRY_AFTER};
use std::time::Duration;
use url::Url;

/// The error that `status` and `headers` of an answer from `url` stand for.
pub(crate) fn refusal(
    ask: &Ask<'_>,
    settings: &HubSettings,
    url: &Url,
    (status, headers): (StatusCode, &HeaderMap),
) -> HubError {
    let (model, file, host) = (ask.model.clone(), ask.file.clone(), host_and_port(url));
    let status = status.as_u16();
    let code = headers.get("x-error-code").and_then(|value| value.to_str().ok());
    let with_token = settings.token.is_some();
    match (code, status) {
        (Some("GatedRepo"), _) => gated(ask, settings),
        (Some("RevisionNotFound"), _) => HubError::RevisionNotFound { model },
        (Some("EntryNotFound"), _) | (None, 404) => HubError::EntryNotFound { model, file },
        (Some("RepoNotFound"), _) => {
            HubError::RepoNotFound { kind: model.kind, repo: model.repo, host }
        }
        (_, 401 | 403) if with_token => HubError::TokenRefused { host, status },
        // Without a token the Hub answers 401 for what does not exist as for what is private.
        (_, 401) => HubError::RepoNotFound { kind: model.kind, repo: model.repo, host },
        (_, 403) => gated(ask, settings),
        (_, 429) => HubError::RateLimited { host, retry_after: retry_after(headers) },
        _ => HubError::Status { host, file, status },
    }
}

fn gated(ask: &Ask<'_>, settings: &HubSettings) -> HubError {
    let repo = ask.model.repo.clone();
    let page = format!("{}/{}{repo}", settings.endpoint, ask.model.kind.route());
    HubError::Gated { page, repo }
}

/// Seconds from `Retry-After`, or from the `t=` of the `RateLimit` header that the Hub sends
/// (draft-ietf-httpapi-ratelimit-headers: seconds until the quota is whole again).
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let seconds = text(RETRY_AFTER.as_str()).and_then(|value| value.trim().parse().ok());
    let until_reset = || {
        let fields = text("ratelimit")?.split(';');
        fields.filter_map(|field| field.trim().strip_prefix("t=")).find_map(|t| t.parse().ok())
    };
    seconds.or_else(until_reset).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_read_from_either_header() {
        for (name, value, seconds) in [
            ("retry-after", "7", Some(7)),
            ("ratelimit", "\"api\";r=0;t=55", Some(55)),
            ("retry-after", "Fri, 31 Dec 1999 23:59:59 GMT", None),
            ("retry-after", "-1", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            assert_eq!(retry_after(&headers), seconds.map(Duration::from_secs), "{value}");
        }
    }
}
