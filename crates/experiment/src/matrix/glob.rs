//! Names by pattern: `*` for any run of signs, `?` for one.

use std::str::FromStr;

/// A pattern that cell names are held against; several, separated by commas, match any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(Vec<String>);

impl FromStr for Glob {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let patterns: Vec<String> = text.split(',').map(|part| part.trim().to_owned()).collect();
        if patterns.iter().any(String::is_empty) {
            return Err(format!("`{text}` names no cell: write it like vllm-* or *-tp2-*"));
        }
        Ok(Self(patterns))
    }
}

impl Glob {
    /// Whether `name` is meant.
    pub fn matches(&self, name: &str) -> bool {
        self.0.iter().any(|pattern| is_like(pattern.as_bytes(), name.as_bytes()))
    }
}

fn is_like(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=name.len()).any(|cut| is_like(rest, &name[cut..])),
        ([b'?', pattern @ ..], [_, name @ ..]) => is_like(pattern, name),
        ([sign, pattern @ ..], [other, name @ ..]) => sign == other && is_like(pattern, name),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_match() {
        for (pattern, name, is) in [
            ("vllm-*", "vllm-base-tp1-chat-steady", true),
            ("*-tp2-*", "vllm-base-tp1-chat-steady", false),
            ("*tp?*steady", "vllm-base-tp1-chat-steady", true),
            ("vllm", "vllm-base", false),
            ("a,b*", "bc", true),
            ("*", "", true),
        ] {
            assert_eq!(pattern.parse::<Glob>().unwrap().matches(name), is, "{pattern} {name}");
        }
        assert!("a,,b".parse::<Glob>().is_err());
    }
}
