//! What is billed for what serves.

use crate::{Billing, Fleet, NamedPrice, QuestionError};
use farebox_catalog::{Catalogue, Offer};
use farebox_core::UsdPerHour;
use farebox_core::run::Rental;
use proptest::prelude::*;

fn stored(gpus_billed: u32, unit_gpus: Option<u32>) -> Rental {
    Rental {
        usd_per_hour_total: UsdPerHour::new(2.5),
        gpus_billed,
        gpus_used: 1,
        unit_gpus,
        source: "--price".to_owned(),
    }
}

fn rental(billing: &Billing, stored: Option<&Rental>) -> Result<(f64, u32), QuestionError> {
    let rental = billing.rental(stored, Fleet::default(), Catalogue::embedded())?;
    let rental = rental.expect("a price is known");
    Ok((rental.usd_per_hour_total.get(), rental.gpus_billed))
}

#[test]
fn a_stored_price_per_gpu_grows_with_the_box_and_that_of_a_machine_is_refused() {
    let boxed = |n| Billing { gpus_per_box: Some(n), ..Billing::default() };
    let used = |n| Billing { gpus_used: Some(n), ..Billing::default() };
    let per_gpu = stored(1, Some(1));
    assert_eq!(rental(&boxed(8), Some(&per_gpu)), Ok((20.0, 8)));
    assert_eq!(rental(&used(2), Some(&per_gpu)), Ok((5.0, 2)));
    assert_eq!(rental(&Billing::default(), Some(&per_gpu)), Ok((2.5, 1)));
    let machine = stored(1, None);
    for billing in [boxed(8), used(2)] {
        let refused = rental(&billing, Some(&machine)).unwrap_err();
        assert!(matches!(refused, QuestionError::StoredMachine { gpus: 1, .. }), "{refused}");
        assert!(refused.hint().is_some_and(|hint| hint.contains("--price-per-gpu-hour")));
    }
    assert_eq!(rental(&boxed(1), Some(&machine)), Ok((2.5, 1)));
    assert_eq!(rental(&used(2), Some(&stored(8, None))), Ok((2.5, 8)));
    let typed = Billing { price: Some(NamedPrice::Machine(20.0)), ..boxed(8) };
    assert_eq!(rental(&typed, Some(&machine)), Ok((20.0, 8)));
}

#[test]
fn what_a_run_turned_out_to_use_is_billed_for_each_gpu() {
    let four = Fleet { gpus: Some(4), replica: Some(4), ..Fleet::default() };
    let of = |stored| {
        let rental = Billing::default().rental(Some(&stored), four, Catalogue::embedded());
        let rental = rental.unwrap().unwrap();
        (rental.usd_per_hour_total.get(), rental.gpus_billed)
    };
    assert_eq!(of(stored(1, Some(1))), (10.0, 4));
    assert_eq!(of(stored(1, None)), (2.5, 4), "a whole machine has what it has");
}

#[test]
fn an_offer_is_rented_whole() {
    let of = |name: &str, gpus, per_box| {
        let price = Some(NamedPrice::Offer(name.to_owned()));
        let billing = Billing { price, gpus_per_box: per_box, gpus_used: Some(gpus) };
        rental(&billing, None).unwrap()
    };
    assert_eq!(of("aws:h100-sxm", 1, None), (55.04, 8));
    assert_eq!(of("lambda:h100-sxm", 1, None), (4.29, 1));
    assert_eq!(of("lambda:h100-sxm", 1, Some(8)), (31.92, 8));
    assert_eq!(of("lambda:h100-sxm", 16, None), (63.84, 16));
}

proptest! {
    #[test]
    fn whole_boxes_hold_all_that_serves(
        (gpus, per_box, index) in (1..40_u32, 0..17_u32, 0..1000_usize),
    ) {
        let offers: Vec<&Offer> = Catalogue::embedded().offers().unwrap().iter().collect();
        let offer = offers[index % offers.len()];
        let price = Some(NamedPrice::Offer(format!("{}:{}", offer.provider, offer.gpu)));
        let gpus_per_box = Some(per_box).filter(|n| *n >= gpus);
        let billing = Billing { price, gpus_per_box, gpus_used: Some(gpus) };
        let catalogue = Catalogue::embedded();
        let rental = billing.rental(None, Fleet::default(), catalogue).unwrap().unwrap();
        let unit = rental.unit_gpus.unwrap();
        prop_assert!(rental.gpus_billed >= gpus.max(gpus_per_box.unwrap_or(0)));
        prop_assert_eq!(rental.gpus_billed % unit, 0);
        let boxes = f64::from(rental.gpus_billed / unit);
        let each = rental.usd_per_hour_total.get() / boxes;
        let asked = offers.iter().any(|o| {
            o.provider == offer.provider && o.gpu == offer.gpu && o.count == unit
                && (o.usd_per_hour.get() - each).abs() < 1e-9
        });
        prop_assert!(asked, "nobody asks {each} for {unit}");
    }

    #[test]
    fn a_bill_for_each_gpu_is_the_price_times_the_gpus(
        (usd, first, then) in (0.01..100.0_f64, 1..64_u32, 1..64_u32),
    ) {
        let typed = |n| Billing {
            price: Some(NamedPrice::Accelerator(usd)),
            gpus_per_box: Some(n),
            gpus_used: None,
        };
        let catalogue = Catalogue::embedded();
        let rent = |billing: Billing, stored: Option<&Rental>| {
            billing.rental(stored, Fleet::default(), catalogue).unwrap().unwrap()
        };
        let kept = rent(typed(first), None);
        let again = rent(Billing { price: None, ..typed(then) }, Some(&kept));
        let anew = rent(typed(then), None);
        prop_assert_eq!(again.gpus_billed, anew.gpus_billed);
        let (again, anew) = (again.usd_per_hour_total.get(), anew.usd_per_hour_total.get());
        prop_assert!((again / anew - 1.0).abs() < 1e-12);
    }
}
