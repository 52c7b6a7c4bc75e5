//! What is known of a latency: a bare mean, a set of quantiles, a sketch, or every sample.
//!
//! A percentile asked of a bare mean is *undecidable* and comes back as `None`; nobody may take
//! that for a pass.

use crate::metric::Statistic;
use crate::quantity::Milliseconds;
use crate::stats::{Samples, Sketch};
use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, SerializeStruct, Serializer};

/// A latency distribution in milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub enum Distribution {
    /// Only the mean is known, as in results of tools that publish averages.
    Mean {
        /// The mean.
        mean: Milliseconds,
        /// How many samples it averages, where that is known.
        n: Option<u64>,
    },
    /// The mean and some quantiles, as read back from a file.
    Quantiles {
        /// The mean.
        mean: Milliseconds,
        /// How many samples stand behind it.
        n: u64,
        /// Pairs of percentile (0 to 100) and value, rising in the percentile.
        quantiles: Vec<(f64, Milliseconds)>,
    },
    /// Every sample, in milliseconds.
    Samples(Samples),
    /// Samples in buckets, where there are too many to keep.
    Sketch(Sketch),
}

impl Distribution {
    /// The distribution of these latencies; none if there are none.
    pub fn of(latencies: impl IntoIterator<Item = Milliseconds>) -> Option<Self> {
        let samples: Samples = latencies.into_iter().map(Milliseconds::get).collect();
        (!samples.is_empty()).then_some(Self::Samples(samples))
    }

    /// The distribution of these gaps; none if there are none.
    pub fn of_sketches<'a>(parts: impl IntoIterator<Item = &'a Sketch>) -> Option<Self> {
        let sketch = Sketch::merged(parts);
        (!sketch.is_empty()).then_some(Self::Sketch(sketch))
    }

    /// The arithmetic mean.
    pub fn mean(&self) -> Milliseconds {
        match self {
            Self::Mean { mean, .. } | Self::Quantiles { mean, .. } => *mean,
            Self::Samples(samples) => Milliseconds::new(samples.mean().unwrap_or(f64::NAN)),
            Self::Sketch(sketch) => from_ns(sketch.mean_ns().unwrap_or(f64::NAN)),
        }
    }

    /// How many samples stand behind the numbers; none where a foreign file does not say.
    pub fn n(&self) -> Option<u64> {
        match self {
            Self::Mean { n, .. } => *n,
            Self::Quantiles { n, .. } => Some(*n),
            Self::Samples(samples) => Some(samples.n() as u64),
            Self::Sketch(sketch) => Some(sketch.n()),
        }
    }

    /// The value of `statistic`, or none where it is not known: nothing is guessed between two
    /// known percentiles.
    pub fn at(&self, statistic: Statistic) -> Option<Milliseconds> {
        match (statistic, self) {
            (Statistic::Mean, _) => Some(self.mean()),
            (Statistic::Percentile(_), Self::Mean { .. }) => None,
            (Statistic::Percentile(p), Self::Quantiles { quantiles, .. }) => {
                let span = span(quantiles, p)?;
                (span.low == span.high).then_some(span.low)
            }
            (Statistic::Percentile(p), Self::Samples(samples)) => {
                samples.percentile(p).map(Milliseconds::new)
            }
            (Statistic::Percentile(p), Self::Sketch(sketch)) => {
                sketch.percentile_ns(p).map(from_ns)
            }
        }
    }

    /// Where the value of `statistic` surely lies, by the nearest percentiles known on either side;
    /// none of a percentile where only the mean is known.
    pub fn within(&self, statistic: Statistic) -> Option<Span> {
        match (statistic, self) {
            (Statistic::Percentile(p), Self::Quantiles { quantiles, .. }) => span(quantiles, p),
            _ => self.at(statistic).map(|value| Span { low: value, high: value }),
        }
    }

    /// The quantile table that goes into files: every whole percentile and 99.9.
    fn table(&self) -> Vec<(f64, Milliseconds)> {
        match self {
            Self::Mean { .. } => Vec::new(),
            Self::Quantiles { quantiles, .. } => quantiles.clone(),
            Self::Samples(_) | Self::Sketch(_) => {
                let percentiles = (0..100).map(f64::from).chain([99.9, 100.0]);
                percentiles.filter_map(|p| Some((p, self.at(Statistic::Percentile(p))?))).collect()
            }
        }
    }
}

fn from_ns(ns: f64) -> Milliseconds {
    Milliseconds::new(ns / 1e6)
}

/// The span that a value lies in, both ends included; without end where nothing higher is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// It is no less than this.
    pub low: Milliseconds,
    /// It is no more than this.
    pub high: Milliseconds,
}

/// The listed percentiles around `p`, which rise; none where there are none.
fn span(quantiles: &[(f64, Milliseconds)], p: f64) -> Option<Span> {
    let above = quantiles.iter().find(|(listed, _)| *listed >= p);
    let below = quantiles.iter().rev().find(|(listed, _)| *listed <= p);
    above.or(below)?;
    Some(Span {
        low: below.map_or(Milliseconds::new(0.0), |(_, value)| *value),
        high: above.map_or(Milliseconds::new(f64::INFINITY), |(_, value)| *value),
    })
}

/// The percentiles that files also carry under their own name.
const NAMED: [(&str, f64); 4] = [("p50", 50.0), ("p90", 90.0), ("p95", 95.0), ("p99", 99.0)];

impl Serialize for Distribution {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let table = self.table();
        let mut object = serializer.serialize_struct("Distribution", 3 + NAMED.len())?;
        object.serialize_field("mean", &self.mean())?;
        for (name, p) in NAMED {
            object.serialize_field(name, &self.at(Statistic::Percentile(p)))?;
        }
        object.serialize_field("n", &self.n())?;
        object.serialize_field("quantiles", &table)?;
        object.end()
    }
}

impl<'de> Deserialize<'de> for Distribution {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        struct File {
            mean: Milliseconds,
            #[serde(default)]
            n: Option<u64>,
            #[serde(default)]
            quantiles: Vec<(f64, Milliseconds)>,
        }
        let File { mean, n, quantiles } = File::deserialize(deserializer)?;
        Ok(match (n, quantiles.is_empty()) {
            (Some(n), false) => Self::Quantiles { mean, n, quantiles },
            (n, _) => Self::Mean { mean, n },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_of_a_bare_mean_is_undecidable() {
        let mean = Distribution::Mean { mean: Milliseconds::new(208.7), n: None };
        assert_eq!(mean.at(Statistic::Percentile(90.0)), None);
        assert_eq!(mean.at(Statistic::Mean), Some(Milliseconds::new(208.7)));
    }

    #[test]
    fn a_file_keeps_every_whole_percentile_and_decides_the_same() {
        let raw = Distribution::of((1..=1000).map(|i| Milliseconds::new(f64::from(i)))).unwrap();
        let json = serde_json::to_value(&raw).unwrap();
        assert_eq!(json["quantiles"].as_array().unwrap().len(), 102);
        assert_eq!(json["n"], 1000);
        let back: Distribution = serde_json::from_value(json).unwrap();
        for p in [1.0, 50.0, 90.0, 95.0, 99.0, 99.9] {
            let (a, b) = (raw.at(Statistic::Percentile(p)), back.at(Statistic::Percentile(p)));
            assert!((a.unwrap().get() - b.unwrap().get()).abs() < 1e-9, "p{p}");
        }
    }

    #[test]
    fn between_two_known_percentiles_nothing_is_guessed() {
        let ms = Milliseconds::new;
        let known = Distribution::Quantiles {
            mean: ms(40.0),
            n: 1000,
            quantiles: vec![(50.0, ms(30.0)), (99.0, ms(90.0))],
        };
        for (p, at, low, high) in [
            (50.0, Some(30.0), 30.0, 30.0),
            (90.0, None, 30.0, 90.0),
            (99.0, Some(90.0), 90.0, 90.0),
            (99.9, None, 90.0, f64::INFINITY),
            (25.0, None, 0.0, 30.0),
        ] {
            let asked = Statistic::Percentile(p);
            assert_eq!(known.at(asked), at.map(ms), "p{p}");
            let span = Span { low: ms(low), high: ms(high) };
            assert_eq!(known.within(asked), Some(span), "p{p}");
        }
        let json = serde_json::to_value(&known).unwrap();
        assert_eq!((&json["p50"], &json["p90"]), (&30.0.into(), &serde_json::Value::Null));
    }
}
