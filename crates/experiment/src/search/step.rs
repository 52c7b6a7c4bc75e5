//! Which load comes next.
//!
//! From the bottom of the range in strides until a load breaks the promise, then between the
//! highest load that keeps it and the lowest that breaks it. How far a figure is from its limit says
//! where: on straight lines between logarithms, a little below where it meets the limit and then a
//! little above. A curve with a knee fools that, so after some loads the ratio is halved. On the way a
//! figure decides even where its interval reaches over the limit; but the two loads between which
//! the line is found at last should be sure, so each is measured once more where it is not. When
//! that does not settle it, its figure decides: the load line is then where we are. A load
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
    /// The figure that is nearest to its limit or furthest over it, as a part of that limit; none
    /// where no figure says.
    pub strain: Option<f64>,
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

/// How far a stride goes while nothing is broken and nothing says how far it is.
const STRIDE: f64 = 4.0;
/// The shortest and the longest stride where figures do say.
const STRIDES: (f64, f64) = (2.0, 16.0);
/// How often a load is offered before its figure decides.
const TIMES: u32 = 2;
/// Figures that have not led to the line after so many loads do not lie on a straight one.
const TRUSTED: usize = 6;

/// What to do when this much is `known`, by rising load.
pub fn next(known: &[Known], range: Range) -> Step {
    let keeping = known.iter().take_while(|known| known.keeps()).count();
    let (kept, broken) = (known[..keeping].last(), known.get(keeping));
    let step = match (kept, broken) {
        (None, None) => Step::Offer(range.low),
        (None, Some(lowest)) if lowest.load > range.low => Step::Offer(range.low),
        (None, Some(_)) => Step::Done(None),
        (Some(kept), None) if kept.load >= range.high => Step::Done(Some(kept.load)),
        (Some(_), None) => range.beyond(&known[..keeping]),
        (Some(kept), Some(broken)) => range.between(kept, broken, known.len() <= TRUSTED),
    };
    match (step, kept.into_iter().chain(broken).find(|end| end.is_open())) {
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
    /// Above all loads that were offered, which all keep the promise: a little beyond where their
    /// figures are heading.
    fn beyond(self, kept: &[Known]) -> Step {
        let stride = match kept {
            [.., before, last] => {
                reach(before, last).map(|line| line * (1.0 + self.resolution).powi(2) / last.load)
            }
            _ => None,
        };
        let stride = stride.map_or(STRIDE, |stride| stride.clamp(STRIDES.0, STRIDES.1));
        let from = kept.last().map_or(self.low, |last| last.load);
        Step::Offer(self.grain.round(from * stride).min(self.high))
    }

    fn between(self, kept: &Known, broken: &Known, trusted: bool) -> Step {
        let (low, high) = (kept.load, broken.load);
        let half = (1.0 + self.resolution).sqrt();
        let line = reach(kept, broken).filter(|_| trusted);
        // Whichever side of the line is further from it is offered first.
        let aim = line.map(|line| if line / low > high / line { line / half } else { line * half });
        // Not so near an end that it would hardly move.
        let near = |load: f64| load.clamp(low * half, high / half);
        let wide = high > low * half * half;
        let load = aim.filter(|_| wide).map_or((low * high).sqrt(), near);
        match self.grain.inside(load, low, high) {
            Some(load) if high > low * (1.0 + self.resolution) => Step::Offer(load),
            _ => Step::Done(Some(low)),
        }
    }
}

/// The load at which the strain of two loads reaches 1, on a straight line between logarithms; none
/// where it does not rise.
fn reach(from: &Known, to: &Known) -> Option<f64> {
    let (low, high) = (from.strain?.max(f64::MIN_POSITIVE).ln(), to.strain?.ln());
    let share = -low / (high - low);
    let line = from.load * (to.load / from.load).powf(share);
    (high > low && line.is_finite()).then_some(line)
}

impl Grain {
    /// The load nearest to `load` between two others; none where there is none.
    fn inside(self, load: f64, low: f64, high: f64) -> Option<f64> {
        let load = match self {
            Self::Whole => self.round(load).max(low + 1.0).min(high - 1.0),
            Self::Any => load,
        };
        (low < load && load < high).then_some(load)
    }

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
        search_by(range, answer, |_| None)
    }

    /// The same where figures say how far it is.
    fn search_by(
        range: Range,
        answer: impl Fn(f64, u32) -> Answer,
        strain: impl Fn(f64) -> Option<f64>,
    ) -> (Option<f64>, u32) {
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
                        let (answer, strain) = (answer(load, 1), strain(load));
                        known.push(Known { load, answer, strain, times: 1 });
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

    /// Gaps grow with the batch, then requests queue: ten times worse for every doubling.
    fn knee(load: f64, truth: f64, knee: f64) -> f64 {
        let base = |load: f64| 0.2 + 0.8 * load / truth;
        if load <= knee { base(load) } else { base(knee) * (load / knee).powf(3.3) }
    }

    #[test]
    fn figures_lead_to_the_line_by_fewer_loads_than_nine() {
        let usual = Range { resolution: 0.25, ..RANGE };
        for truth in [1.5, 3.0, 7.3, 11.0, 16.4, 23.9, 50.0, 90.0, 131.0, 200.0] {
            // No load is sure at first where its figure is within a tenth of the limit.
            let answer = |load: f64, times| match load / truth {
                part if times == 1 && part > 0.9 && part <= 1.0 => {
                    Answer::Unsure { leaning: Leaning::Kept }
                }
                _ => sure(truth)(load, times),
            };
            let (line, offered) =
                search_by(usual, answer, |load| Some(knee(load, truth, 2.0 * truth)));
            let line = line.unwrap();
            assert!(line <= truth && truth < (line * 1.25).max(line + 1.0), "{line} of {truth}");
            assert!(offered < 9, "{offered} loads for {truth}");
        }
    }

    proptest! {
        /// Whatever the figures say, it ends, and at the line.
        #[test]
        fn figures_that_mislead_cost_loads_and_no_truth(
            truth in 1.0..256.0f64, resolution in 0.05..1.0f64, power in -1.0..6.0f64, seed: u64,
        ) {
            let range = Range { resolution, grain: Grain::Any, ..RANGE };
            let strain = |load: f64| {
                let noise = (load.to_bits() ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
                Some((load / truth).powf(power) * (0.5 + noise as f64 / f64::from(1 << 24)))
            };
            let (line, offered) = search_by(range, sure(truth), strain);
            let line = line.unwrap();
            prop_assert!(line <= truth && truth <= line * (1.0 + resolution) + 1e-9, "{line}");
            prop_assert!(offered <= 16, "{offered}");
        }

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
            // Between whole loads, a step of one beside the noise.
            prop_assert!((line / truth - 1.0).abs() < 0.17 || (line - truth).abs() <= 1.0 + 0.05 * truth,
                         "{line} of {truth}");
            prop_assert!(offered <= 20, "{offered}");
        }
    }
}
