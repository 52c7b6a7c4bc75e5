//! The server's prefix cache, brought into the state that was declared.

use crate::dial::Dialer;
use crate::fetch::{Fetched, post};
use crate::target::Target;
use farebox_core::{CacheControl, CacheState, EngineKind};
use farebox_wire::engine::Profile;

/// What is wanted of the prefix cache.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CacheWish {
    /// The state declared.
    pub state: CacheState,
    /// Mixed into every prompt where the cache cannot be emptied.
    pub salt: u64,
}

/// Endpoints that empty a prefix cache: vLLM (in its development mode) and SGLang.
const RESETS: [&str; 2] = ["/reset_prefix_cache", "/flush_cache"];
/// Prompts that carry the common part into the cache before each load: several, since a router may
/// have several replicas behind it.
const PRIMERS: u32 = 4;

impl CacheWish {
    /// How it is fulfilled where the cache is emptied by `reset`, or by nothing.
    pub(crate) fn control(self, reset: Option<&'static str>) -> CacheControl {
        CacheControl {
            declared: self.state,
            reset_endpoint: reset.map(str::to_owned),
            salt: reset.is_none().then_some(self.salt),
            primed: if self.state.share() > 0.0 { PRIMERS } else { 0 },
        }
    }
}

/// The endpoint that emptied the cache just now; none where the server has none. A known engine is
/// asked for its own only.
pub(crate) async fn find_reset(
    dialer: &Dialer,
    target: &Target,
    engine: Option<EngineKind>,
) -> Option<&'static str> {
    let own = engine.map(|kind| Profile::of(kind).cache_reset);
    let endpoints = own.map_or(RESETS.to_vec(), |own| own.into_iter().collect());
    for endpoint in endpoints {
        if reset(dialer, target, endpoint).await {
            return Some(endpoint);
        }
    }
    None
}

/// Empties the cache; whether the server says that it did.
pub(crate) async fn reset(dialer: &Dialer, target: &Target, endpoint: &str) -> bool {
    matches!(post(dialer, target, endpoint).await, Ok(Fetched { status: 200..=299, .. }))
}
