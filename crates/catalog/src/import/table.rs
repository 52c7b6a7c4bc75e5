//! CSV tables of token prices or of machine prices, told apart by their columns.

use super::{PriceBook, PriceField, ReadError};
use csv::StringRecord;

/// Reads a table with `provider` and `model`, or with `provider` and `instance`.
pub(super) fn read(text: &str) -> Result<PriceBook, ReadError> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().map_err(|e| ReadError::Csv(e.to_string()))?.clone();
    let table = Table::new(header)?;
    let mut book = PriceBook::default();
    for (index, record) in reader.records().enumerate() {
        let record = record.map_err(|e| ReadError::Csv(e.to_string()))?;
        table.add(&mut book, &record, index + 2)?;
    }
    Ok(book)
}

struct Table {
    header: StringRecord,
    fields: &'static [PriceField],
    /// Columns that together name an entry after the provider.
    naming: &'static [&'static str],
    separator: char,
}

impl Table {
    fn new(header: StringRecord) -> Result<Self, ReadError> {
        let has = |name: &str| header.iter().any(|column| column == name);
        let (naming, fields, separator): (&[&str], &[PriceField], char) = if has("instance") {
            (&["instance", "gpu", "region", "kind"], &[PriceField::UsdPerHour], ':')
        } else {
            (&["model"], &PriceField::TOKENS, '/')
        };
        let needed = ["provider"].into_iter().chain(naming.iter().copied());
        if let Some(missing) = needed.into_iter().find(|name| !has(name)) {
            return Err(ReadError::Column(missing));
        }
        if let Some(first) = fields.first().filter(|_| !fields.iter().any(|f| has(f.name()))) {
            return Err(ReadError::Column(first.name()));
        }
        Ok(Self { header, fields, naming, separator })
    }

    fn cell<'r>(&self, record: &'r StringRecord, column: &str) -> &'r str {
        let place = self.header.iter().position(|name| name == column);
        place.and_then(|place| record.get(place)).unwrap_or("").trim()
    }

    fn add(
        &self,
        book: &mut PriceBook,
        record: &StringRecord,
        line: usize,
    ) -> Result<(), ReadError> {
        let mut entry = self.cell(record, "provider").to_owned();
        for column in self.naming {
            entry.push(self.separator);
            entry.push_str(self.cell(record, column));
        }
        for field in self.fields {
            let text = self.cell(record, field.name());
            if text.is_empty() {
                continue;
            }
            let price = text.parse().map_err(|_| ReadError::Number {
                line,
                column: field.name().to_owned(),
                text: text.to_owned(),
            })?;
            book.put(&entry, *field, Some(price));
        }
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "decimals are read back exactly as they were written")]
mod tests {
    use super::*;

    #[test]
    fn the_columns_say_what_is_priced() {
        let tokens = "provider,model,output_usd_per_mtok\nopenai,gpt-4,60\nopenai,gpt-9,\n";
        let book = read(tokens).unwrap();
        assert_eq!(book.len(), 1);
        assert_eq!(book.get("openai/gpt-4").unwrap()[&PriceField::OutputUsdPerMtok], 60.0);
        let machines =
            "provider,instance,gpu,region,kind,usd_per_hour\nlambda,g8,h100-sxm,us,spot,9\n";
        let book = read(machines).unwrap();
        assert!(book.get("lambda:g8:h100-sxm:us:spot").is_some());
    }

    #[test]
    fn a_bad_table_names_the_column_or_the_line() {
        assert_eq!(read("provider,model\n"), Err(ReadError::Column("input_usd_per_mtok")));
        assert_eq!(read("model,input_usd_per_mtok\n"), Err(ReadError::Column("provider")));
        let error = read("provider,model,input_usd_per_mtok\na,b,$3\n").unwrap_err();
        assert_eq!(error.to_string(), "line 2: input_usd_per_mtok: \"$3\" is not a price");
    }
}
