//! Hosts, origins and tokens: whether a request comes from somebody who may ask.
//!
//! A page of another site can make a browser send requests to this machine. It cannot choose the
//! `Host` header, which tells that its own name was pointed here (DNS rebinding), nor hide
//! `Sec-Fetch-Site` and `Origin`, which tell that it asked.

use super::AccessToken;
use crate::error::WebError;
use hyper::header::{AUTHORIZATION, COOKIE, HOST, HeaderName, HeaderValue, ORIGIN};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use std::net::{IpAddr, Ipv6Addr};

/// Who is let in.
#[derive(Debug)]
pub(crate) struct Guard {
    /// Without one, only this machine.
    token: Option<AccessToken>,
}

/// How a request got in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    /// It may be answered.
    Open,
    /// The token stood in the address: it goes into a cookie, and out of the address.
    ByAddress,
}

const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
/// The cookie that holds the token.
const COOKIE_NAME: &str = "farebox_token";

impl Guard {
    pub(crate) fn new(token: Option<AccessToken>) -> Self {
        Self { token }
    }

    /// Lets a request in or says why not; `word` is the token of its address, if there is one.
    pub(crate) fn check(&self, request: &Parts, word: Option<&str>) -> Result<Entry, WebError> {
        self.check_host(request)?;
        check_origin(request)?;
        let Some(token) = &self.token else { return Ok(Entry::Open) };
        if word.is_some_and(|word| token.is(word)) {
            return Ok(Entry::ByAddress);
        }
        if words(request).any(|word| token.is(word)) {
            return Ok(Entry::Open);
        }
        let message = "this server asks for its token";
        Err(WebError::new(StatusCode::UNAUTHORIZED, "token", message)
            .hint("open the address that it printed, or send Authorization: Bearer TOKEN"))
    }

    /// The cookie with which a browser comes again.
    pub(crate) fn cookie(&self) -> Option<HeaderValue> {
        let token = self.token.as_ref()?;
        let cookie = format!("{COOKIE_NAME}={token}; Path=/; HttpOnly; SameSite=Strict");
        HeaderValue::from_str(&cookie).ok()
    }

    /// Without a token only names of this machine are served; with one, whoever was led here by a
    /// name of his own has no cookie for it.
    fn check_host(&self, request: &Parts) -> Result<(), WebError> {
        let stated = header(request, &HOST).or(request.uri.authority().map(|a| a.as_str()));
        let host = stated.ok_or_else(|| WebError::bad("host", "the request names no host"))?;
        if self.token.is_some() || is_this_machine(host) {
            return Ok(());
        }
        let message = "this server answers to localhost, 127.0.0.1 and [::1] only";
        Err(WebError::new(StatusCode::MISDIRECTED_REQUEST, "host", message))
    }
}

/// `host` with or without a port.
fn is_this_machine(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !name.is_empty() && !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    };
    if port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return false;
    }
    let bracketed = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    match bracketed {
        Some(address) => address.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback()),
        None => {
            name.eq_ignore_ascii_case("localhost")
                || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        }
    }
}

/// Another site may link to a page; it may not post, and no script of it may ask.
fn check_origin(request: &Parts) -> Result<(), WebError> {
    let foreign = || {
        let message = "another site asks; only this server's own pages and programs may";
        Err(WebError::new(StatusCode::FORBIDDEN, "cross_origin", message))
    };
    let reads = matches!(request.method, Method::GET | Method::HEAD);
    match header(request, &SITE) {
        None | Some("same-origin" | "none") => {}
        Some(_) if reads && header(request, &MODE) == Some("navigate") && is_page(request) => {}
        Some(_) => return foreign(),
    }
    let Some(origin) = header(request, &ORIGIN) else { return Ok(()) };
    let own = header(request, &HOST);
    let host = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    if host.is_some() && host == own { Ok(()) } else { foreign() }
}

fn is_page(request: &Parts) -> bool {
    !request.uri.path().starts_with("/api/")
}

fn header<'a>(request: &'a Parts, name: &HeaderName) -> Option<&'a str> {
    request.headers.get(name).and_then(|value| value.to_str().ok())
}

/// Every word that may be the token.
fn words(request: &Parts) -> impl Iterator<Item = &str> {
    let bearer = header(request, &AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
    let cookies = request.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let named =
        |pair: &'_ str| pair.trim().strip_prefix(COOKIE_NAME)?.strip_prefix('=').map(|_| ());
    let cookie = cookies.flat_map(|cookies| cookies.split(';')).filter_map(move |pair| {
        named(pair)?;
        pair.trim().split_once('=').map(|(_, word)| word)
    });
    bearer.into_iter().chain(cookie)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::Request;

    fn parts(method: Method, path: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn only_names_of_this_machine_are_served() {
        for host in ["localhost", "LOCALHOST:80", "127.0.0.1:1", "127.8.8.8", "[::1]", "[::1]:9"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example:80",
            "10.0.0.1",
            "0.0.0.0",
            "[::]",
            "[::1",
            "localhost:",
            "localhost:x",
            "localhost:99999",
            "::1:",
        ] {
            assert!(!is_this_machine(host), "{host}");
        }
    }

    #[test]
    fn other_sites_may_link_and_nothing_else() {
        let guard = Guard::new(None);
        let host = ("host", "localhost:8080");
        let own = ("origin", "http://localhost:8080");
        let evil = ("origin", "http://evil.example");
        let cross = ("sec-fetch-site", "cross-site");
        let link = ("sec-fetch-mode", "navigate");
        for (method, path, headers, allowed) in [
            (Method::POST, "/api/v1/estimate", vec![host], true),
            (Method::POST, "/api/v1/estimate", vec![host, own], true),
            (Method::POST, "/api/v1/estimate", vec![host, evil], false),
            (Method::POST, "/api/v1/estimate", vec![host, ("origin", "null")], false),
            (Method::POST, "/", vec![host, cross, link], false),
            (Method::GET, "/", vec![host, cross, link], true),
            (Method::GET, "/", vec![host, cross], false),
            (Method::GET, "/", vec![host, ("sec-fetch-site", "same-site")], false),
            (Method::GET, "/api/v1/estimate", vec![host, cross, link], false),
            (Method::GET, "/api/v1/estimate", vec![host, ("sec-fetch-site", "same-origin")], true),
            (Method::GET, "/", vec![("host", "evil.example")], false),
            (Method::GET, "/", vec![], false),
        ] {
            let parts = parts(method.clone(), path, &headers);
            assert_eq!(guard.check(&parts, None).is_ok(), allowed, "{method} {path} {headers:?}");
        }
    }

    #[test]
    fn a_token_is_asked_for_and_taken_from_three_places() {
        let token = AccessToken::random().unwrap();
        let word = token.to_string();
        let guard = Guard::new(Some(token));
        let host = ("host", "gpu-box.example:8080");
        let bearer = format!("Bearer {word}");
        let cookie = format!("other=1; farebox_token={word}");
        let check = |headers: &[(&str, &str)], in_address: Option<&str>| {
            guard.check(&parts(Method::GET, "/", headers), in_address).map_err(|e| e.code)
        };
        assert_eq!(check(&[host], None), Err("token"));
        assert_eq!(check(&[host], Some("wrong")), Err("token"));
        assert_eq!(check(&[host], Some(&word)), Ok(Entry::ByAddress));
        assert_eq!(check(&[host, ("authorization", &bearer)], None), Ok(Entry::Open));
        assert_eq!(check(&[host, ("cookie", &cookie)], None), Ok(Entry::Open));
        assert_eq!(check(&[host, ("cookie", "farebox_token=")], None), Err("token"));
    }
}
