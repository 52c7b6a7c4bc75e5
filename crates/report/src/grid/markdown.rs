//! A pipe table, as GitHub reads it.

use super::{Column, Grid, Side};

impl Grid {
    /// The table and its footnotes as a list; ends with a line feed.
    pub fn to_markdown(&self) -> String {
        let mut text = line(self.columns.iter().map(head));
        text += &line(self.columns.iter().map(|column| match column.side {
            Side::Left => "---".to_owned(),
            Side::Right => "---:".to_owned(),
        }));
        for row in &self.rows {
            text += &line(row.iter().map(|cell| escaped(&cell.shown())));
        }
        if !self.footers.is_empty() {
            text.push('\n');
        }
        for footer in &self.footers {
            text += "- ";
            text += &escaped(footer);
            text.push('\n');
        }
        text
    }
}

fn head(column: &Column) -> String {
    if column.unit.is_empty() {
        return escaped(&column.title);
    }
    escaped(&format!("{} ({})", column.title, column.unit))
}

fn line(cells: impl Iterator<Item = String>) -> String {
    format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
}

/// Nothing a name holds may end a cell or begin a mark-up.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\n' | '\r' => out.push(' '),
            '|' | '*' | '_' | '`' | '<' | '>' | '[' | ']' | '\\' | '~' => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}
