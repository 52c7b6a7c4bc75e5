//! Where a machine of one's own beats a hosted model: what a month costs, against its requests.

use crate::chart::{Axis, Limit, Panel, Scale, Series, Stroke};
use farebox_price::BreakEven;

/// Dollars a month over requests a month, both by tens; each hosted model by its name.
pub fn break_even_panel(machine: &str, hosted: &[(String, BreakEven)]) -> Panel {
    let capacity = hosted.first().map_or(1.0, |(_, one)| one.requests_per_month_machine());
    let cost = hosted.first().map_or(1.0, |(_, one)| one.usd_per_month_machine());
    let meets: Vec<f64> = hosted.iter().filter_map(|(_, one)| one.requests_per_month()).collect();
    let low = meets.iter().copied().fold(capacity, f64::min) / 30.0;
    let high = (capacity * 4.0).max(low * 10.0);
    let own = Series {
        label: Some(machine.to_owned()),
        hue: 0,
        stroke: Stroke::Trace,
        points: staircase(capacity, cost, (low, high)),
        ..Series::default()
    };
    let others = hosted.iter().enumerate().map(|(index, (name, one))| Series {
        label: Some(name.clone()),
        hue: index + 1,
        stroke: Stroke::Trace,
        points: [low, high].map(|n| (n, n * one.usd_per_request_hosted())).into(),
        ..Series::default()
    });
    let marks = hosted.iter().filter_map(|(name, one)| {
        let label = if hosted.len() == 1 { "break-even".to_owned() } else { name.clone() };
        Some(Limit { at: one.requests_per_month()?, label })
    });
    Panel {
        title: "Dollars a month, against requests a month".to_owned(),
        x: Axis { label: "requests a month".to_owned(), scale: Scale::Log10 },
        y: Axis { label: String::new(), scale: Scale::Log10 },
        series: std::iter::once(own).chain(others).collect(),
        marks: marks.collect(),
        empty: "no price is known".to_owned(),
        ..Panel::default()
    }
}

/// One machine up to its capacity, then two, and so on; drawn with corners.
fn staircase(capacity: f64, cost: f64, (low, high): (f64, f64)) -> Vec<(f64, f64)> {
    let mut points = vec![(low, cost)];
    let steps = (high / capacity).ceil() as u32;
    for step in 1..=steps.min(MOST_STEPS) {
        let edge = (capacity * f64::from(step)).min(high);
        points.push((edge, cost * f64::from(step)));
        if edge < high {
            points.push((edge, cost * f64::from(step + 1)));
        }
    }
    points
}

/// More machines than a picture can tell apart.
const MOST_STEPS: u32 = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_staircase_has_a_step_per_machine() {
        let points = staircase(100.0, 5.0, (10.0, 250.0));
        assert_eq!(
            points,
            [(10.0, 5.0), (100.0, 5.0), (100.0, 10.0), (200.0, 10.0), (200.0, 15.0), (250.0, 15.0)]
        );
    }
}
