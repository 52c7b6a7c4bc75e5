//! Random arrivals pass a Kolmogorov-Smirnov test, and keep what they promise.

use crate::support::close;
use farebox_workload::{Arrivals, HourlyRate, Rhythm};

const N: usize = 20_000;

fn gaps_s(rate: f64, rhythm: Rhythm, seed: u64) -> Vec<f64> {
    let times = Arrivals::new(rate, rhythm).unwrap().times_ns(seed);
    let times: Vec<u64> = std::iter::once(0).chain(times.take(N)).collect();
    times.windows(2).map(|pair| (pair[1] - pair[0]) as f64 / 1e9).collect()
}

/// Largest distance between the distribution of the sample and `cdf`, times the root of its size.
/// Above 1.63 in one of a hundred samples of a right distribution (Kolmogorov's limit).
fn kolmogorov_smirnov(mut sample: Vec<f64>, cdf: impl Fn(f64) -> f64) -> f64 {
    sample.sort_by(f64::total_cmp);
    let n = sample.len() as f64;
    let distance = sample.iter().enumerate().map(|(i, x)| {
        let expected = cdf(*x);
        (expected - i as f64 / n).abs().max(((i + 1) as f64 / n - expected).abs())
    });
    distance.fold(0.0, f64::max) * n.sqrt()
}

const LIMIT: f64 = 1.63;

#[test]
fn poisson_gaps_are_exponential() {
    let rate = 4.0;
    let exponential = |x: f64| 1.0 - (-rate * x).exp();
    let distance = kolmogorov_smirnov(gaps_s(rate, Rhythm::Poisson, 1), exponential);
    assert!(distance < LIMIT, "{distance}");
    let other = kolmogorov_smirnov(gaps_s(rate * 1.1, Rhythm::Poisson, 1), exponential);
    assert!(other > 3.0 * LIMIT, "the test tells a rate 10 % off: {other}");
}

#[test]
fn gamma_gaps_are_gamma_with_burstiness_for_a_shape() {
    let rate = 7.0;
    // Shape 2 is Erlang's; of shape 1/2 the integral is the error function.
    let erlang = |x: f64| 1.0 - (-2.0 * rate * x).exp() * (1.0 + 2.0 * rate * x);
    let half = |x: f64| libm::erf((0.5 * rate * x).sqrt());
    let even = kolmogorov_smirnov(gaps_s(rate, Rhythm::Gamma(2.0), 2), erlang);
    let clumped = kolmogorov_smirnov(gaps_s(rate, Rhythm::Gamma(0.5), 3), half);
    assert!(even < LIMIT && clumped < LIMIT, "{even}, {clumped}");
    let wrong = kolmogorov_smirnov(gaps_s(rate, Rhythm::Gamma(1.8), 2), erlang);
    assert!(wrong > LIMIT, "the test tells a shape of 1.8 from one of 2: {wrong}");
}

#[test]
fn a_poisson_count_varies_as_it_must() {
    // Arrivals in 10 s at 10 per second over 400 seeds: mean 100, variance 100. A process that is
    // rescaled to end on time would have a variance of 0.
    let counts: Vec<f64> = (0..400)
        .map(|seed| {
            let times = Arrivals::new(10.0, Rhythm::Poisson).unwrap().times_ns(seed);
            times.take_while(|at| *at < 10_000_000_000).count() as f64
        })
        .collect();
    let mean = counts.iter().sum::<f64>() / 400.0;
    let variance = counts.iter().map(|n| (n - mean).powi(2)).sum::<f64>() / 399.0;
    close(mean, 100.0, 0.02);
    close(variance, 100.0, 0.3);
}

#[test]
fn constant_arrivals_and_bursts_do_not_drift() {
    let at = |rhythm, n: usize| Arrivals::new(3.0, rhythm).unwrap().times_ns(0).nth(n).unwrap();
    assert_eq!(at(Rhythm::Constant, 0), 0);
    assert_eq!(at(Rhythm::Constant, 3_000_000), 1_000_000_000_000_000);
    let bursts: Vec<u64> = (0..7).map(|n| at(Rhythm::Bursts(3), n)).collect();
    assert_eq!(bursts, [0, 0, 0, 1_000_000_000, 1_000_000_000, 1_000_000_000, 2_000_000_000]);
}

#[test]
fn a_busy_hour_gets_its_share_of_the_day() {
    let mut by_hour = vec![Some(1.0); 24];
    by_hour[12] = Some(7.0); // 7 of 30 requests.
    let day = HourlyRate::new(&by_hour, 10).unwrap();
    let arrivals = Arrivals::new(1.0, Rhythm::Poisson).unwrap().over_the_day(day);
    let day_ns = 24 * 3_600_000_000_000_u64;
    let times: Vec<u64> = arrivals.times_ns(5).take_while(|at| *at < day_ns).collect();
    close(times.len() as f64, 86_400.0, 0.015);
    let third_hour = times.iter().filter(|at| **at / 3_600_000_000_000 == 2).count();
    close(third_hour as f64 / times.len() as f64, 7.0 / 30.0, 0.03);
}

#[test]
fn what_is_no_process_is_refused() {
    let error = |rate, rhythm| Arrivals::new(rate, rhythm).unwrap_err().to_string();
    assert_eq!(error(0.0, Rhythm::Poisson), "0 is no request rate: requests per second above 0");
    assert_eq!(error(1.0, Rhythm::Gamma(-1.0)), "-1 is no burstiness: above 0, where 1 is Poisson");
    assert!(Arrivals::new(f64::NAN, Rhythm::Constant).is_err());
}
