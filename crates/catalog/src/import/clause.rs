//! The patterns of names in genai-prices: which spellings of a model an entry answers to.

use serde_json::Value;

/// How deep clauses may nest; a hostile file must not exhaust the stack.
const DEEPEST: u32 = 16;

/// Whether `clause` accepts the model name, whatever its case.
///
/// Regular expressions are taken for no match: a name we miss is reported as removed, while one we
/// took for another model would be priced wrongly.
pub(super) fn accepts(clause: &Value, name: &str) -> bool {
    accepts_within(clause, &name.to_lowercase(), DEEPEST)
}

fn accepts_within(clause: &Value, name: &str, depth: u32) -> bool {
    let Some((kind, value)) = clause.as_object().and_then(|object| object.iter().next()) else {
        return false;
    };
    if depth == 0 {
        return false;
    }
    let text = value.as_str().unwrap_or("").to_lowercase();
    let parts = value.as_array().map_or(&[][..], Vec::as_slice);
    match kind.as_str() {
        "or" => parts.iter().any(|part| accepts_within(part, name, depth - 1)),
        "and" => {
            !parts.is_empty() && parts.iter().all(|part| accepts_within(part, name, depth - 1))
        }
        _ if text.is_empty() => false,
        "equals" => name == text,
        "starts_with" => name.starts_with(&text),
        "ends_with" => name.ends_with(&text),
        "contains" => name.contains(&text),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn clauses_combine() {
        let both = json!({"and": [{"contains": "opus"}, {"ends_with": "5"}]});
        let clause = json!({"or": [{"equals": "gpt-4"}, {"starts_with": "gpt-4-"}, both]});
        for name in ["GPT-4", "gpt-4-turbo", "claude-opus-5"] {
            assert!(accepts(&clause, name), "{name}");
        }
        for name in ["gpt-4o", "claude-opus-4", "sonnet-5", ""] {
            assert!(!accepts(&clause, name), "{name}");
        }
    }

    #[test]
    fn nonsense_accepts_nothing() {
        let deep = (0..64).fold(json!({"equals": "a"}), |inner, _| json!({"or": [inner]}));
        let empty = json!({"starts_with": ""});
        let regex = json!({"regex": ".*"});
        for clause in [json!(null), json!({}), json!({"and": []}), empty, regex, deep] {
            assert!(!accepts(&clause, "a"), "{clause}");
        }
    }
}
