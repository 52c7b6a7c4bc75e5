//! Where requests go: a base URL, an endpoint, headers, and the way there.

use crate::redact;
use crate::secrets::{REDACTED, Secrets};
use farebox_net::Trust;
use farebox_wire::request::Api;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use std::fmt;
use url::Url;

/// A server's base address, checked: http or https, with a host, without query or fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

/// Why a text is no base address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// Not a URL at all.
    #[error("`{0}` is not a URL: write it like http://127.0.0.1:8000")]
    Malformed(String),
    /// Another scheme than http or https.
    #[error("`{0}:` is not served here: use http:// or https://")]
    Scheme(String),
    /// A user name or password, which would end up in process lists.
    #[error("a base URL holds no user name or password: use --header or OPENAI_API_KEY")]
    Credentials,
    /// A query or fragment, which a base address cannot have.
    #[error("a base URL ends at its path: leave out `{0}`")]
    Tail(String),
}

impl BaseUrl {
    /// Reads a base address; a trailing `/` or `/v1` is dropped, since endpoints bring their own.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let malformed = || BaseUrlError::Malformed(without_credentials(text));
        if !text.contains("://") {
            return Err(malformed());
        }
        let mut url = Url::parse(text).map_err(|_| malformed())?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(BaseUrlError::Scheme(url.scheme().to_owned()));
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(malformed());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BaseUrlError::Credentials);
        }
        if let Some(tail) = url.query().map(|q| format!("?{q}")) {
            return Err(BaseUrlError::Tail(redact::query(&tail)));
        }
        if let Some(tail) = url.fragment().map(|f| format!("#{f}")) {
            return Err(BaseUrlError::Tail(tail));
        }
        let path = url.path().trim_end_matches('/');
        let path = path.strip_suffix("/v1").unwrap_or(path).to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }

    /// Whether the way there is encrypted.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Host name or address, an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
    }

    /// Port, the scheme's own where none is given.
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or(80)
    }

    /// What belongs into the `Host` header.
    pub fn authority(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// `endpoint` below the base path.
    pub fn path_to(&self, endpoint: &str) -> String {
        format!("{}{endpoint}", self.0.path().trim_end_matches('/'))
    }
}

/// `text` as it may be shown: a password typed into an address that is wrong otherwise stays out.
fn without_credentials(text: &str) -> String {
    match (text.split_once("://"), text.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://{REDACTED}@{rest}"),
        (None, Some((_, rest))) => format!("{REDACTED}@{rest}"),
        (_, None) => redact::query(text),
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.0.scheme(), self.authority(), self.path_to(""))
    }
}

/// The API that is spoken, and its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Which one.
    pub api: Api,
    /// The path below the base address.
    pub path: String,
}

impl Endpoint {
    /// Reads the name of an API, such as `chat`, `completions`, `tgi` or `ollama`, or a path, which
    /// tells the API by how it ends.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(api) = Api::named(text) {
            return Some(Self::of(api));
        }
        let is_path = text.starts_with('/') && !text.contains(['?', '#', ' ']);
        is_path.then(|| Self { api: Api::at(text), path: text.to_owned() })
    }

    /// `api` where it is usually found.
    pub fn of(api: Api) -> Self {
        Self { api, path: api.path().to_owned() }
    }
}

/// How a server is reached: address, headers, encryption and proxy.
#[derive(Debug, Clone)]
pub struct Target {
    /// The server's address.
    pub base: BaseUrl,
    /// Headers sent with every request.
    pub headers: HeaderMap,
    /// Whose certificates are trusted.
    pub trust: Trust,
    /// A proxy that is asked to `CONNECT`, for https servers.
    pub proxy: Option<BaseUrl>,
    /// What must never be printed.
    pub secrets: Secrets,
}

/// A header that cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no header: write it like \"X-Name: value\"")]
pub struct HeaderError(pub String);

impl Target {
    /// A target without extra headers.
    pub fn new(base: BaseUrl) -> Self {
        Self {
            base,
            headers: HeaderMap::new(),
            trust: Trust::default(),
            proxy: None,
            secrets: Secrets::default(),
        }
    }

    /// Adds a header; its value becomes a secret unless its name says that it is none.
    pub fn add_header(&mut self, name: &str, value: &str) -> Result<(), HeaderError> {
        let bad = || HeaderError(name.trim().to_owned());
        let header = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| bad())?;
        let content = HeaderValue::from_str(value.trim()).map_err(|_| bad())?;
        self.secrets.add_header(name.trim(), value.trim());
        self.headers.insert(header, content);
        Ok(())
    }

    /// Adds `Authorization: Bearer KEY`.
    pub fn add_api_key(&mut self, key: &str) -> Result<(), HeaderError> {
        self.secrets.add(key.trim());
        self.add_header("authorization", &format!("Bearer {}", key.trim()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_addresses_are_checked_and_tidied() {
        for (text, shown, path) in [
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000", "/x"),
            ("http://host:8000/v1/", "http://host:8000", "/x"),
            ("https://gateway.example/team/v1", "https://gateway.example/team", "/team/x"),
            ("http://[::1]:9", "http://[::1]:9", "/x"),
        ] {
            let base = BaseUrl::parse(text).unwrap();
            assert_eq!((base.to_string().as_str(), base.path_to("/x").as_str()), (shown, path));
        }
        assert_eq!(BaseUrl::parse("http://[::1]:9").unwrap().host(), "::1");
        assert_eq!(BaseUrl::parse("https://h").unwrap().port(), 443);
    }

    #[test]
    fn malformed_addresses_say_what_is_wrong() {
        for text in ["", "localhost:8000", "http://", "http://h:99999", "http://a b"] {
            assert_eq!(BaseUrl::parse(text), Err(BaseUrlError::Malformed(text.into())), "{text}");
        }
        let shown = BaseUrlError::Malformed("http://[redacted]@h:99999".into());
        assert_eq!(BaseUrl::parse("http://me:pw@h:99999"), Err(shown));
        assert_eq!(BaseUrl::parse("http://me:pw@h"), Err(BaseUrlError::Credentials));
        assert_eq!(BaseUrl::parse("ftp://h"), Err(BaseUrlError::Scheme("ftp".into())));
        let shown = BaseUrlError::Tail("?api_key=[redacted]".into());
        assert_eq!(BaseUrl::parse("http://h/?api_key=zzz"), Err(shown));
        assert_eq!(BaseUrl::parse("http://h/?a=1"), Err(BaseUrlError::Tail("?a=1".into())));
    }

    #[test]
    fn endpoints_tell_their_dialect() {
        for (text, api) in [
            ("chat", Api::Chat),
            ("/v1/completions", Api::Completions),
            ("/proxy/v1/chat/completions", Api::Chat),
            ("/team/api", Api::Chat),
            ("ollama", Api::OllamaChat),
            ("/proxy/api/generate", Api::OllamaGenerate),
            ("/generate", Api::SglangGenerate),
            ("tgi", Api::TgiGenerate),
            ("/generate_stream", Api::TgiGenerate),
        ] {
            assert_eq!(Endpoint::parse(text).unwrap().api, api, "{text}");
        }
        assert_eq!(Endpoint::parse("embeddings"), None);
    }
}
