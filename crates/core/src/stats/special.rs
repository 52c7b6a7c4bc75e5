//! The few distribution functions that intervals and tests need.

/// P(X <= `x`) of a Beta(`a`, `b`) variable: the regularised incomplete beta function, by its
/// continued fraction (NIST Digital Library of Mathematical Functions, 8.17.22) with Lentz's method.
pub(crate) fn beta_cdf(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // The fraction converges quickly below the mean only; beyond it the other tail is summed.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - beta_cdf(1.0 - x, b, a);
    }
    let ln_front = libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b)
        + a * libm::log(x)
        + b * libm::log1p(-x);
    libm::exp(ln_front) / a * fraction(x, a, b)
}

#[expect(clippy::many_single_char_names, reason = "the names of DLMF 8.17 and of Lentz")]
fn fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    const TERMS: u32 = 10_000;
    let away = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let (mut c, mut sum) = (1.0, d);
    for m in 1..TERMS {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut step = 1.0;
        for term in [even, odd] {
            d = 1.0 / away(1.0 + term * d);
            c = away(1.0 + term / c);
            step = d * c;
            sum *= step;
        }
        if (step - 1.0).abs() < 1e-14 {
            break;
        }
    }
    sum
}

/// P(T <= `t`) of Student's t with `df` degrees of freedom.
pub(crate) fn t_cdf(t: f64, df: f64) -> f64 {
    let tail = 0.5 * beta_cdf(df / (df + t * t), df / 2.0, 0.5);
    if t > 0.0 { 1.0 - tail } else { tail }
}

/// The value below which Student's t with `df` degrees of freedom lies with probability `p`.
pub(crate) fn t_quantile(p: f64, df: f64) -> f64 {
    solve(-1e4, 1e4, |t| t_cdf(t, df) < p)
}

/// P(Z <= `z`) of the standard normal.
pub(crate) fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
}

/// The value below which the standard normal lies with probability `p`.
pub(crate) fn normal_quantile(p: f64) -> f64 {
    solve(-40.0, 40.0, |z| normal_cdf(z) < p)
}

/// Where `below` turns from true to false between `low` and `high`, by halving.
pub(crate) fn solve(mut low: f64, mut high: f64, below: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..52 {
        let middle = f64::midpoint(low, high);
        if below(middle) { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: f64, want: f64) {
        assert!((got - want).abs() < 1e-6 * want.abs().max(1.0), "{got}, not {want}");
    }

    #[test]
    fn quantiles_are_those_of_the_tables() {
        // NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.1 and 1.3.6.7.2.
        close(normal_quantile(0.975), 1.959_964);
        close(t_quantile(0.975, 1.0), 12.706_205);
        close(t_quantile(0.975, 29.0), 2.045_230);
        close(t_quantile(0.95, 9.0), 1.833_113);
    }

    #[test]
    fn a_beta_of_whole_numbers_is_a_binomial() {
        // I_x(k, n - k + 1) = P(Binomial(n, x) >= k), DLMF 8.17.5.
        let binomial = |n: i32, k: i32, x: f64| -> f64 {
            let choose =
                |k: i32| (0..k).map(|i| f64::from(n - i) / f64::from(i + 1)).product::<f64>();
            (k..=n).map(|i| choose(i) * x.powi(i) * (1.0 - x).powi(n - i)).sum()
        };
        for (n, k, x) in [(10, 3, 0.2), (20, 19, 0.9), (20, 1, 0.9), (50, 45, 0.95)] {
            close(beta_cdf(x, f64::from(k), f64::from(n - k + 1)), binomial(n, k, x));
        }
    }
}
