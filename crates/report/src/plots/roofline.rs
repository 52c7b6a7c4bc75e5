//! The roofline: what a machine can reach at an arithmetic intensity, and what it does reach.
//!
//! S. Williams, A. Waterman and D. Patterson, "Roofline: an insightful visual performance model for
//! multicore architectures" (2009).

use crate::chart::{Axis, Limit, Panel, Scale, Series, Stroke, Tag};

/// One accelerator, and what it does.
#[derive(Debug, Clone, PartialEq)]
pub struct Roofline {
    /// Bytes per second from memory.
    pub bandwidth: f64,
    /// Peaks with their names, the one that is used first, FLOP/s.
    pub peaks: Vec<(String, f64)>,
    /// What runs on it.
    pub points: Vec<Operating>,
}

/// Something that runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Operating {
    /// Its name.
    pub name: String,
    /// FLOP per byte read.
    pub intensity: f64,
    /// FLOP/s reached.
    pub flop_per_s: f64,
}

impl Roofline {
    /// FLOP per byte above which the first peak is the limit.
    pub fn ridge(&self) -> Option<f64> {
        Some(self.peaks.first()?.1 / self.bandwidth)
    }

    /// The most that is reached at `intensity`, FLOP/s.
    pub fn roof(&self, intensity: f64) -> Option<f64> {
        Some(self.peaks.first()?.1.min(self.bandwidth * intensity))
    }
}

/// TFLOP/s over FLOP per byte, both by tens.
pub fn roofline_panel(roofline: &Roofline) -> Panel {
    let ridges = roofline.peaks.iter().map(|(_, peak)| peak / roofline.bandwidth);
    let at = roofline.points.iter().map(|point| point.intensity);
    let placed: Vec<f64> = ridges.chain(at).filter(|x| x.is_finite() && *x > 0.0).collect();
    let low = placed.iter().copied().fold(f64::INFINITY, f64::min) / 4.0;
    let high = placed.iter().copied().fold(0.0, f64::max) * 4.0;
    let roofs = roofline.peaks.iter().enumerate().map(|(index, (name, peak))| {
        let ridge = peak / roofline.bandwidth;
        Series {
            label: Some(name.clone()),
            hue: if index == 0 { 0 } else { GREY },
            stroke: if index == 0 { Stroke::Trace } else { Stroke::Dashed },
            points: if index == 0 {
                vec![
                    (low, tera(low * roofline.bandwidth)),
                    (ridge, tera(*peak)),
                    (high, tera(*peak)),
                ]
            } else {
                vec![(ridge, tera(*peak)), (high, tera(*peak))]
            },
            ..Series::default()
        }
    });
    let points = roofline.points.iter().enumerate().map(|(index, point)| Series {
        hue: index + 1,
        stroke: Stroke::Dots,
        points: vec![(point.intensity, tera(point.flop_per_s))],
        ..Series::default()
    });
    let tag = |point: &Operating| Tag {
        at: (point.intensity, tera(point.flop_per_s)),
        label: point.name.clone(),
    };
    let ridge = roofline.ridge().map(|at| Limit { at, label: "ridge".to_owned() });
    Panel {
        title: "TFLOP/s of one GPU, against FLOP per byte read".to_owned(),
        x: Axis { label: "FLOP per byte".to_owned(), scale: Scale::Log10 },
        y: Axis { label: String::new(), scale: Scale::Log10 },
        series: roofs.chain(points).collect(),
        marks: ridge.into_iter().collect(),
        tags: roofline.points.iter().map(tag).collect(),
        empty: "no peak is stated".to_owned(),
        ..Panel::default()
    }
}

/// The hue of what is only for comparison.
const GREY: usize = 6;

fn tera(flop_per_s: f64) -> f64 {
    flop_per_s / 1e12
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roof_bends_at_the_ridge() {
        let roofline = Roofline {
            bandwidth: 2e12,
            peaks: vec![("bf16".to_owned(), 300e12)],
            points: vec![Operating { name: "decode".into(), intensity: 10.0, flop_per_s: 12e12 }],
        };
        assert_eq!(roofline.ridge(), Some(150.0));
        assert_eq!(roofline.roof(10.0), Some(20e12));
        assert_eq!(roofline.roof(1000.0), Some(300e12));
        let panel = roofline_panel(&roofline);
        let roof = &panel.series[0].points;
        assert_eq!(roof[1], (150.0, 300.0));
        assert_eq!(roof[2].1.to_bits(), roof[1].1.to_bits(), "flat behind it");
        assert_eq!((panel.tags[0].at, panel.marks[0].at), ((10.0, 12.0), 150.0));
    }
}
