//! Where words go so that none covers another.

use super::canvas::Place;

/// Middles, in the order given, moved apart until they are `gap` from each other, inside `low` to
/// `high` where there is room.
pub(super) fn spread(wanted: &[f64], gap: f64, (low, high): (f64, f64)) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    let mut placed: Vec<f64> = order.iter().map(|index| wanted[*index].clamp(low, high)).collect();
    for index in 1..placed.len() {
        placed[index] = placed[index].max(placed[index - 1] + gap);
    }
    if let Some(last) = placed.last_mut() {
        *last = last.min(high);
    }
    for index in (1..placed.len()).rev() {
        placed[index - 1] = placed[index - 1].min(placed[index] - gap);
    }
    let mut result = vec![0.0; wanted.len()];
    for (index, place) in order.into_iter().zip(placed) {
        result[index] = place;
    }
    result
}

/// Rows of flags that stand at `x` and are `width` wide, given as `(x, width)`: high enough that
/// no flag covers another or is crossed by the staff of one further left.
pub(super) fn flag_rows(flags: &[(f64, f64)]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..flags.len()).collect();
    order.sort_by(|a, b| flags[*b].0.total_cmp(&flags[*a].0));
    let mut rows = vec![0; flags.len()];
    for (done, &index) in order.iter().enumerate() {
        let end = flags[index].0 + flags[index].1;
        let covered = order[..done].iter().filter(|right| flags[**right].0 <= end);
        rows[index] = covered.map(|right| rows[*right] + 1).max().unwrap_or(0);
    }
    rows
}

/// A rectangle: upper left and lower right.
pub(super) type Area = (Place, Place);

/// The first of `candidates` that covers least of `lines` and of what is `taken`.
pub(super) fn clearest(candidates: &[Area], lines: &[Vec<Place>], taken: &[Area]) -> Option<Area> {
    let covered = |area: &&Area| {
        let words = taken.iter().filter(|other| overlap(area, other)).count();
        let strokes: usize = lines.iter().map(|line| strokes_in(area, line)).sum();
        words * WORDS_OVER_STROKES + strokes
    };
    candidates.iter().min_by_key(covered).copied()
}

/// Covering words is worse than covering any line.
const WORDS_OVER_STROKES: usize = 10_000;

/// Whether two rectangles share more than an edge.
pub(super) fn overlap(a: &Area, b: &Area) -> bool {
    a.0.0 < b.1.0 && b.0.0 < a.1.0 && a.0.1 < b.1.1 && b.0.1 < a.1.1
}

/// How many of some evenly spaced places along `line` lie in `area`.
fn strokes_in(area: &Area, line: &[Place]) -> usize {
    const STEPS: u32 = 32;
    let inside = |(x, y): Place| overlap(area, &((x, y), (x, y)));
    let single = line.iter().filter(|_| line.len() == 1).copied();
    let along = line.windows(2).flat_map(|pair| {
        (0..=STEPS).map(|step| {
            let share = f64::from(step) / f64::from(STEPS);
            let between = |a: f64, b: f64| a + (b - a) * share;
            (between(pair[0].0, pair[1].0), between(pair[0].1, pair[1].1))
        })
    });
    along.chain(single).filter(|place| inside(*place)).count()
}

/// `text` in lines of at most `width` characters, broken at spaces.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_labels_are_moved_apart_inside_the_bounds() {
        assert_eq!(spread(&[50.0, 51.0, 10.0], 12.0, (0.0, 100.0)), [50.0, 62.0, 10.0]);
        assert_eq!(spread(&[99.0, 98.0], 12.0, (0.0, 100.0)), [100.0, 88.0]);
        assert_eq!(spread(&[], 12.0, (0.0, 100.0)), [0.0; 0]);
    }

    #[test]
    fn flags_rise_over_those_further_right() {
        assert_eq!(flag_rows(&[(0.0, 30.0), (20.0, 30.0), (40.0, 5.0), (90.0, 5.0)]), [2, 1, 0, 0]);
    }

    #[test]
    fn words_go_where_no_line_runs() {
        let rising = vec![(0.0, 100.0), (100.0, 0.0)];
        let at = |x: f64, y: f64| ((x, y), (x + 30.0, y + 10.0));
        let (low_left, low_right) = (at(0.0, 90.0), at(70.0, 90.0));
        let both = [low_left, low_right];
        assert_eq!(clearest(&both, std::slice::from_ref(&rising), &[]), Some(low_right));
        assert_eq!(clearest(&both, &[rising], &[low_right]), Some(low_left));
        assert_eq!(clearest(&both, &[], &[]), Some(low_left), "the first where all are clear");
    }

    #[test]
    fn lines_break_at_spaces_only() {
        assert_eq!(wrap("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrap("unbreakable", 3), ["unbreakable"]);
    }
}
