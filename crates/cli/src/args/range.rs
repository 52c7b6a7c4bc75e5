//! Lists and ranges: `1,2,4`, `1..64` (doubling), and both mixed.

use std::str::FromStr;

/// Whole numbers from 1 to `MOST`, in rising order, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counts<const MOST: u32>(pub(crate) Vec<u32>);

/// Requests in flight: one client runs out of ports beyond.
pub(crate) type Loads = Counts<28_000>;

/// How many accelerators share something.
pub(crate) type Widths = Counts<4096>;

/// Tokens of one request.
pub(crate) type Tokens = Counts<10_000_000>;

impl<const MOST: u32> FromStr for Counts<MOST> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut counts = Vec::new();
        for item in text.split(',').map(str::trim) {
            match item.split_once("..") {
                Some((low, high)) => {
                    counts.extend(doubling(number(low, MOST)?, number(high, MOST)?)?);
                }
                None => counts.push(number(item, MOST)?),
            }
        }
        Ok(Self::of(counts))
    }
}

impl<const MOST: u32> Counts<MOST> {
    /// These numbers, sorted, each once.
    pub(crate) fn of(mut counts: Vec<u32>) -> Self {
        counts.sort_unstable();
        counts.dedup();
        Self(counts)
    }
}

/// A whole number from 1 to `most`.
pub(crate) fn number(text: &str, most: u32) -> Result<u32, String> {
    match text.trim().parse::<u32>() {
        Ok(n) if (1..=most).contains(&n) => Ok(n),
        _ => Err(format!(
            "`{text}` is out of range: whole numbers from 1 to {most}, such as 1,2,4 or 1..64"
        )),
    }
}

/// `1..64` is 1, 2, 4 ... 64; the upper end is always in it.
pub(crate) fn doubling(low: u32, high: u32) -> Result<Vec<u32>, String> {
    if low > high {
        return Err(format!("`{low}..{high}` runs downwards"));
    }
    let below = std::iter::successors(Some(low), |n| n.checked_mul(2)).take_while(|n| *n < high);
    Ok(below.chain([high]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_ranges_mix() {
        for (text, loads) in [
            ("4", vec![4]),
            ("8,1,2,2", vec![1, 2, 8]),
            ("1..8", vec![1, 2, 4, 8]),
            ("3..20", vec![3, 6, 12, 20]),
            ("1..4,100", vec![1, 2, 4, 100]),
        ] {
            assert_eq!(text.parse(), Ok(Counts::<28_000>(loads)), "{text}");
        }
        for text in ["", "0", "-1", "1.5", "1,,2", "4..2", "99999999999", "max", "1..0"] {
            assert!(text.parse::<Loads>().is_err(), "{text}");
        }
        assert!("4097".parse::<Widths>().is_err());
    }
}
