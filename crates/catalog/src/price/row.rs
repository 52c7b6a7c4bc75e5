//! The CSV shape of cloud prices, `prices/<provider>.csv`, and its reading.

use super::{Offer, OfferKind};
use crate::accelerator::Accelerators;
use crate::as_of::AsOf;
use crate::confidence::Confidence;
use crate::error::{CatalogueError, Problem};
use crate::source_file::SourceFile;
use farebox_core::UsdPerHour;
use serde::{Deserialize, Serialize};

/// The widest range of USD per accelerator-hour that is believed; 0 is how feeds say unknown.
const USD_PER_GPU_HOUR: (f64, f64) = (0.02, 100.0);

/// One line of a provider's file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfferLine {
    instance: String,
    gpu: String,
    count: u32,
    usd_per_hour: f64,
    kind: OfferKind,
    region: String,
    as_of: AsOf,
    as_of_note: Option<String>,
    confidence: Confidence,
    source: String,
    notes: Option<String>,
}

/// Reads and checks every line of one provider's file.
pub(super) fn read(
    file: &SourceFile,
    accelerators: &Accelerators,
) -> Result<Vec<Offer>, CatalogueError> {
    let provider = file
        .path
        .strip_prefix("prices/")
        .and_then(|rest| rest.strip_suffix(".csv"))
        .filter(|stem| !stem.contains('/'))
        .ok_or(CatalogueError::Misplaced {
            file: file.path.clone(),
            expected: "prices/lambda.csv",
        })?;
    let mut offers = Vec::new();
    let mut reader = csv::Reader::from_reader(file.text.as_bytes());
    for (index, row) in reader.deserialize::<OfferLine>().enumerate() {
        let row = row.map_err(|e| CatalogueError::malformed(&file.path, &e))?;
        // The header is line 1.
        let place = format!("{}:{}", file.path, index + 2);
        check(&place, &row, accelerators)?;
        offers.push(row.into_offer(provider));
    }
    Ok(offers)
}

fn check(place: &str, row: &OfferLine, accelerators: &Accelerators) -> Result<(), CatalogueError> {
    if accelerators.get(&row.gpu).is_none() {
        let problem = Problem::Dangling { name: row.gpu.clone() };
        return Err(CatalogueError::field(place, "gpu", problem));
    }
    if row.source.is_empty() {
        return Err(CatalogueError::field(place, "source", Problem::Missing));
    }
    let count = f64::from(row.count);
    if !(1.0..=1024.0).contains(&count) {
        let problem = Problem::OutOfRange { value: count, low: 1.0, high: 1024.0 };
        return Err(CatalogueError::field(place, "count", problem));
    }
    let (low, high) = (USD_PER_GPU_HOUR.0 * count, USD_PER_GPU_HOUR.1 * count);
    if !(low..=high).contains(&row.usd_per_hour) {
        let problem = Problem::OutOfRange { value: row.usd_per_hour, low, high };
        return Err(CatalogueError::field(place, "usd_per_hour", problem));
    }
    Ok(())
}

impl OfferLine {
    /// The lines of a file, as they stand.
    pub(crate) fn read(file: &SourceFile) -> Result<Vec<Self>, CatalogueError> {
        let mut reader = csv::Reader::from_reader(file.text.as_bytes());
        let lines: Result<Vec<Self>, _> = reader.deserialize().collect();
        lines.map_err(|e| CatalogueError::malformed(&file.path, &e))
    }

    /// The line that an offer came from.
    pub(crate) fn of(offer: &Offer) -> Self {
        let offer = offer.clone();
        Self {
            instance: offer.instance,
            gpu: offer.gpu,
            count: offer.count,
            usd_per_hour: offer.usd_per_hour.get(),
            kind: offer.kind,
            region: offer.region,
            as_of: offer.as_of,
            as_of_note: offer.as_of_note,
            confidence: offer.confidence,
            source: offer.source,
            notes: offer.notes,
        }
    }

    /// The same at a newer price, USD per hour of the whole instance.
    pub(crate) fn at(self, usd_per_hour: f64, as_of: AsOf, source: &str) -> Self {
        Self { usd_per_hour, as_of, as_of_note: None, source: source.to_owned(), ..self }
    }

    /// Whether both lines are about the same offer of one provider.
    pub(crate) fn names_same(&self, other: &Self) -> bool {
        let name =
            |line: &Self| (line.instance.clone(), line.gpu.clone(), line.region.clone(), line.kind);
        name(self) == name(other)
    }

    fn into_offer(self, provider: &str) -> Offer {
        Offer {
            provider: provider.to_owned(),
            instance: self.instance,
            gpu: self.gpu,
            count: self.count,
            usd_per_hour: UsdPerHour::new(self.usd_per_hour),
            kind: self.kind,
            region: self.region,
            as_of: self.as_of,
            as_of_note: self.as_of_note,
            confidence: self.confidence,
            source: self.source,
            notes: self.notes,
        }
    }
}
