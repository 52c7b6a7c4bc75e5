//! Figures as a person reads them. Files carry full precision; only text for eyes comes here.

/// What stands where nothing is known.
pub const UNKNOWN: &str = "—";

/// Dollars per million tokens, without the sign: four decimals, more below 0.1 so that four
/// figures remain, two from 100 on.
pub fn usd(dollars: f64) -> String {
    match dollars.abs() {
        x if !x.is_finite() => UNKNOWN.to_owned(),
        x if x >= 100.0 => grouped(dollars, 2),
        x if x >= 0.1 => format!("{dollars:.4}"),
        _ => significant(dollars, 4),
    }
}

/// Dollars for a bill, without the sign: cents, more figures where cents do not say it.
pub fn dollars(amount: f64) -> String {
    let cents = amount * 100.0;
    match amount.abs() {
        x if !x.is_finite() => UNKNOWN.to_owned(),
        x if x >= 100.0 || (cents - cents.round()).abs() < 1e-9 => grouped(amount, 2),
        _ => significant(amount, 4),
    }
}

/// A rate: three figures or so, thousands grouped.
pub fn rate(per_second: f64) -> String {
    magnitude(per_second)
}

/// Milliseconds, without the unit: three figures or so, thousands grouped.
pub fn ms(milliseconds: f64) -> String {
    magnitude(milliseconds)
}

/// A load or another number that is mostly whole: no trailing zeros.
pub fn plain(number: f64) -> String {
    match number {
        x if !x.is_finite() => UNKNOWN.to_owned(),
        x if x.fract().abs() < 1e-9 => grouped(x, 0),
        x if x.abs() < 1.0 => significant(x, 3),
        x => trimmed(&grouped(x, 2)).to_owned(),
    }
}

/// A tick of an axis: as short as it can be told apart.
pub fn tick(number: f64) -> String {
    match number.abs() {
        x if x >= 1e6 => format!("{}M", plain(number / 1e6)),
        x if x >= 1e4 => format!("{}k", plain(number / 1e3)),
        _ => plain(number),
    }
}

fn magnitude(number: f64) -> String {
    match number.abs() {
        x if !x.is_finite() => UNKNOWN.to_owned(),
        x if x >= 99.95 => grouped(number, 0),
        x if x >= 9.995 => format!("{number:.1}"),
        x if x >= 0.01 || x <= 0.0 => format!("{number:.2}"),
        _ => significant(number, 3),
    }
}

/// `number` with so many significant figures, trailing zeros dropped; scientific below a
/// millionth.
fn significant(number: f64, figures: i32) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    let exponent = number.abs().log10().floor() as i32;
    if exponent < -6 {
        return format!("{number:.*e}", (figures - 1) as usize);
    }
    let decimals = (figures - 1 - exponent).max(0) as usize;
    trimmed(&format!("{number:.decimals$}")).to_owned()
}

/// Drops the zeros, and the point, that end a decimal number.
fn trimmed(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

/// `1234567.8` as `1,234,567.8`.
fn grouped(number: f64, decimals: usize) -> String {
    let text = format!("{number:.decimals$}");
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut out = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short_and_tell_apart() {
        for (got, expected) in [
            (usd(0.288_977), "0.2890"),
            (usd(1.214_396), "1.2144"),
            (usd(0.035_066), "0.03507"),
            (usd(0.000_000_012_34), "1.234e-8"),
            (usd(1234.5), "1,234.50"),
            (usd(f64::NAN), UNKNOWN),
            (dollars(5.0), "5.00"),
            (dollars(0.0451), "0.0451"),
            (dollars(98_765.432), "98,765.43"),
            (rate(1_234_567.0), "1,234,567"),
            (rate(81.74), "81.7"),
            (rate(0.0), "0.00"),
            (rate(0.001_234), "0.00123"),
            (ms(99.99), "100"),
            (ms(16.7), "16.7"),
            (ms(5.246), "5.25"),
            (plain(256.0), "256"),
            (plain(1.5), "1.5"),
            (plain(0.05), "0.05"),
            (tick(12_500.0), "12.5k"),
            (tick(2_000_000.0), "2M"),
            (tick(-5.0), "-5"),
        ] {
            assert_eq!(got, expected);
        }
    }
}
