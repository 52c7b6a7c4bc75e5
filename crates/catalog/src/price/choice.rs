//! Which of several offers stands for them all.
//!
//! Instances are rented whole, and prices of one chip spread fivefold, so any default is a choice
//! that has to be named. The rule: instances that hold a replica each, if there are such; the best
//! kind there is (on demand before per-second, marketplace and spot); the fewest accelerators
//! billed; the most recent date; the smallest bill of each provider; then the lower median of these,
//! so that it is a price somebody really asks and neither the cheapest nor the dearest.

use super::{Need, Offer, OfferKind};

/// The offer that stands for `offers` under the rule; none if there are none.
pub(super) fn representative<'a>(offers: &[&'a Offer], need: Need) -> Option<&'a Offer> {
    let holds = |offer: &&Offer| offer.count >= need.together;
    let any_holds = offers.iter().any(holds);
    let widest = offers.iter().map(|offer| offer.count).max()?;
    // A replica wider than every instance spans several of the widest.
    let fit = |offer: &&Offer| if any_holds { holds(offer) } else { offer.count == widest };
    let fitting: Vec<&Offer> = offers.iter().copied().filter(fit).collect();

    let kind = OfferKind::ALL.into_iter().find(|kind| fitting.iter().any(|o| o.kind == *kind))?;
    let of_kind = fitting.into_iter().filter(|o| o.kind == kind);
    let snug = of_kind.clone().map(|o| need.billed(o)).min()?;
    let snug = of_kind.filter(|o| need.billed(o) == snug);
    let latest = snug.clone().map(|o| o.as_of.earliest()).max()?;
    let mut recent: Vec<&Offer> = snug.filter(|o| o.as_of.earliest() == latest).collect();
    recent.sort_by(|a, b| {
        let (x, y) = (need.usd_per_hour(a).get(), need.usd_per_hour(b).get());
        // The key settles ties, so that the choice does not hang on the order of files.
        x.total_cmp(&y).then_with(|| a.key().cmp(&b.key()))
    });
    let mut providers: Vec<&str> = Vec::new();
    recent.retain(|offer| {
        let new = !providers.contains(&offer.provider.as_str());
        providers.push(&offer.provider);
        new
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

    fn chosen(offers: &[Offer], need: Need) -> Option<String> {
        let all: Vec<&Offer> = offers.iter().collect();
        let chosen = representative(&all, need).map(|offer| offer.instance.clone());
        let reversed: Vec<&Offer> = offers.iter().rev().collect();
        let again = representative(&reversed, need).map(|offer| offer.instance.clone());
        assert_eq!(again, chosen, "the order of files does not matter");
        chosen
    }

    #[test]
    fn kind_then_date_then_the_lower_median_of_the_providers() {
        let by = |provider: &str, instance, kind, as_of, price| Offer {
            provider: provider.to_owned(),
            ..offer(instance, kind, as_of, price)
        };
        let offers = [
            by("a", "spot", OfferKind::Spot, "2026-12", (1, 0.1)),
            by("a", "old", OfferKind::OnDemand, "2026", (1, 1.0)),
            by("a", "dear", OfferKind::OnDemand, "2026-10", (1, 9.0)),
            by("b", "cheap", OfferKind::OnDemand, "2026-10-01", (1, 3.0)),
            by("c", "middling", OfferKind::OnDemand, "2026-10", (1, 5.0)),
            by("c", "more processors", OfferKind::OnDemand, "2026-10", (1, 6.0)),
            by("c", "yet more", OfferKind::OnDemand, "2026-10", (1, 7.0)),
        ];
        let one = Need::of(1);
        assert_eq!(chosen(&offers, one).as_deref(), Some("middling"), "of 3, 5 and 9");
        assert_eq!(chosen(&offers[..2], one).as_deref(), Some("old"));
        assert_eq!(chosen(&offers[..1], one).as_deref(), Some("spot"));
        assert_eq!(chosen(&[], one), None);
    }

    #[test]
    fn the_box_is_the_one_that_fits() {
        let of = |instance, count, usd| offer(instance, OfferKind::OnDemand, "2026", (count, usd));
        let offers = [of("one", 1, 4.29), of("four", 4, 16.36), of("eight", 8, 31.92)];
        let tp = |gpus| Need { together: gpus, ..Need::of(gpus) };
        for (need, instance, billed) in [
            (Need::of(1), "one", 1),
            (Need::of(2), "one", 2),
            // One replica is not spread over machines while one holds it.
            (tp(2), "four", 4),
            (tp(8), "eight", 8),
            (tp(16), "eight", 16),
            // Three replicas of three: two on a box of eight.
            (Need { gpus: 9, together: 3, at_least: 0 }, "four", 12),
            (Need { at_least: 8, ..Need::of(1) }, "eight", 8),
        ] {
            assert_eq!(chosen(&offers, need).as_deref(), Some(instance), "{need:?}");
            let offer = offers.iter().find(|offer| offer.instance == instance).unwrap();
            assert_eq!(need.billed(offer), billed, "{need:?}");
            let each = offer.usd_per_hour.get() / f64::from(offer.count);
            assert!((need.usd_per_hour(offer).get() - each * f64::from(billed)).abs() < 1e-9);
        }
    }
}
