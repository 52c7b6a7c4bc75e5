//! Where the constants come from: a robust fit with ridge priors on all measured rows.
//!
//! Log errors of the three quantities enter a pseudo-Huber loss, each group weighted by the square
//! root of its rows, so that one large source does not decide. Every log effect has a normal prior
//! around zero ([`prior`]); what few rows support stays near zero, and what none support is zero.
//! Gauss-Newton steps are solved by conjugate gradients; nothing is random, so equal rows give
//! equal bytes.
//!
//! Reading order: `prior`, `design` (rows to columns), `problem` (loss and derivatives), `newton`
//! (the minimum), `calibrate` (rows to a calibration, and errors out of fold).

mod calibrate;
mod design;
mod newton;
mod prior;
mod problem;

pub use calibrate::{FitError, LeaveOut, calibrate, out_of_fold};
