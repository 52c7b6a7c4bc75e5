//! Which model is meant: a catalogue id, a configuration on disk, a Hub id, or typed by hand.

use crate::args::hub::{failed, hub};
use crate::cli::Global;
use crate::commands::runtime;
use crate::error::CliError;
use crate::output;
use clap::Args;
use farebox_catalog::model::{
    Assume, ConfigFiles, KvFormat, ModelCatalog, ModelLookupError, ModelSpec, TypedModel,
    parse_param_count, read_files, states_scheme,
};
use farebox_catalog::{Catalogue, LookupError};
use farebox_hub::RepoRef;
use std::path::{Path, PathBuf};

/// A model, named or described.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Model")]
pub(crate) struct ModelArgs {
    /// A Hub id, a config.json, or a model folder
    #[arg(value_name = "MODEL")]
    name: Option<String>,
    /// The model, as a flag
    #[arg(long = "model", value_name = "MODEL", conflicts_with = "name")]
    name_flag: Option<String>,
    /// Read a configuration of an unknown family as this; the only choice is `dense`
    #[arg(long, value_name = "FAMILY", value_parser = ["dense"])]
    assume: Option<String>,
    /// Parameters in all, such as 7B, for a model described by hand
    #[arg(long, value_name = "N", value_parser = parse_param_count, allow_hyphen_values = true, conflicts_with_all = ["name", "name_flag"])]
    params: Option<u64>,
    /// Elements of a token's hidden vector
    #[arg(long, value_name = "N", requires = "params", allow_negative_numbers = true)]
    hidden_size: Option<u64>,
    /// Layers
    #[arg(long, value_name = "N", requires = "params", allow_negative_numbers = true)]
    layers: Option<u64>,
    /// Query heads
    #[arg(long, value_name = "N", requires = "params", allow_negative_numbers = true)]
    heads: Option<u64>,
    /// Key-value heads
    #[arg(long, value_name = "N", requires = "params", allow_negative_numbers = true)]
    kv_heads: Option<u64>,
    /// Experts per layer
    #[arg(long, value_name = "N", requires = "params", allow_negative_numbers = true)]
    experts: Option<u64>,
    /// Experts a token visits
    #[arg(long, value_name = "N", requires = "experts", allow_negative_numbers = true)]
    active_experts: Option<u64>,
}

impl ModelArgs {
    /// The name given, if one was.
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref().or(self.name_flag.as_deref())
    }

    /// The model of this name.
    pub(crate) fn named(name: &str) -> Self {
        Self { name: Some(name.to_owned()), ..Self::default() }
    }

    /// Whether the model is described by hand.
    pub(crate) fn is_described(&self) -> bool {
        self.params.is_some()
    }

    /// The model that is meant.
    pub(crate) fn spec(
        &self,
        catalogue: &Catalogue,
        global: Global,
    ) -> Result<ModelSpec, CliError> {
        if let Some(params) = self.params {
            return self.typed(params).spec().map_err(CliError::usage);
        }
        let name = self.name().ok_or_else(|| {
            CliError::usage("which model?").hint("a Hub id, a path to config.json, or --params 7B")
        })?;
        let path = Path::new(name);
        if path.is_dir() {
            return self.read(name, &path.join("config.json"));
        }
        if path.is_file() {
            return self.read(name, path);
        }
        let is_path = name.starts_with(['.', '/', '~'])
            || path.extension().is_some_and(|extension| extension == "json");
        if is_path {
            return Err(CliError::usage(format_args!("{name}: there is no such file or folder")));
        }
        match ModelCatalog::with_files(catalogue.files()).find(name) {
            Err(ModelLookupError::Name(unknown)) => self.fetched(name, &unknown, global),
            found => found.map_err(CliError::usage),
        }
    }

    fn typed(&self, params: u64) -> TypedModel {
        TypedModel {
            params,
            hidden: self.hidden_size,
            layers: self.layers,
            heads: self.heads,
            kv_heads: self.kv_heads,
            experts: self.experts,
            active_experts: self.active_experts,
        }
    }

    fn read(&self, id: &str, file: &Path) -> Result<ModelSpec, CliError> {
        let shown = file.display();
        let text = std::fs::read_to_string(file)
            .map_err(|error| CliError::usage(format_args!("{shown}: {error}")))?;
        let assume = if self.assume.is_some() { Assume::Dense } else { Assume::Nothing };
        let beside = file.with_file_name("hf_quant_config.json");
        let beside = beside.is_file().then_some(beside);
        let beside = beside
            .map(|path| {
                let failed = |error| CliError::usage(format_args!("{}: {error}", path.display()));
                std::fs::read_to_string(&path).map_err(failed)
            })
            .transpose()?;
        let files = ConfigFiles { config: &text, hf_quant_config: beside.as_deref() };
        read_files(id, files, assume)
            .map_err(|error| CliError::usage(format_args!("{shown}: {error}")))
    }

    /// Fetches the configuration of a Hub id that the catalogue does not have.
    fn fetched(
        &self,
        name: &str,
        unknown: &LookupError,
        global: Global,
    ) -> Result<ModelSpec, CliError> {
        // Nearly every Hub id has an owner; a bare word is more likely a slip of the finger.
        let reference = name.parse::<RepoRef>().ok().filter(|_| name.contains('/'));
        let reference = reference.ok_or_else(|| {
            CliError::usage(unknown)
                .hint("`farebox catalog models` lists all; a Hub id has an owner")
        })?;
        self.read(name, &fetch_config(&reference, global)?)
    }
}

/// Bytes that a token takes at 16 bit in the KV cache of the first of `names` that is a configuration
/// on disk or in the catalogue. Nothing is fetched for it.
pub(crate) fn kv_bytes_per_token<'a>(
    names: impl IntoIterator<Item = &'a str>,
    catalogue: &Catalogue,
) -> Option<u64> {
    let models = ModelCatalog::with_files(catalogue.files());
    let spec = |name: &str| match Path::new(name) {
        path if path.is_dir() => ModelArgs::named(name).read(name, &path.join("config.json")).ok(),
        path if path.is_file() => ModelArgs::named(name).read(name, path).ok(),
        _ => models.find(name).ok(),
    };
    names.into_iter().find_map(spec).map(|spec| spec.kv_bytes_per_token(KvFormat::Bf16))
}

fn fetch_config(reference: &RepoRef, global: Global) -> Result<PathBuf, CliError> {
    let hub = hub(global)?;
    let runtime = runtime()?;
    let config = runtime.block_on(hub.config(reference)).map_err(failed)?.path;
    // It comes to lie beside the configuration, where reading finds it.
    let silent = std::fs::read_to_string(&config).is_ok_and(|text| !states_scheme(&text));
    if silent && let Err(error) = runtime.block_on(hub.quantisation(reference)) {
        output::note(format_args!("taking the weights for 16 bit: {error}"));
    }
    Ok(config)
}
