//! What a command line says, read back: by its own flags, by those that a user added, or by a
//! variable.

use crate::command_line::CommandLine;

/// A flag as it was written, or a variable, and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its value.
    pub value: &'a str,
}

impl CommandLine {
    /// What was said last under any of `names`: `--name value`, `--name=value`, or `NAME=value` in the
    /// environment. Dashes and underscores within a name are the same, as they are to engines in
    /// Python.
    pub fn said(&self, names: &[&str]) -> Option<Said<'_>> {
        let is_meant = |word: &str| names.iter().any(|name| same(name, word));
        let with_next = self.args.iter().zip(self.args.iter().skip(1).map(Some).chain([None]));
        let in_args = with_next.filter_map(|(word, next)| match word.split_once('=') {
            Some((name, value)) => is_meant(name).then_some(Said { name, value }),
            // Docker is told the bare names of variables, and what follows is not their value.
            None => next
                .filter(|_| word.starts_with('-') && is_meant(word))
                .map(|value| Said { name: word, value }),
        });
        let mut in_env = self.env.iter().map(|(name, value)| Said { name, value });
        in_args.last().or_else(|| in_env.rfind(|said| is_meant(said.name)))
    }
}

fn same(name: &str, word: &str) -> bool {
    let plain = |sign: u8| if sign == b'_' { b'-' } else { sign };
    name.len() == word.len() && name.bytes().map(plain).eq(word.bytes().map(plain))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Docker, How, LaunchSpec};
    use crate::{command_line, flags};
    use farebox_core::EngineKind;

    const NAMES: [&str; 2] = ["--max-num-seqs", "MAX_SEQS"];

    fn of(extra: &[&str]) -> CommandLine {
        let mut spec = LaunchSpec::new(EngineKind::Vllm, "org/model", 8000);
        spec.max_seqs = Some(4);
        spec.extra = extra.iter().map(|&word| word.to_owned()).collect();
        command_line(&spec).unwrap()
    }

    #[test]
    fn the_last_word_counts_however_it_is_written() {
        let said = |name, value| Some(Said { name, value });
        assert_eq!(of(&[]).said(&NAMES), said("--max-num-seqs", "4"));
        assert_eq!(of(&["--max-num-seqs=8"]).said(&NAMES), said("--max-num-seqs", "8"));
        assert_eq!(of(&["--max_num_seqs", "9"]).said(&NAMES), said("--max_num_seqs", "9"));
        assert_eq!(of(&["--max-num-seqs"]).said(&NAMES), said("--max-num-seqs", "4"), "no value");
        assert_eq!(of(&[]).said(&["--block-size"]), None);
    }

    #[test]
    fn a_command_of_the_users_and_its_variables_are_read_too() {
        let mut spec = LaunchSpec::new(EngineKind::Ollama, "m", 7);
        spec.max_seqs = Some(3);
        let name = flags::of(EngineKind::Ollama).unwrap().max_seqs.unwrap();
        assert_eq!(command_line(&spec).unwrap().said(&[name]).unwrap().value, "3");
        spec.how = How::Docker(Docker::default());
        assert_eq!(command_line(&spec).unwrap().said(&[name]).unwrap().value, "3", "by name alone");
        spec.how = How::Custom(["./serve.sh", "--max-num-seqs", "2"].map(str::to_owned).to_vec());
        assert_eq!(command_line(&spec).unwrap().said(&NAMES).unwrap().value, "2");
    }
}
