//! Which modules a quantised checkpoint leaves wide: exact names, globs, and simple expressions.
//!
//! Three dialects occur. A plain name excludes the module it names and everything inside; a name
//! with `*` is a glob over the same; a name after `re:` is a regular expression that matches from
//! the start. Expressions are turned into globs: groups of alternatives are written out, and
//! anything else unusual matches every character, which can only exclude more.

use std::collections::HashMap;

/// Prefixes that wrappers put before the modules of a language model.
const PREFIXES: [&str; 5] =
    ["model.language_model.", "language_model.model.", "language_model.", "model.", "backbone."];

/// Most alternatives that one expression is written out to.
const MOST_ALTERNATIVES: usize = 64;

/// Most patterns that name no layer; each is tried on each layer.
const MOST_GENERAL: usize = 1000;

/// Patterns, those that name one layer kept apart so that a lookup stays short.
#[derive(Debug, Clone, Default)]
pub(super) struct Exclusions {
    by_layer: HashMap<u64, Vec<String>>,
    general: Vec<String>,
}

impl Exclusions {
    /// Takes in one entry of an exclusion list.
    pub(super) fn add(&mut self, entry: &str) {
        let globs = match entry.strip_prefix("re:") {
            Some(expression) => globs_of_expression(expression),
            None => vec![without_prefix(entry).to_owned()],
        };
        for glob in globs {
            match layer_of(&glob) {
                Some(layer) => self.by_layer.entry(layer).or_default().push(glob),
                None if self.general.len() < MOST_GENERAL => self.general.push(glob),
                None => {}
            }
        }
    }

    /// Whether a module, such as `layers.3.mlp.gate_proj`, is left wide.
    pub(super) fn covers(&self, layer: u64, module: &str) -> bool {
        let own = self.by_layer.get(&layer).into_iter().flatten();
        own.chain(&self.general).any(|pattern| excludes(pattern, module))
    }
}

fn without_prefix(name: &str) -> &str {
    PREFIXES.into_iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name)
}

/// The layer that a pattern names in full, such as 3 in `layers.3.mlp`; `layers.0*` names many.
fn layer_of(pattern: &str) -> Option<u64> {
    let (digits, _) = pattern.strip_prefix("layers.")?.split_once('.')?;
    digits.parse().ok()
}

fn excludes(pattern: &str, module: &str) -> bool {
    if pattern.contains(['*', '?']) {
        return matches(pattern.as_bytes(), module.as_bytes())
            || matches(format!("{pattern}.*").as_bytes(), module.as_bytes());
    }
    let inside = |rest: &str| rest.is_empty() || rest.starts_with('.');
    module.match_indices(pattern).any(|(at, found)| {
        let starts = at == 0 || module[..at].ends_with('.');
        starts && !found.is_empty() && inside(&module[at + found.len()..])
    })
}

/// Glob match by backing up to the last star; time is at most pattern times text.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(b) if *b == b'?' || *b == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|b| *b == b'*')
}

fn globs_of_expression(expression: &str) -> Vec<String> {
    let anchored_end = expression.ends_with('$') && !expression.ends_with("\\$");
    let expression = expression.trim_start_matches('^').trim_end_matches('$');
    let tail = if anchored_end { "" } else { "*" };
    alternatives(expression)
        .into_iter()
        .map(|plain| {
            let glob = glob_of(&plain);
            format!("{}{tail}", without_prefix(&glob))
        })
        .collect()
}

/// Writes out groups such as `(gate|up)`, outermost first; nested groups are taken as text.
fn alternatives(expression: &str) -> Vec<String> {
    let mut whole = vec![String::new()];
    let mut rest = expression;
    while let Some((before, from)) = rest.split_once('(') {
        let Some((group, after)) = from.split_once(')') else { break };
        let group = group.strip_prefix("?:").unwrap_or(group);
        let mut longer = Vec::new();
        for start in &whole {
            for choice in group.split('|') {
                longer.push(format!("{start}{before}{choice}"));
            }
        }
        longer.truncate(MOST_ALTERNATIVES);
        whole = longer;
        rest = after;
    }
    whole.into_iter().map(|start| start + rest).collect()
}

/// `.*` becomes `*`, `\.` a dot, `.` any character, classes and repeats a star.
fn glob_of(expression: &str) -> String {
    let mut glob = String::with_capacity(expression.len());
    let mut chars = expression.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(escaped) if !escaped.is_ascii_alphanumeric() => glob.push(escaped),
                _ => glob.push('*'),
            },
            '.' => glob.push('?'),
            '[' => {
                let _class = chars.by_ref().find(|c| *c == ']');
                glob.push('*');
            }
            '*' | '+' => {
                // A repeat of whatever came before: a star in its place.
                glob.pop();
                glob.push('*');
            }
            other => glob.push(other),
        }
    }
    glob
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dialects_exclude_what_their_tools_exclude() {
        let cases = [
            ("lm_head", "layers.3.self_attn.q_proj", false),
            ("gate", "layers.3.mlp.gate_proj", false),
            ("gate", "layers.3.block_sparse_moe.gate", true),
            ("model.layers.3.self_attn*", "layers.3.self_attn.q_proj", true),
            ("model.layers.3.self_attn*", "layers.30.self_attn.q_proj", false),
            ("model.layers.0*", "layers.0.mlp.gate_proj", true),
            ("model.layers.*.self_attn", "layers.7.self_attn.q_proj", true),
            ("*.attn.*", "layers.7.attn.wq_a", true),
            ("re:.*self_attn.*", "layers.7.self_attn.q_proj", true),
            (r"re:.*mlp\.(gate|up|gate_up|down)_proj.*", "layers.0.mlp.up_proj", true),
            (r"re:.*mlp\.(gate|up|gate_up|down)_proj.*", "layers.1.mlp.experts.0.up_proj", false),
            ("re:.*lm_head", "layers.1.mlp.experts.0.up_proj", false),
        ];
        for (entry, module, excluded) in cases {
            let mut exclusions = Exclusions::default();
            exclusions.add(entry);
            let layer = module.split('.').nth(1).unwrap().parse().unwrap();
            assert_eq!(exclusions.covers(layer, module), excluded, "{entry} on {module}");
        }
    }
}
