//! Columns, rows and footnotes, free of any form.

use crate::numbers::UNKNOWN;

/// A table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Grid {
    /// What the columns hold.
    pub columns: Vec<Column>,
    /// As many cells as columns each.
    pub rows: Vec<Vec<Cell>>,
    /// Sentences below it; left out of CSV.
    pub footers: Vec<String>,
}

/// A column's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// What it holds.
    pub title: String,
    /// In which unit; empty for none.
    pub unit: String,
    /// Where its cells stand.
    pub side: Side,
}

/// Where cells stand in their column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// One field.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing is known: a dash for people, an empty field in CSV.
    Unknown,
    /// As it stands.
    Text(String),
    /// A number in full, for CSV.
    Number(f64),
}

impl Column {
    /// A column of words.
    pub fn words(title: &str) -> Self {
        Self { title: title.to_owned(), unit: String::new(), side: Side::Left }
    }

    /// A column of numbers in `unit`.
    pub fn numbers(title: &str, unit: &str) -> Self {
        Self { title: title.to_owned(), unit: unit.to_owned(), side: Side::Right }
    }
}

impl Cell {
    /// A cell with text, or unknown.
    pub fn text(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::Unknown, |text| Self::Text(text.into()))
    }

    /// A cell with a number, or unknown.
    pub fn number(number: Option<f64>) -> Self {
        number.filter(|number| number.is_finite()).map_or(Self::Unknown, Self::Number)
    }

    /// What a person reads.
    pub fn shown(&self) -> String {
        match self {
            Self::Unknown => UNKNOWN.to_owned(),
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
        }
    }
}
