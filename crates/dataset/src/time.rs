//! Times as sources write them, and the window of them that is asked for.

use crate::error::DatasetError;
use farebox_workload::Calendar;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::Value;
use std::fmt;
use std::str::FromStr;

/// A time on the clock it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// What it counts from.
    pub calendar: Calendar,
    /// Nanoseconds.
    pub ns: i64,
}

/// What a bare number of a source means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Seconds since some start.
    Seconds,
    /// Milliseconds since some start.
    Milliseconds,
    /// Told by its size: Unix seconds, milliseconds, microseconds or nanoseconds from 2001 on,
    /// else seconds since some start.
    BySize,
}

/// Reads a time; `None` for what is none.
pub(crate) fn moment(value: &Value, unit: Unit) -> Option<Moment> {
    match value {
        Value::Number(number) => from_number(number.as_f64()?, unit),
        Value::String(text) => from_text(text.trim(), unit),
        Value::Object(fields) => moment(fields.get("$date")?, unit),
        _ => None,
    }
}

fn from_number(number: f64, unit: Unit) -> Option<Moment> {
    let (calendar, scale) = match unit {
        Unit::Seconds => (Calendar::Relative, 1e9),
        Unit::Milliseconds => (Calendar::Relative, 1e6),
        Unit::BySize if number < 1e9 => (Calendar::Relative, 1e9),
        Unit::BySize if number < 1e12 => (Calendar::Utc, 1e9),
        Unit::BySize if number < 1e15 => (Calendar::Utc, 1e6),
        Unit::BySize if number < 1e18 => (Calendar::Utc, 1e3),
        Unit::BySize => (Calendar::Utc, 1.0),
    };
    let ns = (number * scale).round();
    (ns.abs() < 9.2e18).then_some(Moment { calendar, ns: ns as i64 })
}

/// RFC 3339, or a date and time without an offset, which is UTC in every trace we know.
fn from_text(text: &str, unit: Unit) -> Option<Moment> {
    if let Ok(number) = text.parse::<f64>() {
        return from_number(number, unit);
    }
    let ns = utc(text)?.as_nanosecond();
    Some(Moment { calendar: Calendar::Utc, ns: i64::try_from(ns).ok()? })
}

fn utc(text: &str) -> Option<Timestamp> {
    if let Ok(at) = Timestamp::from_str(text) {
        return Some(at);
    }
    let bare = text.strip_suffix(" UTC").unwrap_or(text);
    DateTime::from_str(bare).ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// From when to when: `from` is inside, `to` outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The clock it is on.
    pub calendar: Calendar,
    /// First nanosecond inside.
    pub from_ns: i64,
    /// First nanosecond after it.
    pub to_ns: i64,
}

/// Where a time lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Between the bounds.
    Inside,
    /// Before or after.
    Outside,
    /// On another clock, or no time at all.
    Unknown,
}

impl Window {
    /// Where `at` lies.
    pub fn place(&self, at: Option<Moment>) -> Place {
        match at {
            Some(at) if at.calendar == self.calendar => {
                let inside = (self.from_ns..self.to_ns).contains(&at.ns);
                if inside { Place::Inside } else { Place::Outside }
            }
            _ => Place::Unknown,
        }
    }
}

impl fmt::Display for Window {
    /// In full: the first moment inside and the first after it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bound = |ns: i64, open: i64| match self.calendar {
            _ if ns == open => String::new(),
            Calendar::Utc => Timestamp::from_nanosecond(i128::from(ns))
                .map_or_else(|_| ns.to_string(), |at| at.to_string()),
            Calendar::Relative => (ns as f64 / 1e9).to_string(),
        };
        write!(f, "{}..{}", bound(self.from_ns, i64::MIN), bound(self.to_ns, i64::MAX))
    }
}

impl FromStr for Window {
    type Err = DatasetError;

    /// `FROM..TO`: dates, both inside; RFC 3339 times, the last outside; or bare seconds of a
    /// trace that counts from its start. Either side may be left open.
    fn from_str(text: &str) -> Result<Self, DatasetError> {
        let wrong = || DatasetError::Window(text.to_owned());
        let (from, to) = text.split_once("..").ok_or_else(wrong)?;
        let from = Bound::read(from.trim()).ok_or_else(wrong)?;
        let to = Bound::read(to.trim()).ok_or_else(wrong)?;
        let calendar = match (from.calendar(), to.calendar()) {
            (Some(one), Some(other)) if one != other => return Err(wrong()),
            (Some(calendar), _) | (None, Some(calendar)) => calendar,
            (None, None) => return Err(wrong()),
        };
        let from_ns = from.first().unwrap_or(i64::MIN);
        let to_ns = to.after().unwrap_or(i64::MAX);
        (from_ns < to_ns).then_some(Self { calendar, from_ns, to_ns }).ok_or_else(wrong)
    }
}

/// One side of a window.
enum Bound {
    Open,
    Day(Date),
    At(Moment),
}

impl Bound {
    fn read(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::Open);
        }
        let seconds = text.strip_suffix('s').unwrap_or(text);
        if let Ok(seconds) = seconds.parse::<f64>() {
            return from_number(seconds, Unit::Seconds).map(Self::At);
        }
        // Where there is a time of day it counts; a bare date is all of its day.
        match Date::from_str(text) {
            Ok(day) if !text.contains(['T', ':']) => Some(Self::Day(day)),
            _ => from_text(text, Unit::Seconds).map(Self::At),
        }
    }

    fn calendar(&self) -> Option<Calendar> {
        match self {
            Self::Open => None,
            Self::Day(_) => Some(Calendar::Utc),
            Self::At(at) => Some(at.calendar),
        }
    }

    fn first(&self) -> Option<i64> {
        match self {
            Self::Open => None,
            Self::Day(day) => midnight(*day),
            Self::At(at) => Some(at.ns),
        }
    }

    fn after(&self) -> Option<i64> {
        match self {
            Self::Day(day) => midnight(day.tomorrow().ok()?),
            other => other.first(),
        }
    }
}

fn midnight(day: Date) -> Option<i64> {
    let at = day.to_zoned(TimeZone::UTC).ok()?.timestamp();
    i64::try_from(at.as_nanosecond()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_are_read_as_the_traces_write_them() {
        let ns = |value: Value, unit| moment(&value, unit).map(|at| (at.calendar, at.ns));
        let noon = Some((Calendar::Utc, 1_700_136_000_000_000_000));
        for text in ["2023-11-16T12:00:00Z", "2023-11-16 12:00:00", "2023-11-16T13:00:00+01:00"] {
            assert_eq!(ns(json!(text), Unit::BySize), noon, "{text}");
        }
        assert_eq!(
            ns(json!("2023-11-16 18:17:03.9799600"), Unit::BySize).unwrap().1 % 1_000_000_000,
            979_960_000
        );
        for number in [json!(1_700_136_000), json!(1_700_136_000_000_i64), json!("1700136000")] {
            assert_eq!(ns(number.clone(), Unit::BySize), noon, "{number}");
        }
        assert_eq!(ns(json!(40), Unit::Milliseconds), Some((Calendar::Relative, 40_000_000)));
        assert_eq!(ns(json!(1.5), Unit::Seconds), Some((Calendar::Relative, 1_500_000_000)));
        assert_eq!(ns(json!("soon"), Unit::BySize), None);
    }

    #[test]
    fn days_are_whole_and_times_are_exact() {
        let window: Window = "2024-03-17..2024-03-23".parse().unwrap();
        let place = |text: &str| window.place(moment(&json!(text), Unit::BySize));
        assert_eq!(place("2024-03-16T23:59:59Z"), Place::Outside);
        assert_eq!(place("2024-03-17T00:00:00Z"), Place::Inside);
        assert_eq!(place("2024-03-23T23:59:59.999Z"), Place::Inside);
        assert_eq!(place("2024-03-24T00:00:00Z"), Place::Outside);
        assert_eq!(window.place(None), Place::Unknown);
        assert_eq!(window.to_string(), "2024-03-17T00:00:00Z..2024-03-24T00:00:00Z");
        let trace: Window = "0..3600".parse().unwrap();
        assert_eq!(trace.to_string(), "0..3600");
        assert_eq!(trace.place(moment(&json!(3_599_999), Unit::Milliseconds)), Place::Inside);
        assert_eq!(trace.place(moment(&json!(3_600_000), Unit::Milliseconds)), Place::Outside);
        assert!("2024-03-17T12:00:00Z..".parse::<Window>().is_ok());
        for bad in ["", "..", "2024", "5..1", "0..2024-03-17", "a..b"] {
            assert!(bad.parse::<Window>().is_err(), "{bad}");
        }
    }
}
