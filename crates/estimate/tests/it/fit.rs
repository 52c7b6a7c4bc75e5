//! The fit: same rows, same bytes; rows left out are left out.

use crate::rows::{ROWS, resolver};
use farebox_estimate::Calibration;
use farebox_estimate::fit::{LeaveOut, calibrate, out_of_fold};
use farebox_estimate::rows::read_measured;
use farebox_estimate::validate::{Predicted, Report, judge};

#[test]
fn same_rows_give_same_bytes_and_better_constants() {
    // A third of the table keeps the fit quick without optimisation.
    let rows: Vec<_> = read_measured(ROWS).unwrap().into_iter().step_by(3).collect();
    let mut resolver = resolver();
    resolver.load(rows.iter().map(|row| &row.config));
    let judgement = judge(&rows, &resolver);
    let fitted = calibrate(&judgement).unwrap();
    let json = fitted.to_json().unwrap();
    assert_eq!(json, calibrate(&judgement).unwrap().to_json().unwrap());
    assert_eq!(Calibration::from_json(&json).unwrap(), fitted);
    let error = |predicted: &[Option<Predicted>]| {
        Report::new(&judgement, predicted).metrics.tpot.unwrap().median_ape_pct
    };
    let under = |calibration| {
        let of = |row| Predicted::of(row, calibration);
        error(&judgement.judged.iter().map(of).collect::<Vec<_>>())
    };
    let ones = Calibration::ones();
    assert!(under(&fitted) < 0.5 * under(&ones));
    // What was never fitted is predicted worse than what was.
    let left_out = out_of_fold(&judgement, LeaveOut::Group).unwrap();
    assert!(under(&fitted) < error(&left_out));
}

#[test]
fn a_bad_document_is_refused_with_its_fault() {
    let good = Calibration::ones().to_json().unwrap();
    for (from, to, fault) in [
        ("farebox.calibration/1", "farebox.calibration/9", "schema"),
        ("\"layer_s\"", "\"layer_ms\"", "layer_s"),
        ("\"base\": 1.0", "\"base\": -1.0", "cannot be a constant"),
    ] {
        let error = Calibration::from_json(&good.replace(from, to)).unwrap_err();
        assert!(error.to_string().contains(fault), "{error}");
    }
    assert!(Calibration::from_json("{").is_err());
}

#[test]
fn the_embedded_constants_are_a_calibration_and_not_the_fallback() {
    assert_ne!(Calibration::embedded(), &Calibration::ones());
    assert_eq!(
        &Calibration::from_json(Calibration::embedded_json()).unwrap(),
        Calibration::embedded()
    );
}
