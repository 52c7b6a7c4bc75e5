//! What is run: a pure function of what is to be served.

use crate::docker;
use crate::error::LaunchError;
use crate::flags::{self, Flags, ModelArg};
use crate::spec::{How, LaunchSpec, Local};
use farebox_core::EngineKind;
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
}

/// The loopback address: an engine under test answers nobody else.
pub(crate) const LOOPBACK: &str = "127.0.0.1";

/// The command that serves `spec`.
pub fn command_line(spec: &LaunchSpec) -> Result<CommandLine, LaunchError> {
    if let How::Custom(words) = &spec.how {
        return custom(spec, words);
    }
    let flags = flags::of(spec.engine).ok_or(LaunchError::NotOurs(spec.engine))?;
    match &spec.how {
        How::Docker(docker) => docker::command_line(spec, &flags, docker),
        How::Local(local) => {
            let (program, mut args) = program(&flags, local);
            args.extend(arguments(spec, &flags, (LOOPBACK, spec.port))?);
            Ok(CommandLine {
                program,
                args,
                env: environment(spec, (LOOPBACK, spec.port)),
                cleanup: None,
                health: flags.health.to_owned(),
            })
        }
        How::Custom(_) => unreachable!("done above"),
    }
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

/// The arguments after the program, for an engine that listens on `address`.
pub(crate) fn arguments(
    spec: &LaunchSpec,
    flags: &Flags,
    address: (&str, u16),
) -> Result<Vec<String>, LaunchError> {
    let mut words = Words { engine: spec.engine, words: Vec::new() };
    match flags.model {
        ModelArg::Positional => words.words.push(spec.model.clone()),
        ModelArg::Flag(flag) => words.words.extend([flag.to_owned(), spec.model.clone()]),
        ModelArg::PerRequest => {}
    }
    words.add_known(flags.host, address.0);
    words.add_known(flags.port, address.1);
    words.add("tensor parallelism", flags.tp, (spec.tp > 1).then_some(spec.tp))?;
    words.add("pipeline parallelism", flags.pp, (spec.pp > 1).then_some(spec.pp))?;
    words.add("a name to serve under", flags.served_name, spec.served_name.as_ref())?;
    words.add("a type of weights", flags.dtype, spec.dtype.as_ref())?;
    words.add("quantization while loading", flags.quantization, spec.quantization.as_ref())?;
    words.add("a share of memory", flags.memory_fraction, spec.memory_fraction)?;
    words.add("a longest context", flags.max_len, spec.max_len)?;
    words.add("a largest batch", flags.max_seqs, spec.max_seqs)?;
    words.words.extend(flags.always.iter().map(|&word| word.to_owned()));
    words.words.extend(spec.extra.iter().cloned());
    Ok(words.words)
}

struct Words {
    engine: EngineKind,
    words: Vec<String>,
}

impl Words {
    fn add_known(&mut self, flag: Option<&str>, value: impl fmt::Display) {
        if let Some(flag) = flag {
            self.words.extend([flag.to_owned(), value.to_string()]);
        }
    }

    /// Adds what was asked for; an engine that cannot be told so is an error, not a silence.
    fn add(
        &mut self,
        what: &'static str,
        flag: Option<&str>,
        value: Option<impl fmt::Display>,
    ) -> Result<(), LaunchError> {
        let Some(value) = value else { return Ok(()) };
        let flag = flag.ok_or(LaunchError::NoFlag { engine: self.engine, what })?;
        self.words.extend([flag.to_owned(), value.to_string()]);
        Ok(())
    }
}

/// The variables that an engine listens to instead of flags.
pub(crate) fn environment(spec: &LaunchSpec, address: (&str, u16)) -> BTreeMap<String, String> {
    let mut env = spec.env.clone();
    if spec.engine == EngineKind::Ollama {
        let (host, port) = address;
        env.entry("OLLAMA_HOST".to_owned()).or_insert_with(|| format!("{host}:{port}"));
    }
    env
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

/// Names of variables whose values are nobody's business.
const SECRET_NAMES: [&str; 4] = ["TOKEN", "KEY", "SECRET", "PASSWORD"];

impl fmt::Display for CommandLine {
    /// As one would type it into a shell; what may be a secret is not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.env {
            let is_secret = SECRET_NAMES.iter().any(|part| name.to_uppercase().contains(part));
            let value = if is_secret { "[redacted]".to_owned() } else { quoted(value) };
            write!(f, "{name}={value} ")?;
        }
        f.write_str(&quoted(&self.program))?;
        self.args.iter().try_for_each(|word| write!(f, " {}", quoted(word)))
    }
}

/// `word` as a shell reads it back.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Docker;

    fn shown(spec: &LaunchSpec) -> String {
        command_line(spec).unwrap().to_string()
    }

    /// Seed 000's four checkpoints and its command: `vllm serve ID --port 8000
    /// --tensor-parallel-size N`, on loopback here.
    #[test]
    fn the_pricing_seeds_commands() {
        let family = "Meta-Llama-3.1-8B-Instruct";
        let of = |quantization: &str| match quantization {
            "base" => format!("unsloth/{family}"),
            other => format!("RedHatAI/{family}-quantized.{other}"),
        };
        let mut lines = Vec::new();
        for quantization in ["base", "w8a8", "w8a16", "w4a16"] {
            for tp in [1, 2, 4] {
                let spec = LaunchSpec::new(EngineKind::Vllm, of(quantization), 8000);
                lines.push(shown(&LaunchSpec { tp, ..spec.with_precision(quantization) }));
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
    fn what_an_engine_cannot_be_told_is_an_error() {
        let spec = LaunchSpec::new(EngineKind::Transformers, "m", 1);
        let error = command_line(&LaunchSpec { tp: 2, ..spec.clone() }).unwrap_err();
        assert_eq!(error.to_string(), "transformers has no flag for tensor parallelism");
        let api = LaunchSpec { engine: EngineKind::OpenAi, ..spec.clone() };
        assert!(matches!(command_line(&api), Err(LaunchError::NotOurs(EngineKind::OpenAi))));
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
