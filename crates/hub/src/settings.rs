//! Whom to ask, as whom, by which way, and where files are kept.

use crate::address::{Address, AddressError};
use crate::cache::Cache;
use crate::patience::Patience;
use crate::token::{Token, TokenError};
use std::path::PathBuf;

/// Everything a [`Hub`](crate::Hub) needs to know.
#[derive(Debug, Clone)]
pub struct HubSettings {
    /// The Hub or a mirror of it.
    pub endpoint: Address,
    /// The user's access token, if there is one.
    pub token: Option<Token>,
    /// Where files are kept.
    pub cache: Cache,
    /// Whether a socket may be opened.
    pub network: Network,
    /// A proxy that is asked to `CONNECT`, for https addresses.
    pub proxy: Option<Address>,
    /// A PEM file with roots to trust besides the public ones.
    pub extra_roots: Option<PathBuf>,
    /// Waits and limits.
    pub patience: Patience,
}

/// Whether a socket may be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// The Hub is asked for what is missing or may be out of date.
    Online,
    /// Only the cache is read.
    Offline,
}

/// A variable whose value cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// `HF_ENDPOINT` or `HTTPS_PROXY` is no address.
    #[error("{variable}: {source}")]
    Address {
        /// The variable.
        variable: &'static str,
        /// What is wrong with it.
        source: AddressError,
    },
    /// `HF_TOKEN` is no token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// Nothing says where the cache is.
    #[error("no place for the Hub's cache: set HF_HOME or HOME")]
    NoHome,
}

impl HubSettings {
    /// The Hub itself, without a token, by the direct way.
    pub fn new(endpoint: Address, cache: Cache) -> Self {
        Self {
            endpoint,
            token: None,
            cache,
            network: Network::Online,
            proxy: None,
            extra_roots: None,
            patience: Patience::default(),
        }
    }

    /// Settings as the Hub's own tools take them from variables, which `value_of` looks up:
    /// `HF_ENDPOINT`, `HF_TOKEN`, `HF_HUB_OFFLINE`, `HF_HUB_CACHE`, `HF_HOME`, `XDG_CACHE_HOME`,
    /// `HOME`, `HTTPS_PROXY` and `https_proxy`. Empty values count as unset.
    pub fn from_values(value_of: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let set = |name: &str| value_of(name).filter(|value| !value.trim().is_empty());
        let address = |variable, text: &str| {
            Address::parse(text).map_err(|source| SettingsError::Address { variable, source })
        };
        let endpoint = set("HF_ENDPOINT").unwrap_or_else(|| Address::HUB.to_owned());
        let cache = cache_folder(&set).ok_or(SettingsError::NoHome)?;
        let proxy = set("HTTPS_PROXY").or_else(|| set("https_proxy"));
        let mut settings = Self::new(address("HF_ENDPOINT", &endpoint)?, Cache::at(cache));
        settings.token = set("HF_TOKEN").map(|text| Token::parse(&text)).transpose()?;
        settings.proxy = proxy.map(|text| address("HTTPS_PROXY", &text)).transpose()?;
        if set("HF_HUB_OFFLINE").is_some_and(|value| is_true(&value)) {
            settings.network = Network::Offline;
        }
        Ok(settings)
    }
}

fn cache_folder(set: &impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    if let Some(hub) = set("HF_HUB_CACHE") {
        return Some(PathBuf::from(hub));
    }
    let home = || {
        let caches = set("XDG_CACHE_HOME").map(PathBuf::from);
        let caches = caches.or_else(|| Some(PathBuf::from(set("HOME")?).join(".cache")));
        Some(caches?.join("huggingface"))
    };
    Some(set("HF_HOME").map(PathBuf::from).or_else(home)?.join("hub"))
}

/// The spellings of yes that the Hub's own tools read.
fn is_true(value: &str) -> bool {
    matches!(value.trim().to_ascii_uppercase().as_str(), "1" | "ON" | "YES" | "TRUE")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn read(values: &[(&str, &str)]) -> Result<HubSettings, SettingsError> {
        HubSettings::from_values(|name| {
            values.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_cache_is_where_other_tools_keep_theirs() {
        for (values, folder) in [
            (vec![("HOME", "/h")], "/h/.cache/huggingface/hub"),
            (vec![("HOME", "/h"), ("XDG_CACHE_HOME", "/x")], "/x/huggingface/hub"),
            (vec![("XDG_CACHE_HOME", "/x"), ("HF_HOME", "/f")], "/f/hub"),
            (vec![("HF_HOME", "/f"), ("HF_HUB_CACHE", "/c")], "/c"),
            (vec![("HOME", "/h"), ("HF_HOME", "")], "/h/.cache/huggingface/hub"),
        ] {
            assert_eq!(read(&values).unwrap().cache.root(), Path::new(folder), "{values:?}");
        }
        assert_eq!(read(&[]).unwrap_err(), SettingsError::NoHome);
    }

    #[test]
    fn variables_are_read_and_bad_ones_named() {
        let settings = read(&[
            ("HOME", "/h"),
            ("HF_ENDPOINT", "https://mirror.example/"),
            ("HF_TOKEN", "hf_secret"),
            ("HF_HUB_OFFLINE", "yes"),
            ("https_proxy", "http://proxy:3128"),
        ])
        .unwrap();
        assert_eq!(settings.endpoint.to_string(), "https://mirror.example");
        assert_eq!(settings.network, Network::Offline);
        assert_eq!(settings.proxy.as_ref().unwrap().to_string(), "http://proxy:3128");
        assert!(!format!("{settings:?}").contains("hf_secret"));
        let error = read(&[("HOME", "/h"), ("HF_ENDPOINT", "hub")]).unwrap_err().to_string();
        assert!(error.starts_with("HF_ENDPOINT: "), "{error}");
        let error = read(&[("HOME", "/h"), ("HF_TOKEN", "a\nb")]).unwrap_err();
        assert_eq!(error, SettingsError::Token(TokenError));
        assert_eq!(read(&[("HOME", "/h")]).unwrap().network, Network::Online);
    }
}
