//! Comma-separated values: numbers in full, an empty field where nothing is known.

use super::{Cell, Grid};

impl Grid {
    /// The columns' titles and the rows; footnotes and units are left out.
    pub fn to_csv(&self) -> Result<String, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(self.columns.iter().map(|column| column.title.as_str()))?;
        for row in &self.rows {
            writer.write_record(row.iter().map(field))?;
        }
        let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

fn field(cell: &Cell) -> String {
    match cell {
        Cell::Unknown => String::new(),
        Cell::Text(text) => text.clone(),
        Cell::Number(number) => number.to_string(),
    }
}
