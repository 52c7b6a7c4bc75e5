//! Which engine answers: asked in a few small requests, none of which a run depends on.

use crate::dial::Dialer;
use crate::fetch::fetch;
use crate::target::{Endpoint, Target};
use farebox_core::EngineKind;
use farebox_wire::engine::{Answer, Evidence, Identity, Profile};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Time for all questions together: whoever hangs on a path it does not know costs us this once.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks on from what is known until the engine and its version are, or time is up.
pub(crate) async fn identify(
    dialer: &Dialer,
    target: &Target,
    mut evidence: Evidence,
) -> Option<Identity> {
    let until = Instant::now() + PATIENCE;
    while let Some(path) = evidence.next_question() {
        let Ok(fetched) = timeout_at(until, fetch(dialer, target, path)).await else { break };
        let answer = fetched.ok().map(|fetched| Answer {
            status: fetched.status,
            server: fetched.server,
            body: fetched.body,
        });
        evidence.add(path, answer);
    }
    evidence.identity()
}

/// What does not fit together in what was said and what was found, a line each.
pub(crate) fn doubts(
    forced: Option<EngineKind>,
    found: Option<&Identity>,
    endpoint: &Endpoint,
) -> Vec<String> {
    let mut doubts = Vec::new();
    if let (Some(forced), Some(found)) = (forced, found)
        && forced != found.kind
    {
        doubts.push(format!(
            "--engine says {forced}, but the server seems to be {}: {}",
            found.kind, found.clue
        ));
    }
    let kind = forced.or(found.map(|found| found.kind));
    if let Some(kind) = kind
        && !Profile::of(kind).speaks(endpoint.api)
    {
        doubts.push(format!("--endpoint {} is not known of {kind}", endpoint.path));
    }
    doubts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(kind: EngineKind) -> Identity {
        Identity { kind, version: None, clue: "/info is TGI's".to_owned() }
    }

    #[test]
    fn what_was_said_and_what_was_found_are_held_against_each_other() {
        let (tgi, chat) = (found(EngineKind::Tgi), Endpoint::parse("chat").unwrap());
        assert_eq!(doubts(None, Some(&tgi), &chat), [""; 0]);
        assert_eq!(doubts(Some(EngineKind::Tgi), Some(&tgi), &chat), [""; 0]);
        assert_eq!(doubts(None, None, &Endpoint::parse("ollama").unwrap()), [""; 0]);
        let said = doubts(Some(EngineKind::Vllm), Some(&tgi), &Endpoint::parse("ollama").unwrap());
        assert_eq!(
            said,
            [
                "--engine says vllm, but the server seems to be tgi: /info is TGI's",
                "--endpoint /api/chat is not known of vllm"
            ]
        );
    }
}
