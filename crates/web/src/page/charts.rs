//! The charts of an answer.

use super::roofs;
use super::worked::Worked;
use farebox_core::curve::LoadKind;
use farebox_core::{LoadCurve, Slo};
use farebox_price::PriceSettings;
use farebox_report::chart::{Limit, Panel};
use farebox_report::numbers::plain;
use farebox_report::plots::{cost_chart, frontier_chart, roofline_panel};
use farebox_report::{PlotRequest, Size, panel_svg};
use serde::Serialize;

/// A chart, drawn.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Drawn {
    pub(super) id: &'static str,
    pub(super) title: String,
    pub(super) svg: String,
    pub(super) caption: String,
}

/// As wide as a column of a page, so that its letters are as large as those of the page.
pub(super) const SIZE: Size = Size { width: 440.0, height: 290.0 };

/// Every chart of `worked`; none where it does not fit.
pub(super) fn charts(worked: &Worked) -> Vec<Drawn> {
    let (Some(estimate), Some(curve)) = (&worked.estimate, &worked.curve) else {
        return Vec::new();
    };
    let mut charts = Vec::new();
    if let Some(roofline) = roofs::roofline(worked, estimate) {
        let caption = "How much is computed per byte read, and how fast. Below the slope memory is \
                       the limit, below the flat part arithmetic; what is missing to either is \
                       attention, links and overhead.";
        charts.push(drawn("roofline", &roofline_panel(&roofline), caption));
    }
    charts.extend(frontier(curve, worked.promise.as_ref()));
    charts.extend(cost(worked, curve));
    charts
}

fn drawn(id: &'static str, panel: &Panel, caption: &str) -> Drawn {
    let svg = panel_svg(panel, SIZE);
    Drawn { id, title: panel.title.clone(), svg, caption: caption.to_owned() }
}

/// Throughput against the speed of a request, and against its first token.
fn frontier(curve: &LoadCurve, promise: Option<&Slo>) -> Vec<Drawn> {
    let curves = std::slice::from_ref(curve);
    let slos = promise.map(std::slice::from_ref).unwrap_or_default();
    let chart = frontier_chart(&PlotRequest { curves, slos, price: None });
    let caption = match promise {
        Some(_) => {
            "Each point is a number of requests in flight; shaded is where the promise is kept."
        }
        None => {
            "Each point is a number of requests in flight. A promise, on the left, shades where it \
                 is kept."
        }
    };
    let ids = ["throughput-speed", "throughput-ttft"];
    chart.panels.iter().zip(ids).map(|(panel, id)| drawn(id, panel, caption)).collect()
}

/// What a token costs under rising load; none where the machine's price is unknown.
fn cost(worked: &Worked, curve: &LoadCurve) -> Option<Drawn> {
    let settings = PriceSettings::new(worked.rental.clone()?);
    let curves = std::slice::from_ref(curve);
    let slos = worked.promise.as_ref().map(std::slice::from_ref).unwrap_or_default();
    let chart = cost_chart(&PlotRequest { curves, slos, price: Some(&settings) })?;
    let mut panel = chart.panels.into_iter().next()?;
    if worked.load.kind == LoadKind::Concurrency {
        let at = worked.load.value;
        panel.marks.push(Limit { at, label: format!("here: {}", plain(at)) });
    }
    let caption = "The machine costs the same at any load: the more it serves, the less each token \
                   must pay.";
    Some(drawn("cost", &panel, caption))
}
