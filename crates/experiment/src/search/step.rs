//! Which load comes next.
//!
//! From the bottom of the range in strides of four until a load breaks the promise, then halving
//! the ratio between the highest load that keeps it and the lowest that breaks it. On the way a
//! figure decides even where its interval reaches over the limit; but the two loads between which
//! the line is found at last must be sure, so they are measured again until they are. When more
//! measuring does not settle one, its figure decides: the load line is then where we are. A load
//! line needs every lower load to keep the
//! promise, so the lowest broken load is what counts, even if a higher one keeps it again.

use super::judge::{Answer, Leaning};

/// Where to look, and how closely.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// The lowest load, above 0.
    pub low: f64,
    /// The highest load.
    pub high: f64,
    /// Done when the broken load is at most this share above the kept one.
    pub resolution: f64,
    /// Whether loads are whole numbers.
    pub grain: Grain,
}

/// Which loads there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    /// Whole numbers: requests in flight.
    Whole,
    /// Any number: requests per second.
    Any,
}

/// A load that was offered and what came of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Known {
    /// The load.
    pub load: f64,
    /// What it says about the promise.
    pub answer: Answer,
    /// How often it was offered.
    pub times: u32,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Step {
    /// Offer this load.
    Offer(f64),
    /// The highest load known to keep the promise; none where the lowest breaks it.
    Done(Option<f64>),
}

/// How far each stride goes while nothing is broken.
const STRIDE: f64 = 4.0;
/// How often a load is offered before its figure decides.
const TIMES: u32 = 3;

/// What to do when this much is `known`, by rising load.
pub fn next(known: &[Known], range: Range) -> Step {
    let kept = known.iter().take_while(|known| known.keeps()).last();
    let broken = known.iter().find(|known| !known.keeps());
    let ends = || kept.into_iter().chain(broken);
    let step = match (kept.map(|kept| kept.load), broken.map(|broken| broken.load)) {
        (None, None) => Step::Offer(range.low),
        (None, Some(lowest)) if lowest > range.low => Step::Offer(range.low),
        (None, Some(_)) => Step::Done(None),
        (Some(kept), None) if kept >= range.high => Step::Done(Some(kept)),
        (Some(kept), None) => Step::Offer(range.grain.round(kept * STRIDE).min(range.high)),
        (Some(kept), Some(broken)) => range.between(kept, broken),
    };
    match (step, ends().find(|end| end.is_open())) {
        (Step::Done(_), Some(unsure)) => Step::Offer(unsure.load),
        _ => step,
    }
}

impl Known {
    /// Whether measuring it again may settle it.
    fn is_open(&self) -> bool {
        matches!(self.answer, Answer::Unsure { .. }) && self.times < TIMES
    }

    fn keeps(&self) -> bool {
        matches!(self.answer, Answer::Kept | Answer::Unsure { leaning: Leaning::Kept })
    }
}

impl Range {
    fn between(self, kept: f64, broken: f64) -> Step {
        let middle = self.grain.round((kept * broken).sqrt());
        let is_new = middle > kept && middle < broken;
        if is_new && broken > kept * (1.0 + self.resolution) {
            Step::Offer(middle)
        } else {
            Step::Done(Some(kept))
        }
    }
}

impl Grain {
    fn round(self, load: f64) -> f64 {
        match self {
            Self::Whole => load.round().max(1.0),
            Self::Any => load,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RANGE: Range = Range { low: 1.0, high: 256.0, resolution: 0.1, grain: Grain::Whole };

    /// Searches where `answer` says what a load says; the answer and how many loads it took.
    fn search(range: Range, answer: impl Fn(f64, u32) -> Answer) -> (Option<f64>, u32) {
        let (mut known, mut offered): (Vec<Known>, u32) = (Vec::new(), 0);
        loop {
            match next(&known, range) {
                Step::Done(line) => return (line, offered),
                Step::Offer(load) => {
                    let same = |known: &&mut Known| known.load.to_bits() == load.to_bits();
                    if let Some(again) = known.iter_mut().find(same) {
                        again.times += 1;
                        again.answer = answer(load, again.times);
                    } else {
                        known.push(Known { load, answer: answer(load, 1), times: 1 });
                        known.sort_by(|a, b| a.load.total_cmp(&b.load));
                    }
                }
            }
            offered += 1;
            assert!(offered < 60, "it goes on: {known:?}");
        }
    }

    fn sure(truth: f64) -> impl Fn(f64, u32) -> Answer {
        move |load, _| if load <= truth { Answer::Kept } else { Answer::Broken }
    }

    #[test]
    fn both_ends_are_answers() {
        assert_eq!(search(RANGE, sure(0.5)), (None, 1));
        assert_eq!(search(RANGE, sure(1000.0)), (Some(256.0), 5));
    }

    #[test]
    fn the_last_two_loads_are_measured_again_until_they_are_sure() {
        // Near the line the first look is wrong, and says that it may be.
        let wrong_at_first = |load: f64, times| match times {
            1 if (8.0..=10.0).contains(&load) => Answer::Unsure { leaning: Leaning::Broken },
            1 if load > 10.0 && load < 13.0 => Answer::Unsure { leaning: Leaning::Kept },
            _ => sure(10.0)(load, times),
        };
        assert_eq!(search(RANGE, wrong_at_first).0, Some(10.0));
        let never = |load: f64, _| Answer::Unsure {
            leaning: if load <= 10.0 { Leaning::Kept } else { Leaning::Broken },
        };
        assert_eq!(search(RANGE, never).0, Some(10.0), "its figure decides in the end");
    }

    #[test]
    fn a_curve_that_bends_back_ends_at_the_first_break() {
        let answer = |load: f64, _| match load {
            load if load <= 9.0 || load > 40.0 => Answer::Kept,
            _ => Answer::Broken,
        };
        assert_eq!(search(RANGE, answer).0, Some(9.0));
    }

    #[test]
    fn at_the_seeds_own_resolution_it_needs_fewer_loads_than_their_nine() {
        let octaves = Range { resolution: 1.0, ..RANGE };
        for power in 0..=8 {
            let truth = f64::from(1 << power) * 1.3;
            let (line, offered) = search(octaves, sure(truth));
            // The fixed sweep 1, 2, 4 ... 256 would answer the power of two.
            let fixed = f64::from(1 << power);
            assert!(line.is_some_and(|line| line >= fixed && line <= truth), "{line:?} of {truth}");
            assert!(offered <= 6, "{offered} loads for {truth}");
        }
    }

    proptest! {
        #[test]
        fn the_answer_is_within_the_resolution_and_cheap(truth in 1.0..256.0f64, low in 0.1..1.0f64) {
            let (line, offered) = search(RANGE, sure(truth));
            let line = line.unwrap();
            prop_assert!(line <= truth && truth < (line * 1.1).max(line + 1.0), "{line} of {truth}");
            prop_assert!(offered <= 10, "{offered}");
            let rates = Range { low, grain: Grain::Any, ..RANGE };
            let line = search(rates, sure(truth)).0.unwrap();
            prop_assert!(line <= truth && truth <= line * 1.1 + 1e-9, "{line} of {truth}");
        }

        /// Noise of five per cent on a figure with an honest interval moves the answer little.
        #[test]
        fn a_noisy_curve_gives_nearly_the_same(truth in 3.0..200.0f64, seed: u64) {
            let noisy = |load: f64, times: u32| {
                let mixed = (load.to_bits() ^ seed ^ u64::from(times)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                let noise = ((mixed >> 40) as f64 / f64::from(1 << 24) - 0.5) * 0.1;
                let figure = load / truth * (1.0 + noise / f64::from(times).sqrt());
                let half = 0.05 / f64::from(times).sqrt();
                match figure {
                    f if f * (1.0 + half) <= 1.0 => Answer::Kept,
                    f if f * (1.0 - half) > 1.0 => Answer::Broken,
                    f if f <= 1.0 => Answer::Unsure { leaning: Leaning::Kept },
                    _ => Answer::Unsure { leaning: Leaning::Broken },
                }
            };
            let (line, offered) = search(RANGE, noisy);
            let line = line.unwrap();
            prop_assert!((line / truth - 1.0).abs() < 0.17 || (line - truth).abs() <= 1.0,
                         "{line} of {truth}");
            prop_assert!(offered <= 20, "{offered}");
        }
    }
}
