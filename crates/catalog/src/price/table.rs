//! All cloud offers, and how one is named.

use super::{Need, Offer, OfferKind, choice, row};
use crate::accelerator::Accelerators;
use crate::confidence::Confidence;
use crate::embedded;
use crate::error::CatalogueError;
use crate::lookup::{LookupError, normalise};
use crate::source_file::SourceFile;
use std::collections::BTreeMap;

/// The cloud offers of a catalogue.
#[derive(Debug, Clone)]
pub struct Offers {
    by_key: BTreeMap<String, Offer>,
}

/// A name that picks no offer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// Not of the form `provider:gpu`, `provider:instance` or either with `:kind`.
    #[error(
        "offer \"{name}\" is not of the form provider:gpu or provider:instance, as in lambda:h100-sxm"
    )]
    Form {
        /// The name as typed.
        name: String,
    },
    /// Nobody of that name is in the catalogue.
    #[error("unknown provider \"{provider}\"; known: {}", known.join(", "))]
    Provider {
        /// The provider as typed.
        provider: String,
        /// Providers there are.
        known: Vec<String>,
    },
    /// The provider has no such machine.
    #[error("{provider} has no offer \"{machine}\"; it has {}", known.join(", "))]
    Machine {
        /// The provider.
        provider: String,
        /// The accelerator or instance as typed.
        machine: String,
        /// What the provider has, as accepted after the colon.
        known: Vec<String>,
    },
    /// No offer for this accelerator may serve as a default.
    #[error(
        "no dependable on-demand price for {gpu} is in the catalogue; name an offer or type a price"
    )]
    NoDefault {
        /// The accelerator.
        gpu: String,
    },
    /// The accelerator's name is wrong.
    #[error(transparent)]
    Gpu(#[from] LookupError),
}

impl Offers {
    /// Parses the embedded prices, then `overrides`: a line with a known key (provider, instance,
    /// accelerator, region, kind) replaces that offer, any other adds one.
    ///
    /// Fails on the first line that cannot be read or breaks a rule.
    pub fn load(
        overrides: &[SourceFile],
        accelerators: &Accelerators,
    ) -> Result<Self, CatalogueError> {
        let embedded = SourceFile::embedded("prices", embedded::PRICES);
        let own = overrides.iter().filter(|file| file.path.starts_with("prices/")).cloned();
        let mut by_key = BTreeMap::new();
        for file in embedded.into_iter().chain(own) {
            for offer in row::read(&file, accelerators)? {
                by_key.insert(offer.key(), offer);
            }
        }
        Ok(Self { by_key })
    }

    /// Every offer, by key.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Offer> {
        self.by_key.values()
    }

    /// Every offer of the accelerator with this id, by key.
    pub fn for_gpu(&self, gpu: &str) -> impl Iterator<Item = &Offer> {
        self.iter().filter(move |offer| offer.gpu == gpu)
    }

    /// The offer that stands for an accelerator when none is named: on demand, of more than low
    /// confidence, the box that fits `need`, most recent, then the lower median of the bills.
    ///
    /// Whoever prints it must name its provider and date, as its `Display` does.
    pub fn default_for(&self, gpu: &str, need: Need) -> Result<&Offer, OfferError> {
        let dependable: Vec<&Offer> = self
            .for_gpu(gpu)
            .filter(|o| o.kind == OfferKind::OnDemand && o.confidence > Confidence::Low)
            .collect();
        choice::representative(&dependable, need)
            .ok_or_else(|| OfferError::NoDefault { gpu: gpu.to_owned() })
    }

    /// Lowest and highest USD per accelerator-hour on demand, low confidence left out.
    pub fn range_usd_per_gpu_hour(&self, gpu: &str) -> Option<(f64, f64)> {
        self.for_gpu(gpu)
            .filter(|o| o.kind == OfferKind::OnDemand && o.confidence > Confidence::Low)
            .map(|o| o.usd_per_gpu_hour().get())
            .fold(None, |range, usd| match range {
                None => Some((usd, usd)),
                Some((low, high)) => Some((usd.min(low), usd.max(high))),
            })
    }

    /// The offer called `provider:gpu`, `provider:instance`, or either with `:kind` behind it.
    ///
    /// Where a provider has several, the default rule picks among them the one that fits `need`;
    /// confidence does not matter, for the provider was asked for by name.
    pub fn find(
        &self,
        name: &str,
        accelerators: &Accelerators,
        need: Need,
    ) -> Result<&Offer, OfferError> {
        let form = || OfferError::Form { name: name.to_owned() };
        let (provider, rest) = name.split_once(':').ok_or_else(form)?;
        let (machine, kind) = split_kind(rest);
        if provider.is_empty() || machine.is_empty() {
            return Err(form());
        }
        let own = self.of_provider(provider)?;
        let gpu = accelerators.find(machine).map(|accelerator| accelerator.id.as_str());
        let wanted = normalise(machine);
        let fits = |offer: &&Offer| {
            kind.is_none_or(|kind| offer.kind == kind)
                && (Ok(offer.gpu.as_str()) == gpu || normalise(&offer.instance) == wanted)
        };
        let matching: Vec<&Offer> = own.iter().copied().filter(fits).collect();
        choice::representative(&matching, need).ok_or_else(|| OfferError::Machine {
            provider: provider.to_owned(),
            machine: rest.to_owned(),
            known: machines(&own),
        })
    }

    fn of_provider(&self, provider: &str) -> Result<Vec<&Offer>, OfferError> {
        let wanted = normalise(provider);
        let own: Vec<&Offer> =
            self.iter().filter(|offer| normalise(&offer.provider) == wanted).collect();
        if own.is_empty() {
            let mut known: Vec<String> = self.iter().map(|o| o.provider.clone()).collect();
            known.sort();
            known.dedup();
            return Err(OfferError::Provider { provider: provider.to_owned(), known });
        }
        Ok(own)
    }
}

/// `h100-sxm:spot` as the machine and the kind; instance names may hold colons of their own.
fn split_kind(text: &str) -> (&str, Option<OfferKind>) {
    let kind_of = |name: &str| OfferKind::ALL.into_iter().find(|kind| kind.name() == name);
    match text.rsplit_once(':') {
        Some((machine, name)) => match kind_of(name) {
            Some(kind) => (machine, Some(kind)),
            None => (text, None),
        },
        None => (text, None),
    }
}

/// What may stand behind the provider's colon: accelerators with the kinds they come in.
fn machines(offers: &[&Offer]) -> Vec<String> {
    let mut names: Vec<String> = offers.iter().map(|o| format!("{}:{}", o.gpu, o.kind)).collect();
    names.sort();
    names.dedup();
    names
}
