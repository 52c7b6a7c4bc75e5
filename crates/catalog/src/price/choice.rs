//! Which of several offers stands for them all.
//!
//! Prices of one chip spread fivefold, so any default is a choice that has to be named. The rule:
//! the best kind there is (on demand before per-second, marketplace and spot), then the most
//! recent date, then the lower median of the price per accelerator, so that it is a price somebody
//! really asks and neither the cheapest nor the dearest.

use super::Offer;
use super::OfferKind;

/// The offer that stands for `offers` under the rule; none if there are none.
pub(super) fn representative<'a>(offers: &[&'a Offer]) -> Option<&'a Offer> {
    let kind = OfferKind::ALL.into_iter().find(|kind| offers.iter().any(|o| o.kind == *kind))?;
    let of_kind = offers.iter().copied().filter(|o| o.kind == kind);
    let latest = of_kind.clone().map(|o| o.as_of.earliest()).max()?;
    let mut recent: Vec<&Offer> = of_kind.filter(|o| o.as_of.earliest() == latest).collect();
    recent.sort_by(|a, b| {
        let (x, y) = (a.usd_per_gpu_hour().get(), b.usd_per_gpu_hour().get());
        // The key settles ties, so that the choice does not hang on the order of files.
        x.total_cmp(&y).then_with(|| a.key().cmp(&b.key()))
    });
    recent.get((recent.len() - 1) / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::confidence::Confidence;
    use farebox_core::UsdPerHour;

    fn offer(instance: &str, kind: OfferKind, as_of: &str, (count, usd): (u32, f64)) -> Offer {
        Offer {
            provider: "p".into(),
            instance: instance.into(),
            gpu: "x1".into(),
            count,
            usd_per_hour: UsdPerHour::new(usd),
            kind,
            region: "r".into(),
            as_of: as_of.parse().unwrap(),
            as_of_note: None,
            confidence: Confidence::High,
            source: "s".into(),
            notes: None,
        }
    }

    #[test]
    fn kind_then_date_then_the_lower_median_per_accelerator() {
        let offers = [
            offer("spot", OfferKind::Spot, "2026-12", (1, 0.1)),
            offer("old", OfferKind::OnDemand, "2026", (1, 1.0)),
            offer("dear", OfferKind::OnDemand, "2026-10", (1, 9.0)),
            offer("eight", OfferKind::OnDemand, "2026-10", (8, 32.0)),
            offer("cheap", OfferKind::OnDemand, "2026-10-01", (1, 3.0)),
            offer("middling", OfferKind::OnDemand, "2026-10", (1, 5.0)),
        ];
        let all: Vec<&Offer> = offers.iter().collect();
        let chosen = |offers: &[&Offer]| representative(offers).map(|o| o.instance.clone());
        assert_eq!(chosen(&all).as_deref(), Some("eight"), "4.0 of 3, 4, 5 and 9 per accelerator");
        assert_eq!(chosen(&all[..2]).as_deref(), Some("old"));
        assert_eq!(chosen(&all[..1]).as_deref(), Some("spot"));
        assert_eq!(chosen(&[]), None);
        let reversed: Vec<&Offer> = offers.iter().rev().collect();
        assert_eq!(chosen(&reversed), chosen(&all), "the order of files does not matter");
    }
}
