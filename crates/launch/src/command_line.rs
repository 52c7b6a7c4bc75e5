//! What is run: a pure function of what is to be served.

use crate::docker;
use crate::error::LaunchError;
use crate::flags::{self, Flags};
use crate::secrets::{REDACTED, is_secret};
use crate::spec::{How, LaunchSpec, Local};
use crate::told::{Told, fetched};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// A program, its arguments and what is added to its environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine {
    /// The program: a path, or a name that is looked for on PATH.
    pub program: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// Variables added to its environment.
    pub env: BTreeMap<String, String>,
    /// What ends for certain what the program may leave behind.
    pub cleanup: Option<Vec<String>>,
    /// Where the engine says that it is up.
    pub health: String,
    /// The model that it has to fetch once it is up, where no argument names it.
    pub fetch: Option<String>,
}

/// The loopback address: an engine under test answers nobody else.
pub(crate) const LOOPBACK: &str = "127.0.0.1";

/// The command that serves `spec`.
pub fn command_line(spec: &LaunchSpec) -> Result<CommandLine, LaunchError> {
    let flags = || flags::of(spec.engine).ok_or(LaunchError::NotOurs(spec.engine));
    match &spec.how {
        How::Local(local) => process(spec, &flags()?, local),
        How::Docker(docker) => docker::command_line(spec, &flags()?, docker),
        How::Custom(words) => custom(spec, words),
    }
}

fn process(spec: &LaunchSpec, flags: &Flags, local: &Local) -> Result<CommandLine, LaunchError> {
    let (program, mut args) = program(flags, local);
    let told = Told::new(spec, flags, (LOOPBACK, spec.port))?;
    args.extend(told.args);
    Ok(CommandLine {
        program,
        args,
        env: told.env,
        cleanup: None,
        health: flags.health.to_owned(),
        fetch: fetched(spec, flags),
    })
}

/// The program and the words that make it a server; that of a virtual environment where one is
/// named.
fn program(flags: &Flags, local: &Local) -> (String, Vec<String>) {
    let (first, rest) = flags.program.split_first().unwrap_or((&"", &[]));
    let program = match (&local.program, &local.venv) {
        (Some(program), _) => program.display().to_string(),
        (None, Some(venv)) => venv.join("bin").join(first).display().to_string(),
        (None, None) => (*first).to_owned(),
    };
    (program, rest.iter().map(|&word| word.to_owned()).collect())
}

fn custom(spec: &LaunchSpec, words: &[String]) -> Result<CommandLine, LaunchError> {
    let fill = |word: &String| {
        word.replace("{port}", &spec.port.to_string())
            .replace("{model}", &spec.model)
            .replace("{tp}", &spec.tp.to_string())
    };
    let mut words = words.iter().map(fill).chain(spec.extra.iter().cloned());
    let program = words.next().ok_or(LaunchError::EmptyCommand)?;
    let health = flags::of(spec.engine).map_or("/health", |flags| flags.health);
    Ok(CommandLine {
        program,
        args: words.collect(),
        env: spec.env.clone(),
        cleanup: None,
        health: health.to_owned(),
        fetch: None,
    })
}

impl CommandLine {
    /// Whether the program can be found: an executable path, or a name on `path`.
    pub fn is_found(&self, path: &str) -> bool {
        if self.program.contains('/') {
            return Path::new(&self.program).is_file();
        }
        std::env::split_paths(path).any(|folder| folder.join(&self.program).is_file())
    }
}

impl fmt::Display for CommandLine {
    /// As one would type it into a shell; what may be a secret is not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.env {
            let value = if is_secret(name) { REDACTED.to_owned() } else { quoted(value) };
            write!(f, "{name}={value} ")?;
        }
        f.write_str(&quoted(&self.program))?;
        let mut is_hidden = false;
        for word in &self.args {
            if word.starts_with('-') {
                is_hidden = is_secret(word) && !word.contains('=');
            } else if is_hidden {
                write!(f, " {REDACTED}")?;
                continue;
            }
            match word.split_once('=') {
                Some((name, _)) if is_secret(name) => write!(f, " {}={REDACTED}", quoted(name))?,
                _ => write!(f, " {}", quoted(word))?,
            }
        }
        Ok(())
    }
}

/// `word` as a shell reads it back.
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::{How, LaunchError, LaunchSpec, command_line, flags};
    use crate::spec::Docker;
    use farebox_core::EngineKind;

    fn shown(spec: &LaunchSpec) -> String {
        command_line(spec).unwrap().to_string()
    }

    /// The pricing seed's four checkpoints, each at three widths, and its command: `vllm serve ID
    /// --port 8000 --tensor-parallel-size N`. Ours says besides where to listen and what to tell.
    #[test]
    fn the_pricing_seeds_commands() {
        let family = "Meta-Llama-3.1-8B-Instruct";
        let of = |quantization: &str| match quantization {
            "base" => format!("unsloth/{family}"),
            other => format!("RedHatAI/{family}-quantized.{other}"),
        };
        let ours = [" --host 127.0.0.1", " --enable-prompt-tokens-details"];
        let mut lines = Vec::new();
        for quantization in ["base", "w8a8", "w8a16", "w4a16"] {
            for tp in [1, 2, 4] {
                let model = of(quantization);
                let seed = format!("vllm serve {model} --port 8000 --tensor-parallel-size {tp}");
                let spec = LaunchSpec::new(EngineKind::Vllm, model, 8000);
                let line = shown(&LaunchSpec { tp, ..spec.with_precision(quantization) });
                assert_eq!(
                    ours.iter().fold(line.clone(), |line, word| line.replace(word, "")),
                    seed
                );
                lines.push(line);
            }
        }
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn every_engine_is_told_in_its_own_words() {
        let engines = EngineKind::ALL.into_iter().filter(|kind| flags::of(*kind).is_some());
        let lines: Vec<String> = engines
            .flat_map(|engine| {
                let spec = LaunchSpec::new(engine, "org/model", 8000);
                let docker = How::Docker(Docker::default());
                let in_docker = LaunchSpec { how: docker, ..spec.clone() };
                [Some(shown(&spec)), command_line(&in_docker).ok().map(|line| line.to_string())]
            })
            .flatten()
            .collect();
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn every_wish_has_its_flag_or_its_variable() {
        let lines: Vec<String> = EngineKind::ALL
            .into_iter()
            .filter_map(|engine| {
                let mut spec = LaunchSpec::new(engine, "org/model", 8000);
                let flags = flags::of(engine)?;
                spec.tp = flags.tp.map_or(1, |_| 2);
                spec.pp = flags.pp.map_or(1, |_| 2);
                spec.served_name = flags.served_name.map(|_| "m".to_owned());
                spec.dtype = flags.dtype.map(|_| "bfloat16".to_owned());
                spec.quantization = flags.quantization.map(|_| "fp8".to_owned());
                spec.memory_fraction = flags.memory_fraction.map(|_| 0.85);
                spec.max_len = flags.max_len.map(|_| 4096);
                spec.max_seqs = flags.max_seqs.map(|_| 16);
                Some(shown(&spec))
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn what_an_engine_cannot_be_told_is_an_error() {
        let spec = LaunchSpec::new(EngineKind::Transformers, "m", 1);
        let error = command_line(&LaunchSpec { tp: 2, ..spec.clone() }).unwrap_err();
        assert_eq!(error.to_string(), "transformers has no flag for tensor parallelism");
        for engine in [EngineKind::OpenAi, EngineKind::Dynamo] {
            let theirs = LaunchSpec { engine, ..spec.clone() };
            assert!(matches!(command_line(&theirs), Err(LaunchError::NotOurs(_))));
        }
        let how = How::Custom(Vec::new());
        assert!(matches!(
            command_line(&LaunchSpec { how, ..spec }),
            Err(LaunchError::EmptyCommand)
        ));
    }

    #[test]
    fn words_are_quoted_and_secrets_left_out() {
        let words = ["serve.sh", "{port}", "--name={model}", "two words", "it's"];
        let mut spec = LaunchSpec::new(EngineKind::Vllm, "m", 7);
        spec.how = How::Custom(words.map(str::to_owned).to_vec());
        spec.env.insert("HF_TOKEN".to_owned(), "hf_123".to_owned());
        spec.env.insert("OMP_NUM_THREADS".to_owned(), "1".to_owned());
        assert_eq!(
            shown(&spec),
            r"HF_TOKEN=[redacted] OMP_NUM_THREADS=1 serve.sh 7 --name=m 'two words' 'it'\''s'"
        );
    }
}
