//! One line of the text format.

use super::{Label, Sample};
use std::borrow::Cow;

/// What a line is.
pub(super) enum Line<'a> {
    Sample(Sample<'a>),
    /// `# HELP name text`.
    Help(&'a str, &'a str),
    /// Any other comment, or an empty line.
    Comment,
    /// None of these.
    Other,
}

pub(super) fn parse(line: &str) -> Line<'_> {
    if let Some(comment) = line.strip_prefix('#') {
        let help = comment.trim_start().strip_prefix("HELP ").map(str::trim_start);
        return match help.and_then(|rest| rest.split_once(' ')) {
            Some((name, text)) => Line::Help(name, text),
            None => Line::Comment,
        };
    }
    if line.is_empty() {
        return Line::Comment;
    }
    sample(line).map_or(Line::Other, Line::Sample)
}

fn sample(line: &str) -> Option<Sample<'_>> {
    let (name, rest) = name(line)?;
    let (labels, rest) = match rest.trim_start().strip_prefix('{') {
        Some(rest) => labels(rest)?,
        None => (Vec::new(), rest),
    };
    // An exemplar follows the value in OpenMetrics: it is about one observation.
    let numbers = rest.split('#').next().unwrap_or_default();
    let mut numbers = numbers.split_ascii_whitespace().map(str::parse::<f64>);
    let value = numbers.next()?.ok()?;
    let timestamp = numbers.next().transpose().ok()?;
    numbers.next().is_none().then_some(Sample { name, labels, value, timestamp })
}

/// A metric's or label's name, and what follows it.
fn name(text: &str) -> Option<(&str, &str)> {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
    let end = text.find(|c| !inside(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    (!name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit())).then_some((name, rest))
}

/// The labels up to `}`, and what follows it. A comma before the `}` is allowed.
fn labels(mut text: &str) -> Option<(Vec<Label<'_>>, &str)> {
    let mut labels = Vec::new();
    loop {
        text = text.trim_start();
        if let Some(rest) = text.strip_prefix('}') {
            return Some((labels, rest));
        }
        let (name, rest) = name(text)?;
        let quoted = rest.trim_start().strip_prefix('=')?.trim_start().strip_prefix('"')?;
        let (value, rest) = value(quoted)?;
        labels.push(Label { name, value });
        let rest = rest.trim_start();
        text = match rest.strip_prefix(',') {
            Some(rest) => rest,
            None if rest.starts_with('}') => rest,
            None => return None,
        };
    }
}

/// A label's value up to its closing quote, and what follows it.
fn value(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let first = text.find(['"', '\\'])?;
    if text[first..].starts_with('"') {
        return Some((Cow::Borrowed(&text[..first]), &text[first + 1..]));
    }
    let mut plain = text[..first].to_owned();
    let mut chars = text[first..].char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((Cow::Owned(plain), &text[first + at + 1..])),
            '\\' => match chars.next()?.1 {
                'n' => plain.push('\n'),
                escaped @ ('"' | '\\') => plain.push(escaped),
                other => plain.extend(['\\', other]),
            },
            c => plain.push(c),
        }
    }
    None
}
