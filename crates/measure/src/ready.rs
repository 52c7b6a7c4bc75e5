//! Waiting until a server can be asked, and asking what it serves.

use crate::cancel::Cancel;
use crate::dial::{DialError, Dialer};
use crate::fetch::{FetchError, Fetched, fetch};
use crate::target::Target;
use farebox_core::EngineKind;
use farebox_wire::engine::{Answer, Evidence, Profile};
use farebox_wire::models::{ModelEntry, parse_models};
use std::time::{Duration, Instant};

/// What a server told about itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct Introduction {
    pub(crate) server_header: Option<String>,
    pub(crate) models: Vec<ModelEntry>,
    /// Status of `/v1/models`, where it gave no list.
    pub(crate) models_status: Option<u16>,
    /// The same answer, for whoever wonders which engine this is.
    pub(crate) evidence: Evidence,
}

/// Pause between two looks at a server that is not ready.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// Waits until the server answers, at most `patience`; the error is the last reason it did not.
pub(crate) async fn wait_ready(
    (dialer, target): (&Dialer, &Target),
    engine: Option<EngineKind>,
    patience: Duration,
    cancel: &Cancel,
) -> Result<(), String> {
    let give_up = Instant::now() + patience;
    let health = engine.map_or(Some("/health"), |kind| Profile::of(kind).health);
    loop {
        let reason = match look(dialer, target, health).await {
            Look::Ready => return Ok(()),
            Look::Never(reason) => return Err(reason),
            Look::NotYet(reason) => reason,
        };
        if cancel.is_thrown() || Instant::now() + LOOK_AGAIN > give_up {
            return Err(reason);
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Asks for the list of models. A server without one is no error here.
pub(crate) async fn introduce(dialer: &Dialer, target: &Target) -> Introduction {
    const MODELS: &str = "/v1/models";
    let mut introduction = Introduction::default();
    let Ok(Fetched { status, server, body }) = fetch(dialer, target, MODELS).await else {
        introduction.evidence.add(MODELS, None);
        return introduction;
    };
    if status == 200 {
        introduction.models = parse_models(&body).unwrap_or_default();
    } else {
        introduction.models_status = Some(status);
    }
    introduction.server_header.clone_from(&server);
    introduction.evidence.add(MODELS, Some(Answer { status, server, body }));
    introduction
}

enum Look {
    Ready,
    NotYet(String),
    Never(String),
}

/// `/health` says 200 when ready; where it is unknown, any answer but 503 to `/v1/models` will do,
/// because some servers fail to list their models and serve all the same.
async fn look(dialer: &Dialer, target: &Target, health: Option<&str>) -> Look {
    let Some(health) = health else { return look_at_models(dialer, target).await };
    match fetch(dialer, target, health).await {
        Ok(Fetched { status: 200..=299, .. }) => Look::Ready,
        Ok(Fetched { status: 500.., .. }) => {
            Look::NotYet("it says that it is not ready".to_owned())
        }
        Ok(_) => look_at_models(dialer, target).await,
        Err(error) => not_yet(&error),
    }
}

async fn look_at_models(dialer: &Dialer, target: &Target) -> Look {
    match fetch(dialer, target, "/v1/models").await {
        Ok(Fetched { status: 503, .. }) => Look::NotYet("it says 503 to /v1/models".to_owned()),
        Ok(_) => Look::Ready,
        Err(error) => not_yet(&error),
    }
}

fn not_yet(error: &FetchError) -> Look {
    let reason = error.to_string();
    match error {
        FetchError::Dial(DialError::Tls { .. } | DialError::Proxy { .. }) => Look::Never(reason),
        _ => Look::NotYet(reason),
    }
}
