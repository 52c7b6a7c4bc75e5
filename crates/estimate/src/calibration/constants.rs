//! Coefficients resolved for one deployment.

use super::Coefficient;
use std::ops::{Index, IndexMut};

/// A value for every [`Coefficient`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Constants([f64; Coefficient::ALL.len()]);

impl Constants {
    /// The same value for every coefficient.
    pub const fn filled(value: f64) -> Self {
        Self([value; Coefficient::ALL.len()])
    }

    /// These constants with every share of a peak at most the peak.
    #[must_use]
    pub fn believable(mut self) -> Self {
        for coefficient in Coefficient::ALL {
            self[coefficient] = self[coefficient].min(coefficient.ceiling());
        }
        self
    }
}

impl Index<Coefficient> for Constants {
    type Output = f64;

    fn index(&self, coefficient: Coefficient) -> &f64 {
        &self.0[coefficient as usize]
    }
}

impl IndexMut<Coefficient> for Constants {
    fn index_mut(&mut self, coefficient: Coefficient) -> &mut f64 {
        &mut self.0[coefficient as usize]
    }
}
