//! What changed between two books of prices, and when the newer one is not believed.
//!
//! Price feeds fail in known ways: a fetch is cut short and most entries are gone, or a unit
//! changes and every price is a thousand or a million times off. Both would be silent, so both
//! are refused here.

use super::baseline::{Baseline, Expected};
use super::{PriceBook, PriceField};
use serde::Serialize;

/// The share of its entries a newer file may lose.
const MAY_LOSE: f64 = 0.2;
/// A price this many times another is a unit and not a price change.
const UNIT_FACTOR: f64 = 100.0;

/// What a newer book of prices would change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PriceDiff {
    /// Entries only the newer book has, among providers both know.
    pub added: Vec<String>,
    /// Entries it should have and has not.
    pub removed: Vec<String>,
    /// Prices that differ, by entry and field.
    pub changed: Vec<Change>,
    /// Prices that are the same in both.
    pub unchanged: usize,
}

/// One price that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The entry.
    pub entry: String,
    /// Which of its prices.
    pub field: PriceField,
    /// The older price; none where it was unknown.
    pub old: Option<f64>,
    /// The newer price; none where it became unknown.
    pub new: Option<f64>,
}

/// Why a newer book of prices is refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ImportError {
    /// It is about other providers altogether.
    #[error("has no provider in common with the catalogue")]
    NothingInCommon,
    /// It lost more than a fifth of the entries.
    #[error("lost {lost} of {of} entries, more than a fifth: cut short?")]
    Shrank {
        /// Entries that are gone.
        lost: usize,
        /// Entries it should have.
        of: usize,
    },
    /// A price changed by a factor that only a change of unit explains.
    #[error("{entry}: {} went from {old} to {new}: another unit?", field.name())]
    UnitChanged {
        /// The entry.
        entry: String,
        /// Which of its prices.
        field: PriceField,
        /// The older price.
        old: f64,
        /// The newer price.
        new: f64,
    },
}

/// Compares `new` with the prices at hand, as far as both are about the same providers.
///
/// Refuses a book that has lost more than a fifth of the entries it should have, or in which a
/// price is a hundred times higher or lower than before.
pub fn compare(baseline: &Baseline, new: &PriceBook) -> Result<PriceDiff, ImportError> {
    let (known, offered) = (baseline.prices.providers(), new.providers());
    let common = known.intersection(&offered).copied().collect();
    let (old, new) = (baseline.prices.only(&common), new.only(&common));
    if old.is_empty() {
        return Err(ImportError::NothingInCommon);
    }
    let absent = |entry: &str, book: &PriceBook| book.get(entry).is_none();
    let names = |book: &PriceBook| -> Vec<String> {
        book.iter().map(|(entry, _)| entry.to_owned()).collect()
    };
    let expected: Vec<String> = match &baseline.expected {
        Expected::Entries(entries) => entries.iter().cloned().collect(),
        Expected::OfItsProviders => names(&old),
    };
    let of = expected.len();
    let removed: Vec<String> = expected.into_iter().filter(|entry| absent(entry, &new)).collect();
    if removed.len() as f64 > MAY_LOSE * of as f64 {
        return Err(ImportError::Shrank { lost: removed.len(), of });
    }
    let added = names(&new).into_iter().filter(|entry| absent(entry, &old)).collect();
    let (changed, unchanged) = changes(&old, &new)?;
    Ok(PriceDiff { added, removed, changed, unchanged })
}

/// The prices that differ among entries of both books, and the number that do not.
fn changes(old: &PriceBook, new: &PriceBook) -> Result<(Vec<Change>, usize), ImportError> {
    let (mut changed, mut unchanged) = (Vec::new(), 0);
    for (entry, before) in old.iter() {
        let Some(after) = new.get(entry) else { continue };
        let mut fields: Vec<PriceField> = before.keys().chain(after.keys()).copied().collect();
        fields.sort_unstable();
        fields.dedup();
        for field in fields {
            let (old, new) = (before.get(&field).copied(), after.get(&field).copied());
            if let (Some(old), Some(new)) = (old, new) {
                same_unit(entry, field, old, new)?;
            }
            if same_price(old, new) {
                unchanged += 1;
            } else {
                changed.push(Change { entry: entry.to_owned(), field, old, new });
            }
        }
    }
    Ok((changed, unchanged))
}

fn same_unit(entry: &str, field: PriceField, old: f64, new: f64) -> Result<(), ImportError> {
    let factor = (new / old).max(old / new);
    if factor < UNIT_FACTOR {
        return Ok(());
    }
    Err(ImportError::UnitChanged { entry: entry.to_owned(), field, old, new })
}

/// Equal but for the dust of scaling from per-token to per-million.
fn same_price(old: Option<f64>, new: Option<f64>) -> bool {
    match (old, new) {
        (Some(old), Some(new)) => (old - new).abs() <= 1e-9 * old.max(new),
        (old, new) => old.is_none() && new.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const INPUT: PriceField = PriceField::InputUsdPerMtok;

    fn book(prices: &[(&str, f64)]) -> PriceBook {
        let mut book = PriceBook::default();
        for (entry, price) in prices {
            book.put(entry, INPUT, Some(*price));
        }
        book
    }

    #[test]
    fn the_difference_tells_added_removed_and_changed() {
        let old: Vec<(String, f64)> = (0..10).map(|i| (format!("a/{i}"), 1.0)).collect();
        let old: Vec<(&str, f64)> = old.iter().map(|(e, p)| (e.as_str(), *p)).collect();
        let mut new = old[2..].to_vec();
        new[0].1 = 1.5;
        new.extend([("a/new", 3.0), ("stranger/x", 1.0)]);
        let diff = compare(&book(&old).into(), &book(&new)).unwrap();
        assert_eq!(diff.added, ["a/new"], "a provider we do not carry is not an addition");
        assert_eq!(diff.removed, ["a/0", "a/1"]);
        let change = Change { entry: "a/2".into(), field: INPUT, old: Some(1.0), new: Some(1.5) };
        assert_eq!((diff.changed, diff.unchanged), (vec![change], 7));
    }

    #[test]
    fn a_file_that_lost_more_than_a_fifth_is_refused() {
        let old = book(&[("a/1", 1.0), ("a/2", 1.0), ("a/3", 1.0), ("a/4", 1.0)]);
        let new = book(&[("a/1", 1.0), ("a/2", 1.0), ("a/3", 1.0)]);
        assert_eq!(compare(&old.into(), &new), Err(ImportError::Shrank { lost: 1, of: 4 }));
    }

    #[test]
    fn a_changed_unit_is_refused_in_either_direction() {
        for slip in [1e-6, 1e-3, 1e3, 1e6] {
            let refused = compare(&book(&[("a/1", 2.0)]).into(), &book(&[("a/1", 2.0 * slip)]));
            assert!(matches!(refused, Err(ImportError::UnitChanged { .. })), "{slip}");
        }
        let nothing = compare(&book(&[("a/1", 2.0)]).into(), &book(&[("b/1", 2.0)]));
        assert_eq!(nothing, Err(ImportError::NothingInCommon));
    }

    proptest! {
        #[test]
        fn a_book_does_not_differ_from_itself(prices in prop::collection::vec(0.01..100.0f64, 1..20)) {
            let mut book = PriceBook::default();
            for (i, price) in prices.iter().enumerate() {
                book.put(&format!("a/{i}"), INPUT, Some(*price));
            }
            let diff = compare(&book.clone().into(), &book).unwrap();
            prop_assert_eq!(diff.unchanged, prices.len());
            prop_assert!(diff.added.is_empty() && diff.removed.is_empty() && diff.changed.is_empty());
        }
    }
}
