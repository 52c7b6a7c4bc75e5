//! Where the Hub, a mirror of it or a proxy is.

use std::fmt;
use url::{Position, Url};

/// An http or https address with a host, without credentials, query or fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(Url);

/// A text that is no such address. The text is not repeated where it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not an address at all, or one without http or https.
    #[error("`{0}` is no address: write it like https://huggingface.co")]
    Malformed(String),
    /// A user name or a password.
    #[error("an address holds no user name or password here")]
    Credentials,
}

impl Address {
    /// The Hub itself.
    pub const HUB: &str = "https://huggingface.co";

    /// Reads an address; a trailing `/` is dropped.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let malformed = || AddressError::Malformed(text.to_owned());
        if text.contains('@') {
            return Err(AddressError::Credentials);
        }
        let mut url = Url::parse(text.trim()).map_err(|_| malformed())?;
        let plain = url.query().is_none() && url.fragment().is_none();
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() || !plain {
            return Err(malformed());
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }

    /// `path`, which begins with `/`, below this address.
    pub(crate) fn below(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}{path}", self.0.path().trim_end_matches('/')));
        url
    }

    /// The address itself.
    pub(crate) fn url(&self) -> &Url {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0[..Position::AfterPath].trim_end_matches('/'))
    }
}

/// Host and port, an IPv6 host in brackets: all that errors show of an address, since paths and
/// queries of redirects carry signatures.
pub(crate) fn host_and_port(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), port(url))
}

/// Host name or IP address as a resolver wants it.
pub(crate) fn host(url: &Url) -> &str {
    url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
}

/// Port, the scheme's own where none is given.
pub(crate) fn port(url: &Url) -> u16 {
    url.port_or_known_default().unwrap_or(443)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_tidied_and_keep_their_path() {
        let mirror = Address::parse("https://mirror.example/hf/").unwrap();
        assert_eq!(mirror.to_string(), "https://mirror.example/hf");
        let file = mirror.below("/org/name/resolve/refs%2Fpr%2F1/config.json");
        assert_eq!(file.path(), "/hf/org/name/resolve/refs%2Fpr%2F1/config.json");
        assert_eq!(Address::parse(Address::HUB).unwrap().to_string(), Address::HUB);
        let local = Address::parse("http://[::1]:8000").unwrap();
        assert_eq!((host(local.url()), port(local.url())), ("::1", 8000));
        assert_eq!(host_and_port(local.url()), "[::1]:8000");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", "huggingface.co", "ftp://h", "file:///etc", "https://h/?a=1"] {
            assert_eq!(Address::parse(text), Err(AddressError::Malformed(text.into())), "{text}");
        }
        assert_eq!(Address::parse("https://me:pw@h"), Err(AddressError::Credentials));
    }
}
