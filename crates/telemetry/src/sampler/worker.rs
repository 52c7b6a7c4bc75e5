//! The sampler's thread.

use super::schedule::Schedule;
use super::{Answer, Gap, Now, SamplerSettings, TelemetryEvent, Timed};
use crate::engine::EngineProbe;
use farebox_core::Scope;
use std::time::Instant;
use tokio::sync::{mpsc, oneshot};

type Sink = Box<dyn FnMut(TelemetryEvent) + Send>;

pub(super) struct Worker {
    settings: SamplerSettings,
    now: Now,
    sink: Sink,
}

impl Worker {
    pub(super) fn new(settings: SamplerSettings, now: Now, sink: Sink) -> Self {
        Self { settings, now, sink }
    }

    /// Works until the sampler is dropped.
    pub(super) async fn run(self, inbox: mpsc::UnboundedReceiver<oneshot::Sender<Answer>>) {
        let Self { settings, now, sink } = self;
        let Some(probe) = settings.engine else { return };
        let schedule = Schedule::new(Instant::now(), settings.engine_interval);
        // The runtime lives as long as this function, and what is under way ends with it.
        tokio::spawn(look(probe.clone(), schedule, now.clone(), sink));
        answer(&probe, &now, inbox).await;
    }
}

/// Looks at the engine for ever, once per moment of the schedule.
async fn look(probe: EngineProbe, schedule: Schedule, now: Now, mut sink: Sink) {
    loop {
        match ask(&probe, &now).await {
            Ok(Timed { answered, answer, .. }) => {
                answer.samples(answered).for_each(|sample| sink(TelemetryEvent::Sample(sample)));
            }
            Err(gap) => sink(TelemetryEvent::Gap(gap)),
        }
        tokio::time::sleep_until(schedule.after(Instant::now()).into()).await;
    }
}

/// Answers those who ask beside the schedule, several at a time, until nobody can any more.
async fn answer(
    probe: &EngineProbe,
    now: &Now,
    mut inbox: mpsc::UnboundedReceiver<oneshot::Sender<Answer>>,
) {
    while let Some(asker) = inbox.recv().await {
        let (probe, now) = (probe.clone(), now.clone());
        tokio::spawn(async move {
            // An asker that is gone needs no answer.
            let _ = asker.send(ask(&probe, &now).await);
        });
    }
}

async fn ask(probe: &EngineProbe, now: &Now) -> Answer {
    let asked = now();
    match probe.ask().await {
        Ok(answer) => Ok(Timed { asked, answered: now(), answer }),
        Err(error) => Err(Gap::of(Scope::Engine, asked, now(), &error)),
    }
}
