//! A workload that is generated and then profiled gives the generator's parameters back.

use crate::support::{close, generated, planned, profile};
use farebox_workload::{Lengths, Marginal, Rhythm, Sharing, Workload, catalogue};
use proptest::prelude::*;

const N: usize = 4_000;

/// Five standard errors of a mean of `n`.
fn error(sd: f64, n: usize) -> f64 {
    5.0 * sd / (n as f64).sqrt()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn normal_and_uniform_lengths(mean in 400.0..4000.0f64, spread in 0.01..0.2f64,
                                  low in 1..500u32, more in 1..3000u32, seed in any::<u64>()) {
        let sd = mean * spread;
        let lengths = Lengths::Apart {
            isl: Marginal::Normal { mean, sd },
            osl: Marginal::Uniform { low, high: low + more },
        };
        let seen = profile(&generated(lengths, None, Sharing::Nothing), seed, N);
        prop_assert!((seen.isl_tokens.mean - mean).abs() < error(sd, N) + 0.5);
        prop_assert!((seen.isl_tokens.sd.unwrap() / sd - 1.0).abs() < 0.1);
        let (width, middle) = (f64::from(more) + 1.0, f64::from(low) + f64::from(more) / 2.0);
        prop_assert!((seen.osl_tokens.mean - middle).abs() < error(width / 12.0_f64.sqrt(), N));
        prop_assert!(seen.osl_tokens.max <= f64::from(low + more));
    }

    #[test]
    fn log_normal_lengths(mean in 200.0..4000.0f64, spread in 0.05..0.8f64, seed in any::<u64>()) {
        let sd = mean * spread;
        let isl = Marginal::LogNormal { mean, sd };
        let lengths = Lengths::Apart { isl, osl: Marginal::Fixed(7) };
        let seen = profile(&generated(lengths, None, Sharing::Nothing), seed, N);
        prop_assert!((seen.isl_tokens.mean - mean).abs() < error(sd, N) + 0.5);
        prop_assert!((seen.isl_tokens.sd.unwrap() / sd - 1.0).abs() < 0.3);
        prop_assert_eq!(seen.osl_tokens.sd, Some(0.0));
        // Half lie below the median, e^mu = mean / sqrt(1 + spread^2).
        let median = mean / (1.0 + spread * spread).sqrt();
        prop_assert!((seen.isl_tokens.percentile(50.0).unwrap() / median - 1.0).abs() < 0.12);
    }

    #[test]
    fn rates_and_burstiness(rate in 0.1..50.0f64, burstiness in 0.5..8.0f64, seed in any::<u64>()) {
        let gamma = Some((rate, Rhythm::Gamma(burstiness)));
        let seen = profile(&generated(Lengths::fixed(8, 8), gamma, Sharing::Nothing), seed, N);
        let arrivals = seen.arrivals.unwrap();
        let cv = burstiness.powf(-0.5);
        prop_assert!((arrivals.mean_rate_per_s / rate - 1.0).abs() < error(cv, N));
        // The shape's own error by likelihood is about sqrt(2 / n) for even arrivals, less for
        // clumped ones; that of the moments is larger.
        prop_assert!((arrivals.gamma_shape.unwrap() / burstiness - 1.0).abs() < 0.12);
        prop_assert!((arrivals.burstiness.unwrap() / burstiness - 1.0).abs() < 0.4);
    }
}

#[test]
fn an_embedded_profile_comes_back_from_what_it_generates() {
    for name in ["wildchat-2024-03", "azure-conv-2023-11", "azure-code-2023-11", "mooncake-conv"] {
        let Some(catalogue::Entry::Profile(embedded)) = catalogue::find(name) else { panic!() };
        let source = embedded.traffic().unwrap();
        let lengths = Lengths::of(&source).unwrap();
        let n = 60_000;
        let seen = profile(&Workload::of_lengths(lengths), 11, n);
        for (seen, source) in
            [(&seen.isl_tokens, &source.isl_tokens), (&seen.osl_tokens, &source.osl_tokens)]
        {
            let sd = source.sd.unwrap();
            assert!(
                (seen.mean - source.mean).abs() < error(sd, n),
                "{name}: {} {}",
                seen.mean,
                source.mean
            );
            close(seen.sd.unwrap(), sd, 0.08);
            for p in [50.0, 90.0, 99.0] {
                // Within one doubling, a profile knows no more than the mean.
                close(seen.percentile(p).unwrap(), source.percentile(p).unwrap(), 0.2);
            }
            assert!(seen.max <= source.max, "{name}: nothing longer than was seen");
        }
    }
}

#[test]
fn a_mixture_is_its_parts_by_weight() {
    let kinds = vec![(3.0, Lengths::fixed(100, 10)), (1.0, Lengths::fixed(900, 50))];
    let mixture = Lengths::mixture(kinds).unwrap();
    assert_eq!(mixture.means(), (300.0, 20.0));
    let seen = profile(&Workload::of_lengths(mixture), 3, N);
    close(seen.isl_tokens.mean, 300.0, 0.08);
    assert_eq!(seen.joint.len(), 2);
    assert_eq!(Lengths::mixture(vec![(0.0, Lengths::fixed(1, 1))]), None);
}

#[test]
fn the_same_seed_plans_the_same_requests() {
    let lengths = Lengths::Apart {
        isl: Marginal::LogNormal { mean: 512.0, sd: 300.0 },
        osl: Marginal::Normal { mean: 128.0, sd: 20.0 },
    };
    let workload = generated(lengths, Some((4.0, Rhythm::Gamma(0.7))), Sharing::Nothing);
    assert_eq!(planned(&workload, 42, 500), planned(&workload, 42, 500));
    assert_ne!(planned(&workload, 42, 500), planned(&workload, 43, 500));
    let first: Vec<_> = planned(&workload, 42, 3).iter().map(|p| (p.at_ns, p.isl, p.osl)).collect();
    let pinned = [
        (Some(491_072_126), 613, 108),
        (Some(802_596_629), 1010, 124),
        (Some(957_188_035), 512, 127),
    ];
    assert_eq!(first, pinned, "on every machine and in every release");
    // Another rhythm leaves the lengths as they were.
    let Workload::Generated(mut other) = workload.clone() else { panic!() };
    other.arrivals = None;
    let lengths =
        |plan: &Workload| planned(plan, 42, 500).iter().map(|p| (p.isl, p.osl)).collect::<Vec<_>>();
    assert_eq!(lengths(&workload), lengths(&Workload::Generated(other)));
}
