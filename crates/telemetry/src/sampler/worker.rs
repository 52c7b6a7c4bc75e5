//! The sampler's thread: a loop for each of those who are looked at, and answers beside the
//! schedule.

use super::look::Look;
use super::schedule::Schedule;
use super::{Answer, Gap, Now, SamplerSettings, TelemetryEvent, Timed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

pub(super) struct Worker {
    settings: SamplerSettings,
    teller: Teller,
}

/// Times looks on the clock of the run, and tells what they found.
#[derive(Clone)]
struct Teller {
    now: Now,
    sink: Arc<Mutex<dyn FnMut(TelemetryEvent) + Send>>,
}

impl Worker {
    pub(super) fn new(
        settings: SamplerSettings,
        now: Now,
        sink: impl FnMut(TelemetryEvent) + Send + 'static,
    ) -> Self {
        Self { settings, teller: Teller { now, sink: Arc::new(Mutex::new(sink)) } }
    }

    /// Works until the sampler is dropped. The loops end with the runtime, which lives no longer.
    pub(super) async fn run(self, mut inbox: mpsc::UnboundedReceiver<oneshot::Sender<Answer>>) {
        let Self { settings, teller } = self;
        let engine = settings.engine;
        teller.watch(engine.clone(), settings.engine_interval);
        teller.watch(settings.gpu, settings.gpu_interval);
        teller.watch(settings.host, settings.host_interval);
        while let Some(asker) = inbox.recv().await {
            let Some(probe) = engine.clone() else { continue };
            let teller = teller.clone();
            tokio::spawn(async move {
                // An asker that is gone needs no answer.
                let _ = asker.send(teller.time(&probe).await);
            });
        }
    }
}

impl Teller {
    /// Looks at `there`, if anything is, at each moment of a schedule, for ever.
    fn watch<L: Look>(&self, there: Option<L>, interval: Duration) {
        let (Some(there), teller) = (there, self.clone()) else { return };
        let schedule = Schedule::new(Instant::now(), interval);
        tokio::spawn(async move {
            loop {
                teller.tell(
                    teller
                        .time(&there)
                        .await
                        .map(|timed| L::samples(&timed.answer, timed.answered)),
                );
                tokio::time::sleep_until(schedule.after(Instant::now()).into()).await;
            }
        });
    }

    async fn time<L: Look>(&self, there: &L) -> Result<Timed<L::Found>, Gap> {
        let asked = (self.now)();
        match there.look().await {
            Ok(answer) => Ok(Timed { asked, answered: (self.now)(), answer }),
            Err(error) => {
                let to = (self.now)();
                Err(Gap { asked: L::ASKED, from: asked, to, why: error.to_string() })
            }
        }
    }

    fn tell(&self, found: Result<Vec<farebox_core::TelemetrySample>, Gap>) {
        // A sink that panicked once may be told the next thing.
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        match found {
            Ok(samples) => samples.into_iter().map(TelemetryEvent::Sample).for_each(&mut *sink),
            Err(gap) => sink(TelemetryEvent::Gap(gap)),
        }
    }
}
