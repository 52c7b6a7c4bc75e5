//! Which words of a command line are nobody's business.

/// Parts of names that say that the value is a secret.
const SECRETS: [&str; 5] = ["TOKEN", "KEY", "APIKEY", "SECRET", "PASSWORD"];
/// What is shown in its place.
pub(crate) const REDACTED: &str = "[redacted]";

/// Whether what a variable or a flag of this name holds is a secret: `HF_TOKEN` and `--api-key`
/// are, `--max-total-tokens` is not.
pub(crate) fn is_secret(name: &str) -> bool {
    name.split(['_', '-']).any(|part| SECRETS.contains(&part.to_ascii_uppercase().as_str()))
}

#[cfg(test)]
mod tests {
    use crate::command_line::CommandLine;
    use std::collections::BTreeMap;

    #[test]
    fn secrets_among_the_arguments_are_left_out() {
        let words = ["--api-key", "s1", "s2", "--max-total-tokens", "9", "--hf-token=s3"];
        let line = CommandLine {
            program: "serve".to_owned(),
            args: words.into_iter().chain(["-e", "MY_SECRET=s4"]).map(str::to_owned).collect(),
            env: BTreeMap::from([("MAX_TOTAL_TOKENS".to_owned(), "9".to_owned())]),
            cleanup: None,
            health: "/health".to_owned(),
            fetch: None,
        };
        assert_eq!(
            line.to_string(),
            "MAX_TOTAL_TOKENS=9 serve --api-key [redacted] [redacted] --max-total-tokens 9 \
             --hf-token=[redacted] -e MY_SECRET=[redacted]"
        );
    }
}
