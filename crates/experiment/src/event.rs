//! What a sweep tells those who listen: screens and logs, never the measurement itself.

use farebox_core::{Calibration, ClientHealth, EngineKind, LoadPoint, RequestRecord};
use farebox_measure::Load;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Something happened in a sweep.
#[derive(Debug, Clone)]
pub enum BenchEvent {
    /// Looking for the server.
    Preparing {
        /// Where.
        base_url: String,
    },
    /// The server is there and its dialect is known.
    Ready {
        /// The model that is asked for.
        model: String,
        /// Where the run is written.
        dir: PathBuf,
        /// Words that make one prompt of the mean length.
        words_per_prompt: Option<usize>,
    },
    /// A field of ours was refused and is dropped or renamed from now on.
    Negotiated {
        /// The field.
        field: String,
        /// What is sent in its place.
        replaced_by: Option<String>,
        /// Whether the server said so itself; else it was known beforehand.
        refused: bool,
    },
    /// The engine is known.
    Identified {
        /// Its name.
        engine: EngineKind,
        /// Its version, where it says one.
        version: Option<String>,
        /// What gave it away; none where somebody said so.
        clue: Option<String>,
    },
    /// What was said of the server and what was found do not fit together.
    Doubt(String),
    /// A run that was cut short is gone on with.
    Resumed {
        /// Loads that are kept as they are.
        kept: usize,
        /// The one that was cut short and is offered again.
        again: Option<farebox_core::Load>,
    },
    /// Prompts that wake the server up are on their way.
    WarmingUp {
        /// How many.
        requests: u64,
    },
    /// A load begins.
    PointStarted {
        /// Which one, from 0.
        index: usize,
        /// Of how many; none in a search.
        of: Option<usize>,
        /// The load.
        load: Load,
    },
    /// A request ended.
    RequestEnded(Box<RequestRecord>),
    /// How the client stood the load that is done.
    Health(ClientHealth),
    /// A load is done; none when nothing was sent at it.
    PointEnded(Option<Box<LoadPoint>>),
    /// The client is tried against a server in this process.
    Calibrating {
        /// With so many streams.
        streams: u32,
    },
    /// What it gets wrong by itself.
    Calibrated(Calibration),
}

/// Hears of what happens, off the timed path.
pub type Listener = Box<dyn FnMut(BenchEvent) + Send>;

/// A listener that the sweep and its writer both tell.
pub(crate) type SharedListener = Arc<Mutex<Listener>>;

/// Tells the listener.
pub(crate) fn tell(listener: &SharedListener, event: BenchEvent) {
    listener.lock().unwrap_or_else(PoisonError::into_inner)(event);
}
