//! Decimal points one below the other, for pages: a figure space is as wide as a digit, a
//! punctuation space as a point.

const DIGIT: char = '\u{2007}';
const POINT: char = '\u{2008}';

/// Fills up the first lines of cells that stand right in one column, so that their decimal points
/// meet. What is no number stays as it is.
pub fn align<'a>(cells: impl Iterator<Item = &'a mut String>) {
    let mut cells: Vec<(&mut String, usize)> = cells
        .filter_map(|cell| {
            let decimals = decimals(first_line(cell))?;
            Some((cell, decimals))
        })
        .collect();
    let most = cells.iter().map(|(_, decimals)| *decimals).max().unwrap_or(0);
    for (cell, decimals) in &mut cells {
        let missing = most - *decimals;
        let point = (*decimals == 0 && missing > 0).then_some(POINT);
        let filling: String = point.into_iter().chain([DIGIT].repeat(missing)).collect();
        let end = first_line(cell).len();
        cell.insert_str(end, &filling);
    }
}

fn first_line(cell: &str) -> &str {
    cell.split('\n').next().unwrap_or(cell)
}

/// Digits behind the point of a number as it is spelled for people; none of anything else.
fn decimals(text: &str) -> Option<usize> {
    let number = text.trim_start_matches(['~', '*', '-']);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let is_number = whole.starts_with(|c: char| c.is_ascii_digit())
        && whole.chars().all(|c| c.is_ascii_digit() || c == ',')
        && fraction.chars().all(|c| c.is_ascii_digit());
    is_number.then_some(fraction.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_meet_and_words_stay() {
        let mut cells = ["~81.5\n75.7 to 87.2", "1,417", "0.25", "—", "no price", "1.2 (1..2)"]
            .map(str::to_owned);
        align(cells.iter_mut());
        let expected = [
            "~81.5\u{2007}\n75.7 to 87.2",
            "1,417\u{2008}\u{2007}\u{2007}",
            "0.25",
            "—",
            "no price",
            "1.2 (1..2)",
        ];
        assert_eq!(cells, expected);
    }

    #[test]
    fn whole_numbers_need_nothing() {
        let mut cells = ["1", "1,024"].map(str::to_owned);
        align(cells.iter_mut());
        assert_eq!(cells, ["1", "1,024"]);
    }
}
