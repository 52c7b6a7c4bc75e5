//! The cost panel: input, output and blended for one curve, blended for several.

use super::curve::{PlotRequest, empty_panel, legend, subtitle, through, title};
use super::{captions, tiers};
use crate::chart::{Chart, Panel, Series};
use farebox_core::{LoadCurve, UsdPerMtok};
use farebox_price::{Price, PriceSettings};

/// A price's name and where it stands.
type Kind = (&'static str, fn(&Price) -> UsdPerMtok);

const BLENDED: Kind = ("blended", |price| price.usd_per_mtok_blended);
const INPUT: Kind = ("input", |price| price.usd_per_mtok_input);
const OUTPUT: Kind = ("output", |price| price.usd_per_mtok_output);

/// Dollars per million tokens at every load that can be priced.
pub(super) fn panel(request: &PlotRequest<'_>, settings: &PriceSettings) -> Panel {
    let series = match request.curves {
        [one] => [OUTPUT, BLENDED, INPUT]
            .iter()
            .zip([0, 2, 1])
            .map(|(kind, hue)| Series {
                label: Some(kind.0.to_owned()),
                ..line(one, settings, *kind, hue)
            })
            .collect(),
        many => {
            let each = many.iter().enumerate();
            each.map(|(hue, curve)| line(curve, settings, BLENDED, hue)).collect()
        }
    };
    let what = if request.curves.len() == 1 { "" } else { "blended " };
    Panel {
        series,
        empty: "no load can be priced".to_owned(),
        ..empty_panel(request.curves, &format!("Cost ({what}$ per million tokens)"))
    }
}

/// What tokens cost against load, by itself; none where nothing is known of the machine's price.
pub fn cost_chart(request: &PlotRequest<'_>) -> Option<Chart> {
    let panel = panel(request, request.price?);
    Some(Chart {
        title: title(request.curves),
        subtitle: subtitle(request.curves),
        legend: legend(request.curves),
        panels: vec![Panel { marks: tiers::marks(request), ..panel }],
        captions: captions::captions(request),
    })
}

fn line(curve: &LoadCurve, settings: &PriceSettings, kind: Kind, hue: usize) -> Series {
    let dollars = |price: Price| kind.1(&price).get();
    Series {
        hue,
        points: through(curve, |point| Price::at(point, curve, settings).ok().map(dollars)),
        ..Series::default()
    }
}
