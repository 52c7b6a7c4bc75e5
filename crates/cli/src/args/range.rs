//! Lists and ranges: `1,2,4`, `1..64` (doubling), and both mixed.

use std::str::FromStr;

/// Whole numbers above zero, in rising order, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Loads(pub(crate) Vec<u32>);

/// Most requests in flight that one client can keep: it runs out of ports beyond.
const MOST: u32 = 28_000;

impl FromStr for Loads {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut loads = Vec::new();
        for item in text.split(',').map(str::trim) {
            match item.split_once("..") {
                Some((low, high)) => loads.extend(doubling(number(low)?, number(high)?)?),
                None => loads.push(number(item)?),
            }
        }
        loads.sort_unstable();
        loads.dedup();
        Ok(Self(loads))
    }
}

fn number(text: &str) -> Result<u32, String> {
    match text.trim().parse::<u32>() {
        Ok(n) if (1..=MOST).contains(&n) => Ok(n),
        _ => Err(format!(
            "`{text}` is no load: whole numbers from 1 to {MOST}, such as 1,2,4 or 1..64"
        )),
    }
}

/// `1..64` is 1, 2, 4 ... 64; the upper end is always in it.
fn doubling(low: u32, high: u32) -> Result<Vec<u32>, String> {
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
            assert_eq!(text.parse(), Ok(Loads(loads)), "{text}");
        }
        for text in ["", "0", "-1", "1.5", "1,,2", "4..2", "99999999999", "max", "1..0"] {
            assert!(text.parse::<Loads>().is_err(), "{text}");
        }
    }
}
