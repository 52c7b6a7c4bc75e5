//! The constants of the estimator, as data.
//!
//! Each [`Coefficient`] has a base value and log effects by [`Trait`] of a deployment (its
//! accelerator, engine, family, format, and some pairs of them). A level that was never measured
//! has no effect, so an unknown accelerator or model falls back to what all of them share.
//!
//! Reading order: `coefficient`, `level` (traits and their levels), `document` (the JSON shape),
//! `constants` (resolved for one deployment), `accuracy` (how wrong estimates are out of fold).

mod accuracy;
mod coefficient;
mod constants;
mod document;
mod level;

pub(crate) use accuracy::ENOUGH_ROWS;
pub use accuracy::{Accuracy, ExpectedError};
pub use coefficient::Coefficient;
pub use constants::Constants;
pub use document::{Calibration, CalibrationError};
pub use level::{Levels, Regime, Trait};
