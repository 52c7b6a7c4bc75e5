//! Fetch and cache from the Hugging Face Hub.
//!
//! Reading order: [`repo_ref`] (what is asked for), [`settings`] (from whom and how patiently),
//! [`hub`](mod@hub) (the client a caller holds), `download` (one file into the cache) and `answer`
//! (one request, its redirects and refusals). [`cache`] keeps the Hub's own layout, so that files
//! other tools fetched are used and the other way round. [`safetensors`] and [`index`] read what
//! says how many weights a model has.

mod address;
mod answer;
mod body;
pub mod cache;
mod dial;
mod download;
pub mod error;
pub mod event;
mod header;
pub mod hub;
pub mod index;
mod name;
mod partial;
mod patience;
mod provenance;
mod redirect;
mod refusal;
mod repo_cache;
pub mod repo_ref;
mod request;
mod retry;
pub mod safetensors;
pub mod settings;
mod token;
mod tree;

pub use address::{Address, AddressError};
pub use cache::Cache;
pub use dial::DialError;
pub use error::HubError;
pub use event::{HubEvent, Listener};
pub use farebox_net::TlsError;
pub use hub::{CachedFile, Hub, Origin, Weights};
pub use index::{IndexError, WeightIndex};
pub use name::{Commit, Etag, FileName, RepoId, Revision};
pub use patience::Patience;
pub use repo_ref::{RefError, RepoKind, RepoRef};
pub use safetensors::{HeaderError, SafetensorsHeader};
pub use settings::{HubSettings, Network, SettingsError};
pub use token::{Token, TokenError};
pub use tree::TreeFile;
