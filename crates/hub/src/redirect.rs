//! Where a redirect leads, and what may travel along.

use crate::address::host_and_port;
use crate::error::HubError;
use hyper::header::{AUTHORIZATION, HeaderMap, LOCATION};
use hyper::{Response, StatusCode};
use url::Url;

/// Most redirects followed for one request.
pub(crate) const LIMIT: usize = 5;

/// Whether the answer sends us elsewhere. 304 is in the same hundred and does not.
pub(crate) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// The address a redirect of `from` names. `headers` lose the authorization if it is of another
/// origin, and do not get it back if a later redirect leads home.
pub(crate) fn follow<B>(
    from: &Url,
    answer: &Response<B>,
    headers: &mut HeaderMap,
) -> Result<Url, HubError> {
    let refused = |problem| HubError::Redirect { host: host_and_port(from), problem };
    let location = answer.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let location = location.ok_or_else(|| refused("without saying where"))?;
    let to = from.join(location).map_err(|_| refused("to what is no address"))?;
    if !matches!(to.scheme(), "http" | "https") || !to.has_host() {
        return Err(refused("to what is neither http nor https"));
    }
    if from.scheme() == "https" && to.scheme() == "http" {
        return Err(refused("from https to http"));
    }
    if to.origin() != from.origin() {
        headers.remove(AUTHORIZATION);
    }
    Ok(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(from: &str, location: &str) -> (Result<Url, HubError>, bool) {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, "Bearer x".parse().unwrap());
        let answer = Response::builder().status(302).header(LOCATION, location).body(()).unwrap();
        let to = follow(&Url::parse(from).unwrap(), &answer, &mut headers);
        (to, headers.contains_key(AUTHORIZATION))
    }

    #[test]
    fn the_token_stays_with_its_origin() {
        for (location, to, keeps) in [
            ("/b?x=1", "https://hub.example/b?x=1", true),
            ("https://hub.example:443/b", "https://hub.example/b", true),
            ("https://cdn.example/b", "https://cdn.example/b", false),
            ("//cdn.example/b", "https://cdn.example/b", false),
            ("https://hub.example:8443/b", "https://hub.example:8443/b", false),
            ("https://hub.example.evil.example/", "https://hub.example.evil.example/", false),
        ] {
            let (url, kept) = hop("https://hub.example/a", location);
            assert_eq!((url.unwrap().as_str(), kept), (to, keeps), "{location}");
        }
    }

    #[test]
    fn dangerous_redirects_are_refused() {
        for location in ["http://hub.example/a", "file:///etc/passwd", "data:,x", "https://"] {
            assert!(hop("https://hub.example/a", location).0.is_err(), "{location}");
        }
    }
}
