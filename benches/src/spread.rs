//! A median with the lowest and highest value beside it.

use std::fmt;

/// What several rounds gave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    /// The middle value; the mean of the two middle ones of an even number.
    pub(crate) median: f64,
    low: f64,
    high: f64,
}

impl Spread {
    /// Of these values; zeros if there are none.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let at = |place: usize| values.get(place).copied().unwrap_or_default();
        let n = values.len();
        let median = f64::midpoint(at(n.saturating_sub(1) / 2), at(n / 2));
        Self { median, low: at(0), high: at(n.saturating_sub(1)) }
    }
}

/// `median (low..high)`, with the precision of the format: `{:.2}`.
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = f.precision().unwrap_or(2);
        let Self { median, low, high } = self;
        write!(f, "{median:.digits$} ({low:.digits$}..{high:.digits$})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_the_middle() {
        assert_eq!(Spread::of([3.0, 1.0, 2.0]).to_string(), "2.00 (1.00..3.00)");
        assert_eq!(format!("{:.1}", Spread::of([4.0, 1.0])), "2.5 (1.0..4.0)");
        assert_eq!(format!("{:.0}", Spread::of([])), "0 (0..0)");
    }
}
