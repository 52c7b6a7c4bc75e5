//! Lists and ranges of positive numbers: `0.5,1,2`, `1..16` (doubling), and both mixed.

use std::str::FromStr;

/// Request rates or trace speeds, above zero, in rising order, each once.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rates(pub(crate) Vec<f64>);

/// More than one client can send.
const MOST: f64 = 100_000.0;
/// One request in about a day.
const LEAST: f64 = 1e-5;

impl FromStr for Rates {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut rates = Vec::new();
        for item in text.split(',').map(str::trim) {
            match item.split_once("..") {
                Some((low, high)) => rates.extend(doubling(number(low)?, number(high)?)?),
                None => rates.push(number(item)?),
            }
        }
        rates.sort_by(f64::total_cmp);
        rates.dedup();
        Ok(Self(rates))
    }
}

fn number(text: &str) -> Result<f64, String> {
    let number = text.trim().parse::<f64>().ok().filter(|n| (LEAST..=MOST).contains(n));
    number.ok_or_else(|| {
        format!(
            "`{text}` is neither rate nor speed: above 0 up to {MOST}, such as 0.5,1,2 or 1..16"
        )
    })
}

/// `1..16` is 1, 2, 4 ... 16; the upper end is always in it.
fn doubling(low: f64, high: f64) -> Result<Vec<f64>, String> {
    if low > high {
        return Err(format!("`{low}..{high}` runs downwards"));
    }
    let below = std::iter::successors(Some(low), |n| Some(n * 2.0)).take_while(|n| *n < high);
    Ok(below.chain([high]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_ranges_mix() {
        for (text, rates) in [
            ("4", vec![4.0]),
            ("2,0.5,2", vec![0.5, 2.0]),
            ("0.5..3", vec![0.5, 1.0, 2.0, 3.0]),
            ("1..4,100", vec![1.0, 2.0, 4.0, 100.0]),
        ] {
            assert_eq!(text.parse(), Ok(Rates(rates)), "{text}");
        }
        for text in ["", "0", "-1", "1,,2", "4..2", "inf", "NaN", "1e9", "0..4"] {
            assert!(text.parse::<Rates>().is_err(), "{text}");
        }
    }
}
