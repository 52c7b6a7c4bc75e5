//! What an engine is told: its arguments, and the variables of its environment.

use crate::error::LaunchError;
use crate::flags::{Context, Flags, ModelArg};
use crate::spec::LaunchSpec;
use farebox_core::EngineKind;
use std::collections::BTreeMap;
use std::fmt;

/// The words after the program, and the variables that some engines listen to instead.
pub(crate) struct Told {
    engine: EngineKind,
    pub(crate) args: Vec<String>,
    pub(crate) env: BTreeMap<String, String>,
}

/// The model that the engine has to be asked for once it is up.
pub(crate) fn fetched(spec: &LaunchSpec, flags: &Flags) -> Option<String> {
    (flags.model == ModelArg::Fetched).then(|| spec.model.clone())
}

impl Told {
    /// Everything that `spec` asks for, of an engine that listens on `host` and `port`.
    pub(crate) fn new(
        spec: &LaunchSpec,
        flags: &Flags,
        (host, port): (&str, u16),
    ) -> Result<Self, LaunchError> {
        let mut told = Self { engine: spec.engine, args: Vec::new(), env: spec.env.clone() };
        match flags.model {
            ModelArg::Positional => told.args.push(spec.model.clone()),
            ModelArg::Flag(flag) => told.say(flag, &spec.model),
            ModelArg::Fetched => {}
        }
        told.say_if_heard(flags.host, host);
        told.say_if_heard(flags.port, port);
        told.say_if_heard(flags.address, format!("{host}:{port}"));
        // Said of one accelerator too: TGI takes all that it finds unless it is told.
        let tp = (spec.tp > 1 || flags.tp.is_some()).then_some(spec.tp);
        told.ask("tensor parallelism", flags.tp, tp)?;
        told.ask("pipeline parallelism", flags.pp, (spec.pp > 1).then_some(spec.pp))?;
        told.ask("a name to serve under", flags.served_name, spec.served_name.as_ref())?;
        told.ask("a type of weights", flags.dtype, spec.dtype.as_ref())?;
        told.ask("quantization while loading", flags.quantization, spec.quantization.as_ref())?;
        told.ask("a share of memory", flags.memory_fraction, spec.memory_fraction)?;
        told.ask("a longest context", flags.max_len, context(spec, flags))?;
        told.ask("a largest batch", flags.max_seqs, spec.max_seqs)?;
        told.args.extend(flags.always.iter().map(|&word| word.to_owned()));
        told.args.extend(spec.extra.iter().cloned());
        Ok(told)
    }

    /// Says it where the engine can be told; an engine that cannot is an error, not a silence.
    fn ask(
        &mut self,
        what: &'static str,
        flag: Option<&str>,
        value: Option<impl fmt::Display>,
    ) -> Result<(), LaunchError> {
        let Some(value) = value else { return Ok(()) };
        let flag = flag.ok_or(LaunchError::NoFlag { engine: self.engine, what })?;
        self.say(flag, value);
        Ok(())
    }

    fn say_if_heard(&mut self, flag: Option<&str>, value: impl fmt::Display) {
        if let Some(flag) = flag {
            self.say(flag, value);
        }
    }

    /// What the user has set a variable to stays.
    fn say(&mut self, flag: &str, value: impl fmt::Display) {
        if flag.starts_with('-') {
            self.args.extend([flag.to_owned(), value.to_string()]);
        } else {
            self.env.entry(flag.to_owned()).or_insert_with(|| value.to_string());
        }
    }
}

/// The longest context in tokens, as the engine counts it: llama.cpp shares it out among its slots
/// when it is told how many they are (`--ctx-size` and `--parallel`, `tools/server/README.md`).
fn context(spec: &LaunchSpec, flags: &Flags) -> Option<u32> {
    let slots = match flags.context {
        Context::OfEach => 1,
        Context::OfAll => spec.max_seqs.unwrap_or(1),
    };
    spec.max_len.map(|tokens| tokens.saturating_mul(slots))
}
