//! Plain text for a terminal: aligned columns, one rule, no colour.

use super::{Column, Grid, Side};
use comfy_table::{CellAlignment, ContentLineStyle, LineStyle, Table, TableStyle};

/// Where footnotes wrap.
const WIDTH: usize = 100;

/// A rule under the head and nothing else.
const STYLE: TableStyle = TableStyle::new()
    .header_lines(ContentLineStyle::none())
    .header_separator(LineStyle::none().fill('─'))
    .content_lines(ContentLineStyle::none());

impl Grid {
    /// The table and its footnotes; ends with a line feed.
    pub fn to_human(&self) -> String {
        let mut table = Table::new();
        table.load_style(STYLE);
        table.set_header(self.columns.iter().map(head));
        table.add_rows(self.rows.iter().map(|row| row.iter().map(super::Cell::shown)));
        for (index, column) in self.columns.iter().enumerate() {
            if let Some(formatted) = table.column_mut(index) {
                let last = index + 1 == self.columns.len();
                formatted.set_padding((0, if last { 0 } else { 2 }));
                formatted.set_cell_alignment(match column.side {
                    Side::Left => CellAlignment::Left,
                    Side::Right => CellAlignment::Right,
                });
            }
        }
        let mut text = String::new();
        for line in table.lines() {
            text.push_str(line.trim_end());
            text.push('\n');
        }
        if !self.footers.is_empty() {
            text.push('\n');
        }
        for footer in &self.footers {
            push_wrapped(&mut text, footer);
        }
        text
    }
}

fn head(column: &Column) -> String {
    if column.unit.is_empty() {
        return column.title.clone();
    }
    format!("{}\n{}", column.title, column.unit)
}

/// Adds `sentence`, broken at spaces; later lines are set in.
fn push_wrapped(text: &mut String, sentence: &str) {
    let mut room = WIDTH;
    for (index, word) in sentence.split_whitespace().enumerate() {
        let width = word.chars().count();
        if index > 0 && width + 1 > room {
            text.push_str("\n  ");
            room = WIDTH - 2;
        } else if index > 0 {
            text.push(' ');
            room -= 1;
        }
        text.push_str(word);
        room = room.saturating_sub(width);
    }
    text.push('\n');
}
