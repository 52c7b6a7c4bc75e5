//! Distributions as one types them: `512`, `normal:512,128`, `gamma:0.5`.

use crate::arrivals::Rhythm;
use crate::lengths::Marginal;
use crate::sharing::Turns;
use std::fmt;
use std::str::FromStr;

/// What was typed is no distribution.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// No such distribution.
    #[error("`{name}` is no distribution: {known}")]
    Unknown {
        /// What was typed before the colon.
        name: String,
        /// Those there are.
        known: &'static str,
    },
    /// Too few or too many numbers.
    #[error("{name} takes {takes}, not `{given}`")]
    Fields {
        /// The distribution.
        name: &'static str,
        /// What it takes.
        takes: &'static str,
        /// What was typed after the colon.
        given: String,
    },
    /// A field that is no such number.
    #[error("{name}: `{given}` is no {field}: {allowed}")]
    Field {
        /// The distribution.
        name: &'static str,
        /// The field.
        field: &'static str,
        /// What was typed.
        given: String,
        /// What it may be.
        allowed: &'static str,
    },
}

const MARGINALS: &str = "a number of tokens, normal:MEAN,SD, lognormal:MEAN,SD or uniform:LOW,HIGH";
const RHYTHMS: &str = "constant, poisson, gamma:BURSTINESS or bursts:SIZE";
const TURNS: &str = "a number of turns, or geometric:MEAN";
const MOST_TURNS: f64 = 1e4;
const TOKENS: &str = "tokens from 1 to 10000000";
const MOST_TOKENS: f64 = 1e7;

impl FromStr for Marginal {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let (name, fields) = text.split_once(':').unwrap_or((text, ""));
        match name {
            "normal" => {
                let (mean, sd) = pair("normal", "MEAN,SD", fields)?;
                let (mean, sd) = (tokens("normal", "mean", mean)?, spread("normal", sd)?);
                Ok(Self::Normal { mean, sd })
            }
            "lognormal" => {
                let (mean, sd) = pair("lognormal", "MEAN,SD", fields)?;
                let (mean, sd) = (tokens("lognormal", "mean", mean)?, spread("lognormal", sd)?);
                Ok(Self::LogNormal { mean, sd })
            }
            "uniform" => {
                let (low, high) = pair("uniform", "LOW,HIGH", fields)?;
                let least = tokens("uniform", "low", low)? as u32;
                let most = tokens("uniform", "high", high)? as u32;
                if most < least {
                    let allowed = "tokens, not fewer than low";
                    return Err(field("uniform", "high", high, allowed));
                }
                Ok(Self::Uniform { low: least, high: most })
            }
            _ => match text.parse::<u32>() {
                Ok(length) => {
                    Ok(Self::Fixed(tokens("fixed", "length", &length.to_string())? as u32))
                }
                Err(_) => Err(SpecError::Unknown { name: name.to_owned(), known: MARGINALS }),
            },
        }
    }
}

impl FromStr for Rhythm {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let (name, value) = text.split_once(':').unwrap_or((text, ""));
        match name {
            "constant" => Ok(Self::Constant),
            "poisson" => Ok(Self::Poisson),
            "gamma" => {
                let shape = value.parse().ok().filter(|x: &f64| x.is_finite() && *x > 0.0);
                let allowed = "above 0, where 1 is Poisson";
                shape.map(Self::Gamma).ok_or_else(|| field("gamma", "burstiness", value, allowed))
            }
            "bursts" => {
                let size = value.parse().ok().filter(|size: &u32| *size > 0);
                let allowed = "requests, at least 1";
                size.map(Self::Bursts).ok_or_else(|| field("bursts", "size", value, allowed))
            }
            _ => Err(SpecError::Unknown { name: name.to_owned(), known: RHYTHMS }),
        }
    }
}

impl FromStr for Turns {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let (name, value) = text.split_once(':').unwrap_or(("", text));
        let fits = |turns: &f64| (1.0..=MOST_TURNS).contains(turns);
        match name {
            "" => match value.parse::<u32>() {
                Ok(turns) if fits(&f64::from(turns)) => Ok(Self::Fixed(turns)),
                Ok(_) => Err(field("fixed", "number of turns", value, "from 1 to 10000")),
                Err(_) => Err(SpecError::Unknown { name: text.to_owned(), known: TURNS }),
            },
            "geometric" => {
                let mean = value.parse().ok().filter(fits);
                let allowed = "turns from 1 to 10000";
                mean.map(Self::Geometric).ok_or_else(|| field("geometric", "mean", value, allowed))
            }
            _ => Err(SpecError::Unknown { name: name.to_owned(), known: TURNS }),
        }
    }
}

impl fmt::Display for Turns {
    /// As one types it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(turns) => write!(f, "{turns}"),
            Self::Geometric(mean) => write!(f, "geometric:{mean}"),
        }
    }
}

impl fmt::Display for Rhythm {
    /// As one types it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant => f.write_str("constant"),
            Self::Poisson => f.write_str("poisson"),
            Self::Gamma(burstiness) => write!(f, "gamma:{burstiness}"),
            Self::Bursts(size) => write!(f, "bursts:{size}"),
        }
    }
}

fn pair<'a>(
    name: &'static str,
    takes: &'static str,
    fields: &'a str,
) -> Result<(&'a str, &'a str), SpecError> {
    let given = || SpecError::Fields { name, takes, given: fields.to_owned() };
    let (first, second) = fields.split_once(',').ok_or_else(given)?;
    if second.contains(',') { Err(given()) } else { Ok((first.trim(), second.trim())) }
}

fn tokens(name: &'static str, of: &'static str, given: &str) -> Result<f64, SpecError> {
    let number = given.parse().ok().filter(|x: &f64| (1.0..=MOST_TOKENS).contains(x));
    number.ok_or_else(|| field(name, of, given, TOKENS))
}

fn spread(name: &'static str, given: &str) -> Result<f64, SpecError> {
    let number = given.parse().ok().filter(|x: &f64| (0.0..=MOST_TOKENS).contains(x));
    number.ok_or_else(|| field(name, "deviation", given, "tokens from 0 to 10000000"))
}

fn field(name: &'static str, field: &'static str, given: &str, allowed: &'static str) -> SpecError {
    SpecError::Field { name, field, given: given.to_owned(), allowed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distributions_read_back_as_they_print() {
        for text in ["512", "normal:512,128", "lognormal:2433.5,5706", "uniform:1,4096"] {
            assert_eq!(text.parse::<Marginal>().unwrap().to_string(), text);
        }
        for text in ["constant", "poisson", "gamma:0.5", "bursts:8"] {
            assert_eq!(text.parse::<Rhythm>().unwrap().to_string(), text);
        }
        for text in ["5", "geometric:3.5"] {
            assert_eq!(text.parse::<Turns>().unwrap().to_string(), text);
        }
        for text in ["0", "-1", "geometric:0.5", "geometric:nan", "some", "poisson:3", ""] {
            assert!(text.parse::<Turns>().is_err(), "{text}");
        }
        assert_eq!("gamma:0.5".parse(), Ok(Rhythm::Gamma(0.5)));
        assert_eq!("bursts:8".parse(), Ok(Rhythm::Bursts(8)));
        assert_eq!(
            ("poisson".parse(), "constant".parse()),
            (Ok(Rhythm::Poisson), Ok(Rhythm::Constant))
        );
    }

    #[test]
    fn an_error_names_the_field() {
        for (text, error) in [
            ("normal:512", "normal takes MEAN,SD, not `512`"),
            ("normal:512,-1", "normal: `-1` is no deviation: tokens from 0 to 10000000"),
            ("lognormal:0,1", "lognormal: `0` is no mean: tokens from 1 to 10000000"),
            ("uniform:9,3", "uniform: `3` is no high: tokens, not fewer than low"),
            ("uniform:1,2,3", "uniform takes LOW,HIGH, not `1,2,3`"),
            ("0", "fixed: `0` is no length: tokens from 1 to 10000000"),
        ] {
            assert_eq!(text.parse::<Marginal>().unwrap_err().to_string(), error);
        }
        let unknown = "zipf:3".parse::<Marginal>().unwrap_err().to_string();
        assert!(unknown.starts_with("`zipf` is no distribution: a number of tokens"), "{unknown}");
        let burst = "bursts:0".parse::<Rhythm>().unwrap_err().to_string();
        assert_eq!(burst, "bursts: `0` is no size: requests, at least 1");
        assert!("gamma:inf".parse::<Rhythm>().is_err());
    }
}
