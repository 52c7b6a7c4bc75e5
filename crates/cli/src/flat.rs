//! Documents as a flat table: a column per path, named as in the JSON, every figure in full.

use farebox_report::grid::{Cell, Column, Grid};
use serde_json::Value;

/// A row per document; the columns named in `first`, then the others as they are met.
pub(crate) fn table(documents: &[Value], first: &[&str]) -> Grid {
    let rows: Vec<Vec<(String, Cell)>> = documents.iter().map(fields).collect();
    let mut paths: Vec<&str> = first.to_vec();
    for (path, _) in rows.iter().flatten() {
        if !paths.contains(&path.as_str()) {
            paths.push(path);
        }
    }
    let cell = |row: &[(String, Cell)], path: &str| {
        let found = row.iter().find(|(own, _)| own == path);
        found.map_or(Cell::Unknown, |(_, cell)| cell.clone())
    };
    Grid {
        columns: paths.iter().map(|path| Column::words(path)).collect(),
        rows: rows.iter().map(|row| paths.iter().map(|path| cell(row, path)).collect()).collect(),
        footers: Vec::new(),
    }
}

/// A document as lines of `path.to.field` and value; what is unknown is left out.
pub(crate) fn fields(document: &Value) -> Vec<(String, Cell)> {
    let mut fields = Vec::new();
    flatten("", document, &mut fields);
    fields
}

fn flatten(path: &str, value: &Value, fields: &mut Vec<(String, Cell)>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        Value::Null => {}
        Value::Object(object) => {
            for (key, value) in object {
                flatten(&below(key), value, fields);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (index, item) in items.iter().enumerate() {
                flatten(&below(&(index + 1).to_string()), item, fields);
            }
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(text).collect();
            fields.push((path.to_owned(), Cell::Text(items.join(", "))));
        }
        Value::Number(number) => fields.push((path.to_owned(), Cell::number(number.as_f64()))),
        other => fields.push((path.to_owned(), Cell::Text(text(other)))),
    }
}

/// A value as it is read, without quotes.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
