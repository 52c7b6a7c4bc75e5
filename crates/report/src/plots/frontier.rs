//! The frontier: how much throughput is had at which speed for each request.
//!
//! A machine serves more tokens when it serves more requests at once, and each of them slower. The
//! points that no other point beats on both counts are the Pareto line; what lies right of a
//! promise's limit keeps it.

use super::curve::{PlotRequest, legend, subtitle, title};
use super::tiers::short_name;
use crate::chart::{Axis, Chart, Panel, Region, Scale, Series, Stroke, Tag};
use crate::numbers::plain;
use crate::words;
use farebox_core::{LoadCurve, LoadPoint, Metric, Slo, Statistic};

/// Throughput against the speed of a request, and against its first token.
pub fn frontier_chart(request: &PlotRequest<'_>) -> Chart {
    let per_gpu = request.curves.iter().all(|curve| curve.deployment.gpus().is_some());
    let captions = [
        "Each point is a load; the broken line joins those that no other point beats on both counts.",
        "Shaded: where promises are kept, as far as this latency decides it.",
    ];
    let shown = if request.slos.is_empty() { 1 } else { 2 };
    Chart {
        title: title(request.curves),
        subtitle: subtitle(request.curves),
        legend: legend(request.curves),
        panels: [SPEED, FIRST_TOKEN].iter().map(|view| panel(request, view, per_gpu)).collect(),
        captions: captions[..shown].iter().map(|&caption| caption.to_owned()).collect(),
    }
}

/// What stands on the x axis, and which way is good.
struct View {
    metric: Metric,
    axis: &'static str,
    scale: Scale,
    /// A latency in milliseconds as a place on the axis.
    place: fn(f64) -> f64,
    /// Whether further right is better.
    rising: bool,
}

const SPEED: View = View {
    metric: Metric::Tpot,
    axis: "output tokens per second of one request (1000 / tpot)",
    scale: Scale::Linear,
    place: |ms| 1000.0 / ms,
    rising: true,
};

const FIRST_TOKEN: View = View {
    metric: Metric::Ttft,
    axis: "time to first token, ttft (ms)",
    scale: Scale::Log10,
    place: |ms| ms,
    rising: false,
};

fn panel(request: &PlotRequest<'_>, view: &View, per_gpu: bool) -> Panel {
    let statistic = statistic(request, view);
    let points = |curve: &LoadCurve| -> Vec<(&'static str, f64, (f64, f64))> {
        let gpus = if per_gpu { f64::from(curve.deployment.gpus().unwrap_or(1)) } else { 1.0 };
        let of = |point: &LoadPoint| {
            let latency = point.latency(view.metric.on(point.clock()))?.at(statistic)?.get();
            let place = ((view.place)(latency), point.output_tok_per_s.get() / gpus);
            let drawn = place.0.is_finite() && place.1.is_finite();
            drawn.then_some((point.offered.kind.name(), point.offered.value, place))
        };
        curve.points.iter().filter_map(of).collect()
    };
    let clouds: Vec<_> = request.curves.iter().map(points).collect();
    let best = pareto(clouds.iter().flatten().map(|(.., place)| *place).collect(), view.rising);
    let line = (best.len() > 1).then(|| Series {
        // Grey, and under the points.
        hue: GREY,
        stroke: Stroke::Dashed,
        points: best,
        ..Series::default()
    });
    let dots = clouds.iter().enumerate().map(|(hue, cloud)| Series {
        hue,
        stroke: Stroke::Dots,
        points: cloud.iter().map(|(.., place)| *place).collect(),
        ..Series::default()
    });
    let tags = clouds.iter().flatten();
    let tag = |(kind, load, at): &(&str, f64, (f64, f64))| Tag {
        at: *at,
        label: format!("{} {}", &kind[..1], plain(*load)),
    };
    let unit = if per_gpu { "per accelerator" } else { "of the deployment" };
    Panel {
        title: format!(
            "Output tokens per second {unit}, against {} at {statistic}",
            view.metric.name()
        ),
        x: Axis { label: view.axis.to_owned(), scale: view.scale },
        y: Axis::default(),
        series: line.into_iter().chain(dots).collect(),
        regions: request.slos.iter().filter_map(|slo| region(slo, request.slos, view)).collect(),
        tags: tags.map(tag).collect(),
        empty: "not measured".to_owned(),
        ..Panel::default()
    }
}

/// The last hue, which no legend of fewer than seven curves uses.
const GREY: usize = 6;

/// The strictest promise's statistic, else p90; the mean where nothing else is known.
fn statistic(request: &PlotRequest<'_>, view: &View) -> Statistic {
    let bounds = request.slos.iter().flat_map(Slo::bounds);
    let promised = bounds.filter(|bound| bound.metric == view.metric).map(|bound| bound.statistic);
    let wanted = promised.into_iter().next().unwrap_or(Statistic::Percentile(90.0));
    let known = |point: &LoadPoint| {
        point.latency(view.metric.on(point.clock())).is_some_and(|d| d.at(wanted).is_some())
    };
    let any = request.curves.iter().flat_map(|curve| &curve.points).any(known);
    if any { wanted } else { Statistic::Mean }
}

fn region(slo: &Slo, slos: &[Slo], view: &View) -> Option<Region> {
    let bounds = slo.bounds().iter().filter(|bound| bound.metric == view.metric);
    let bound = bounds.min_by(|a, b| a.limit.get().total_cmp(&b.limit.get()))?;
    let edge = Some((view.place)(bound.limit.get()));
    let (name, limit) = (short_name(slo, slos), words::limit(bound.limit));
    Some(Region {
        x: if view.rising { (edge, None) } else { (None, edge) },
        label: format!("{name}: {} {} ≤ {limit}", bound.metric, bound.statistic),
        ..Region::default()
    })
}

/// The points that no other beats on both counts, by rising x.
fn pareto(mut points: Vec<(f64, f64)>, rising: bool) -> Vec<(f64, f64)> {
    // From the best x to the worst: whatever lifts the throughput stays.
    points.sort_by(|a, b| if rising { b.0.total_cmp(&a.0) } else { a.0.total_cmp(&b.0) });
    let mut most = f64::NEG_INFINITY;
    points.retain(|(_, y)| {
        let lifts = *y > most;
        most = most.max(*y);
        lifts
    });
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pareto_line_keeps_what_nothing_beats() {
        let points = vec![(10.0, 100.0), (20.0, 80.0), (15.0, 70.0), (30.0, 10.0), (5.0, 90.0)];
        assert_eq!(pareto(points.clone(), true), [(10.0, 100.0), (20.0, 80.0), (30.0, 10.0)]);
        assert_eq!(pareto(points, false), [(5.0, 90.0), (10.0, 100.0)], "earlier is better");
        assert_eq!(pareto(Vec::new(), true), []);
    }
}
