//! Steps one after the other on a virtual clock: when each begins and when its tokens are due.
//!
//! Pure: the time of an arrival comes in as a value, deadlines go out as values. Within a busy
//! period the next step begins exactly where the last one ended, so a pacer that wakes late delays
//! one step's tokens and never shifts the ones after it. A request joins the first step that begins
//! at or after its arrival, however late the pacer looks. `pacer.rs` keeps the deadlines.

use std::collections::VecDeque;
use std::time::Duration;

use crate::config::TimeScale;
use crate::quantity::Nanos;
use crate::scheduler::{AdmitError, Job, RequestId, Scheduler, Step};

/// A request and the moment it reached the engine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival {
    pub(crate) at: Nanos,
    pub(crate) id: RequestId,
    pub(crate) job: Job,
}

/// A step, and when it begins and its tokens are due.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) begins: Nanos,
    pub(crate) deadline: Nanos,
    pub(crate) step: Step,
}

/// What happens next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// These tokens, at that time.
    Tokens(Due),
    /// This request will never run.
    Refused(RequestId, AdmitError),
    /// Nothing until somebody arrives.
    Idle,
}

/// The scheduler on its virtual clock.
#[derive(Debug)]
pub(crate) struct Timeline {
    scheduler: Scheduler,
    scale: TimeScale,
    now: Nanos,
    arriving: VecDeque<Arrival>,
}

impl Timeline {
    pub(crate) fn new(scheduler: Scheduler, scale: TimeScale) -> Self {
        Self { scheduler, scale, now: Nanos(0), arriving: VecDeque::new() }
    }

    /// Takes note of a request; it may join a step once what it spends outside steps is over.
    pub(crate) fn arrive(&mut self, arrival: Arrival) {
        let outside = self.scaled(self.scheduler.outside(arrival.job.isl));
        let arrival = Arrival { at: arrival.at + outside, ..arrival };
        let place = self.arriving.partition_point(|earlier| earlier.at <= arrival.at);
        self.arriving.insert(place, arrival);
    }

    pub(crate) fn cancel(&mut self, id: RequestId) {
        self.arriving.retain(|arrival| arrival.id != id);
        self.scheduler.cancel(id);
    }

    /// Runs the next step.
    pub(crate) fn next(&mut self) -> Next {
        if self.scheduler.is_idle() {
            let Some(first) = self.arriving.front() else { return Next::Idle };
            self.now = self.now.max(first.at);
        }
        while let Some(arrival) = self.next_arrived() {
            if let Err(error) = self.scheduler.admit(arrival.id, arrival.job) {
                return Next::Refused(arrival.id, error);
            }
        }
        let Some(step) = self.scheduler.step() else { return Next::Idle };
        let begins = self.now;
        self.now = begins + self.scaled(step.duration);
        Next::Tokens(Due { begins, deadline: self.now, step })
    }

    /// Requests that have come and joined no queue yet.
    pub(crate) fn arriving(&self) -> usize {
        self.arriving.len()
    }

    fn next_arrived(&mut self) -> Option<Arrival> {
        let has_arrived = self.arriving.front()?.at <= self.now;
        if has_arrived { self.arriving.pop_front() } else { None }
    }

    fn scaled(&self, duration: Duration) -> Duration {
        Duration::from_nanos((duration.as_nanos() as f64 / self.scale.get()) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::kv_capacity;
    use crate::preset;
    use crate::quantity::Tokens;
    use crate::scheduler::SchedulerLimits;
    use crate::step_time::StepTime;

    fn timeline(scale: f64) -> Timeline {
        let model = preset::model("llama-3.1-8b").unwrap();
        let accelerator = preset::accelerator("a100").unwrap();
        let capacity = kv_capacity(&model, &accelerator);
        let step_time = StepTime::new(model, accelerator);
        let scheduler = Scheduler::new(step_time, SchedulerLimits::default(), capacity);
        Timeline::new(scheduler, TimeScale::new(scale).unwrap())
    }

    fn arrival(at_ms: u64, id: u64) -> Arrival {
        let job = Job { isl: Tokens(100), osl: Tokens(2) };
        Arrival { at: Nanos(at_ms * 1_000_000), id: RequestId(id), job }
    }

    fn due_times(timeline: &mut Timeline) -> Vec<(u64, Vec<u64>)> {
        std::iter::from_fn(|| match timeline.next() {
            Next::Tokens(due) => {
                let ids = due.step.emissions.iter().map(|emission| emission.id.0).collect();
                Some((due.deadline.0, ids))
            }
            Next::Refused(..) | Next::Idle => None,
        })
        .collect()
    }

    #[test]
    fn a_busy_period_begins_with_its_first_arrival_and_has_no_gaps() {
        let mut timeline = timeline(1.0);
        timeline.arrive(arrival(1000, 1));
        timeline.arrive(arrival(9000, 2));
        let due = due_times(&mut timeline);
        assert_eq!(due.len(), 4);
        let first_period = due[0].0 - 1_000_000_000;
        let second_period = due[2].0 - 9_000_000_000;
        assert_eq!(first_period, second_period);
        assert_eq!(due[1].0 - due[0].0, due[3].0 - due[2].0);
    }

    #[test]
    fn who_arrives_during_a_step_joins_the_next_however_late_it_is_seen() {
        let mut timeline = timeline(1.0);
        timeline.arrive(arrival(1000, 1));
        timeline.arrive(arrival(1001, 2));
        let ids: Vec<_> = due_times(&mut timeline).into_iter().map(|(_, ids)| ids).collect();
        assert_eq!(ids, [vec![1], vec![1, 2], vec![2]]);
    }

    #[test]
    fn time_scale_divides_every_step() {
        let (mut real, mut fast) = (timeline(1.0), timeline(10.0));
        real.arrive(arrival(0, 1));
        fast.arrive(arrival(0, 1));
        for ((real, _), (fast, _)) in due_times(&mut real).iter().zip(due_times(&mut fast)) {
            assert!(real.abs_diff(fast * 10) <= 20, "{real} ns is not ten times {fast} ns");
        }
    }

    #[test]
    fn a_request_too_large_for_the_cache_is_refused_not_stuck() {
        let mut timeline = timeline(1.0);
        let job = Job { isl: Tokens(u64::MAX), osl: Tokens(1) };
        timeline.arrive(Arrival { at: Nanos(0), id: RequestId(1), job });
        assert!(matches!(timeline.next(), Next::Refused(RequestId(1), _)));
        assert_eq!(timeline.next(), Next::Idle);
    }

    #[test]
    fn a_machine_of_the_catalogue_behaves_as_its_estimate_says() {
        use farebox_catalog::{Catalogue, model::ModelCatalog};
        use farebox_estimate::{Calibration, Compiled, Job as Asked, Load, Setup};

        let model = ModelCatalog::embedded().find("Qwen/Qwen3-8B").unwrap();
        let gpus = Catalogue::embedded().accelerators().unwrap();
        let setup = Setup::new(&model, gpus.get("h100-sxm").unwrap());
        let deployment = Compiled::new(&setup, Calibration::embedded()).unwrap();
        let alone = deployment.estimate(Asked::new(1000.0, 101.0, Load::Closed(1.0)).unwrap());
        let machine = crate::machine::Machine::estimated(&setup, deployment).unwrap();
        assert!(machine.kv_capacity > Tokens(300_000));

        let limits = SchedulerLimits::OF_ESTIMATES;
        let scheduler = Scheduler::new(machine.step_time, limits, machine.kv_capacity);
        let mut timeline = Timeline::new(scheduler, TimeScale::REAL);
        let job = Job { isl: Tokens(1000), osl: Tokens(101) };
        timeline.arrive(Arrival { at: Nanos(0), id: RequestId(1), job });
        let due: Vec<f64> =
            due_times(&mut timeline).iter().map(|(ns, _)| *ns as f64 / 1e6).collect();
        let tpot_ms = (due[100] - due[0]) / 100.0;
        let near = |got: f64, wanted: f64| (got / wanted - 1.0).abs() < 0.01;
        assert!(near(due[0], alone.ttft.get()), "{} ms, not {}", due[0], alone.ttft);
        assert!(near(tpot_ms, alone.tpot.unwrap().get()), "{tpot_ms} ms, not {:?}", alone.tpot);
    }
}
