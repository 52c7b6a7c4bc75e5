//! How shapes look, by class: the colours stand in `chart.css`, for light and for dark paper.

use crate::chart::{Series, Stroke};

/// Colours of the classes that charts use. An SVG of its own carries it; a page that holds charts
/// includes it once.
pub const CHART_CSS: &str = include_str!("chart.css");

/// So many hues there are; a further one is the first again, drawn broken.
pub(super) const HUES: usize = 7;

/// The colour of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paint {
    /// What must be read.
    Ink,
    /// What may be.
    Soft,
    /// What belongs to a line of this hue.
    Hue(usize),
}

impl Paint {
    pub(super) fn class(self) -> String {
        match self {
            Self::Ink => "fb-ink".to_owned(),
            Self::Soft => "fb-soft".to_owned(),
            Self::Hue(hue) => format!("fb-w{}", hue % HUES),
        }
    }
}

/// The classes of a line of this hue.
pub(super) fn line(hue: usize, stroke: Stroke) -> String {
    let broken = match stroke {
        Stroke::Dashed => " fb-dashed",
        Stroke::Solid | Stroke::Trace | Stroke::Dots if hue >= HUES => " fb-again",
        Stroke::Solid | Stroke::Trace | Stroke::Dots => "",
    };
    format!("fb-h{} fb-line{broken}", hue % HUES)
}

/// The classes of a point of this hue.
pub(super) fn dot(hue: usize) -> String {
    format!("fb-h{} fb-dot", hue % HUES)
}

/// The classes of an interval of this series.
pub(super) fn whisker(series: &Series) -> String {
    format!("fb-h{} fb-whisker", series.hue % HUES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hue_has_a_colour_for_lines_and_for_words_by_day_and_by_night() {
        for hue in 0..HUES {
            for class in [format!(".fb-h{hue}{{"), format!(".fb-w{hue}{{")] {
                assert_eq!(CHART_CSS.matches(&class).count(), 2, "{class}");
            }
        }
        assert!(!CHART_CSS.contains(&format!(".fb-h{HUES}")), "a hue that is never used");
        assert_ne!(line(0, Stroke::Solid), line(HUES, Stroke::Solid));
    }

    #[test]
    fn the_style_needs_no_escape_and_no_network() {
        assert!(!CHART_CSS.contains(['<', '&']) && !CHART_CSS.contains("]]>"));
        assert!(!CHART_CSS.contains("url(") && !CHART_CSS.contains("@import"));
    }
}
