//! What is taken over from a newer book of prices: files for the user's own folder.

use super::{PriceBook, PriceDiff, PriceField};
use crate::as_of::AsOf;
use crate::catalogue::Catalogue;
use crate::error::CatalogueError;
use crate::hosted::tariff::{self, TariffLine};
use crate::lookup::normalise;
use crate::price::OfferLine;
use crate::source_file::SourceFile;
use std::collections::{BTreeMap, BTreeSet};

/// Files to write over a user's folder, each whole, and what was not taken.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Accepted {
    /// Files in the layout of the catalogue, earlier lines of the user's included.
    pub files: Vec<SourceFile>,
    /// Prices that changed or are new.
    pub taken: usize,
    /// Entries that were left out: no believable price, or a name too near to another's.
    pub left_out: Vec<String>,
}

/// Takes over what `diff` found in `newer`, read from `source` on `as_of`.
///
/// A price that the newer book does not state stays as it was. Fails where the result could not be
/// read back, which would leave the user with a broken catalogue.
pub fn accept(
    diff: &PriceDiff,
    newer: &PriceBook,
    catalogue: &Catalogue,
    (as_of, source): (AsOf, &str),
) -> Result<Accepted, CatalogueError> {
    let stated = diff.changed.iter().filter(|change| change.new.is_some());
    let changed: BTreeSet<&str> = stated.map(|change| change.entry.as_str()).collect();
    let about: BTreeSet<&str> =
        changed.into_iter().chain(diff.added.iter().map(String::as_str)).collect();
    let (machines, tokens): (Vec<&str>, Vec<&str>) = about.into_iter().partition(|entry| {
        newer.get(entry).is_some_and(|prices| prices.contains_key(&PriceField::UsdPerHour))
    });
    let mut accepted = Accepted::default();
    accepted.tariffs(&tokens, newer, catalogue, (as_of, source))?;
    accepted.offers(&machines, newer, catalogue, (as_of, source))?;
    let mut files: BTreeMap<String, SourceFile> =
        catalogue.files().iter().map(|file| (file.path.clone(), file.clone())).collect();
    files.extend(accepted.files.iter().map(|file| (file.path.clone(), file.clone())));
    let after = Catalogue::with_files(files.into_values().collect());
    after.hosted().map_err(Clone::clone)?;
    after.offers().map_err(Clone::clone)?;
    Ok(accepted)
}

impl Accepted {
    fn tariffs(
        &mut self,
        entries: &[&str],
        newer: &PriceBook,
        catalogue: &Catalogue,
        (as_of, source): (AsOf, &str),
    ) -> Result<(), CatalogueError> {
        let hosted = catalogue.hosted().map_err(Clone::clone)?;
        let at_hand = PriceBook::of_hosted(hosted);
        let mut names: BTreeMap<String, &str> =
            hosted.iter().map(|model| (normalise(&model.id), model.id.as_str())).collect();
        let mut lines: BTreeMap<String, BTreeMap<String, TariffLine>> = BTreeMap::new();
        for entry in entries {
            let Some((provider, model)) = entry.split_once('/') else { continue };
            let price = |field: PriceField| {
                let of = |book: &PriceBook| book.get(entry).and_then(|p| p.get(&field).copied());
                of(newer).or_else(|| of(&at_hand))
            };
            let line = TariffLine {
                model: model.to_owned(),
                input_usd_per_mtok: price(PriceField::InputUsdPerMtok),
                cached_input_usd_per_mtok: price(PriceField::CachedInputUsdPerMtok),
                cache_write_usd_per_mtok: price(PriceField::CacheWriteUsdPerMtok),
                output_usd_per_mtok: price(PriceField::OutputUsdPerMtok),
                as_of,
                source: source.to_owned(),
            };
            let owner = *names.entry(normalise(entry)).or_insert(entry);
            if owner == *entry && line.prices(entry).is_ok() {
                lines.entry(provider.to_owned()).or_default().insert(line.model.clone(), line);
                self.taken += 1;
            } else {
                self.left_out.push((*entry).to_owned());
            }
        }
        for (provider, newer) in lines {
            let path = format!("apis/{provider}.csv");
            let mut all = BTreeMap::new();
            for file in catalogue.files().iter().filter(|file| file.path == path) {
                all.extend(tariff::read(file)?.into_iter().map(|l| (l.model.clone(), l)));
            }
            all.extend(newer);
            self.files.push(table(path, all.values())?);
        }
        Ok(())
    }

    /// Offers at hand at their newer price; of unknown ones nobody says how many accelerators
    /// they hold.
    fn offers(
        &mut self,
        entries: &[&str],
        newer: &PriceBook,
        catalogue: &Catalogue,
        (as_of, source): (AsOf, &str),
    ) -> Result<(), CatalogueError> {
        let offers = catalogue.offers().map_err(Clone::clone)?;
        let mut lines: BTreeMap<String, Vec<OfferLine>> = BTreeMap::new();
        for entry in entries {
            let price = newer.get(entry).and_then(|p| p.get(&PriceField::UsdPerHour).copied());
            match (offers.iter().find(|offer| offer.key() == **entry), price) {
                (Some(offer), Some(usd)) => {
                    let line = OfferLine::of(offer).at(usd, as_of, source);
                    lines.entry(offer.provider.clone()).or_default().push(line);
                    self.taken += 1;
                }
                _ => self.left_out.push((*entry).to_owned()),
            }
        }
        for (provider, newer) in lines {
            let path = format!("prices/{provider}.csv");
            let mut all = Vec::new();
            for file in catalogue.files().iter().filter(|file| file.path == path) {
                all.extend(OfferLine::read(file)?);
            }
            all.retain(|line| newer.iter().all(|other| !other.names_same(line)));
            all.extend(newer);
            self.files.push(table(path, all.iter())?);
        }
        Ok(())
    }
}

fn table<'a, T: serde::Serialize + 'a>(
    path: String,
    lines: impl Iterator<Item = &'a T>,
) -> Result<SourceFile, CatalogueError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for line in lines {
        writer.serialize(line).map_err(|e| CatalogueError::malformed(&path, &e))?;
    }
    let bytes = writer.into_inner().map_err(|e| CatalogueError::malformed(&path, &e))?;
    let text = String::from_utf8(bytes).map_err(|e| CatalogueError::malformed(&path, &e))?;
    Ok(SourceFile::new(path, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::{Baseline, PriceFormat, compare, read};
    use jiff::civil::date;

    const TODAY: &str = "2026-11-25";

    fn import(text: &str, catalogue: &Catalogue) -> Accepted {
        let hosted = catalogue.hosted().unwrap();
        let baseline = if text.contains("instance") {
            Baseline::of_offers(catalogue.offers().unwrap())
        } else {
            Baseline::of_hosted(hosted, PriceFormat::Csv)
        };
        let newer = read(text, PriceFormat::Csv, date(2026, 11, 25), baseline.prices()).unwrap();
        let diff = compare(&baseline, &newer).unwrap();
        accept(&diff, &newer, catalogue, (TODAY.parse().unwrap(), "a file")).unwrap()
    }

    /// Every price of a provider, with `of` in the place of `model`'s input price.
    fn tariff(provider: &str, change: &[(&str, f64)], more: &str) -> String {
        let mut text = "provider,model,input_usd_per_mtok,output_usd_per_mtok\n".to_owned();
        for model in Catalogue::embedded().hosted().unwrap().iter() {
            let (Some(input), Some(output)) = (model.prices.input, model.prices.output) else {
                continue;
            };
            if model.provider == provider {
                let new = change.iter().find(|(name, _)| *name == model.model);
                let input = new.map_or(input.get(), |(_, usd)| *usd);
                text.extend([format!("{provider},{},{input},{}\n", model.model, output.get())]);
            }
        }
        text + more
    }

    #[test]
    fn what_is_taken_is_in_force_and_the_next_import_adds_to_it() {
        let embedded = Catalogue::embedded();
        let first = tariff("openai", &[("gpt-4", 20.0)], "openai,gpt-99,1,2\nopenai,GPT_4,1,2\n");
        let accepted = import(&first, embedded);
        assert_eq!(
            (accepted.taken, accepted.left_out.as_slice()),
            (2, &["openai/GPT_4".to_owned()][..])
        );
        let own = Catalogue::with_files(accepted.files);
        let price = |catalogue: &Catalogue, id: &str| {
            catalogue.hosted().unwrap().get(id).unwrap().prices.input.unwrap().get()
        };
        assert!((price(&own, "openai/gpt-4") - 20.0).abs() < 1e-12);
        let gpt4 = own.hosted().unwrap().get("openai/gpt-4").unwrap();
        assert_eq!((gpt4.as_of.to_string().as_str(), gpt4.source.as_str()), (TODAY, "a file"));

        let second = tariff("openai", &[("gpt-4", 20.0), ("gpt-4o", 2.0)], "openai,gpt-99,1,2\n");
        let own = Catalogue::with_files(import(&second, &own).files);
        assert!((price(&own, "openai/gpt-4") - 20.0).abs() < 1e-12, "the earlier import stays");
        assert!((price(&own, "openai/gpt-4o") - 2.0).abs() < 1e-12);
    }

    #[test]
    fn a_machine_at_hand_gets_its_newer_price() {
        let offers = Catalogue::embedded().offers().unwrap();
        let mut text = "provider,instance,gpu,region,kind,usd_per_hour\n".to_owned();
        for o in offers.iter().filter(|o| o.provider == "lambda") {
            let usd = if o.instance == "gpu_8x_h100_sxm5" { 30.0 } else { o.usd_per_hour.get() };
            text.extend([format!(
                "lambda,{},{},{},{},{usd}\n",
                o.instance, o.gpu, o.region, o.kind
            )]);
        }
        text += "lambda,gpu_9x_h100,h100-sxm,us,on_demand,33\n";
        let accepted = import(&text, Catalogue::embedded());
        assert_eq!((accepted.taken, accepted.left_out.len()), (1, 1), "{accepted:?}");
        let own = Catalogue::with_files(accepted.files);
        let dearer = own.offers().unwrap().iter().find(|o| o.instance == "gpu_8x_h100_sxm5");
        assert!((dearer.unwrap().usd_per_hour.get() - 30.0).abs() < 1e-12);
        assert_eq!(own.offers().unwrap().iter().len(), offers.iter().len());
    }
}
