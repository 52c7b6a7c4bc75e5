//! Loads of an estimate: requests in flight, or requests per second.

use super::range::{Loads, doubling, number};
use std::str::FromStr;

/// Requests in flight: numbers, and `max` for as many as the KV cache holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InFlight(Vec<Item>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    /// This many.
    Listed(u32),
    /// As many as the cache holds.
    Max,
    /// Doubling from here to as many as the cache holds.
    UpToMax(u32),
}

/// Most requests in flight that an estimate is asked for.
const MOST: u32 = 1_000_000;

impl FromStr for InFlight {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut items = Vec::new();
        for part in text.split(',').map(str::trim) {
            match part.split_once("..") {
                _ if part == "max" => items.push(Item::Max),
                Some((low, "max")) => items.push(Item::UpToMax(number(low, MOST)?)),
                Some((low, high)) => {
                    let range = doubling(number(low, MOST)?, number(high, MOST)?)?;
                    items.extend(range.into_iter().map(Item::Listed));
                }
                None => items.push(Item::Listed(number(part, MOST)?)),
            }
        }
        Ok(Self(items))
    }
}

impl InFlight {
    /// What estimates are for when nobody says.
    pub(crate) fn usual() -> Self {
        Self(vec![Item::Listed(64)])
    }

    /// In rising order, each once; `held` is what the cache holds.
    pub(crate) fn loads(&self, held: u64) -> Vec<u64> {
        let held = u32::try_from(held.max(1)).unwrap_or(u32::MAX);
        let of = |item: &Item| match *item {
            Item::Listed(n) => vec![n],
            Item::Max => vec![held],
            Item::UpToMax(low) => doubling(low, held).unwrap_or_else(|_| vec![held]),
        };
        Loads::of(self.0.iter().flat_map(of).collect()).0.into_iter().map(u64::from).collect()
    }
}

/// Requests per second, in rising order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rates(pub(crate) Vec<f64>);

impl FromStr for Rates {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rate = |part: &str| match part.trim().parse::<f64>() {
            Ok(rate) if rate > 0.0 && rate <= 1e6 => Ok(rate),
            _ => Err(format!("`{part}` is out of range: requests per second, such as 0.5,1,2")),
        };
        let mut rates = text.split(',').map(rate).collect::<Result<Vec<_>, _>>()?;
        rates.sort_by(f64::total_cmp);
        rates.dedup();
        Ok(Self(rates))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn max_is_what_the_cache_holds() {
        for (text, loads) in [
            ("max", vec![100]),
            ("1,max", vec![1, 100]),
            ("1..8,max", vec![1, 2, 4, 8, 100]),
            ("16..max", vec![16, 32, 64, 100]),
            ("400..max", vec![100]),
            ("100,max", vec![100]),
        ] {
            assert_eq!(text.parse::<InFlight>().unwrap().loads(100), loads, "{text}");
        }
        for text in ["", "maximum", "max..4", "0", "-1", "1.5", "1..0"] {
            assert!(text.parse::<InFlight>().is_err(), "{text}");
        }
    }

    #[test]
    fn rates_are_positive_and_finite() {
        assert_eq!("2,0.5,2".parse(), Ok(Rates(vec![0.5, 2.0])));
        for text in ["", "0", "-1", "nan", "inf", "1,,2"] {
            assert!(text.parse::<Rates>().is_err(), "{text}");
        }
    }
}
