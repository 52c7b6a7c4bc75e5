//! The load generator: real requests to a real server, timed at the socket.
//!
//! Reading order: [`prepare`](mod@prepare) (is it there, what does it take), [`generator`] (closed loop and
//! batches), `open_loop` and `pacer` (requests by a schedule), `exchange` (one request: the hot path), `connection` and `stamped` (where time is
//! taken), `shards` (the event loops). Measurement only sends records; whoever listens writes files and draws progress.

mod ahead;
mod ask;
pub mod calibration;
pub mod cancel;
pub mod clock;
mod connection;
mod conversations;
mod dial;
mod exchange;
mod failure;
mod fetch;
mod gate;
pub mod generator;
mod guard;
pub mod host;
mod identify;
mod lag;
pub mod limits;
mod open_loop;
mod pacer;
mod prefix_cache;
pub mod prepare;
mod probing;
pub mod prompt;
mod ready;
pub mod redact;
mod request_head;
mod rest;
pub mod secrets;
pub mod settings;
mod shards;
mod slot;
mod stamped;
mod stop_early;
pub mod target;
mod transcript;

pub use cancel::Cancel;
pub use clock::RunClock;
pub use dial::DialError;
pub use farebox_net::{TlsError, Trust};
pub use farebox_wire::request::Api;
pub use fetch::{FetchError, Fetched, Fetcher};
pub use gate::{Bound, Load};
pub use generator::{LoadGenerator, RecordSink};
pub use prefix_cache::CacheWish;
pub use prepare::{PrepareError, Prepared, Surroundings, prepare};
pub use prompt::{Message, Prompt, PromptSource};
pub use settings::{EventDetail, LoadSettings, Patience};
pub use stop_early::StopEarly;
pub use target::{BaseUrl, BaseUrlError, Endpoint, Target};
