//! What the flags say of the machine behind the server.

use super::args::BenchArgs;
use crate::args::model::kv_bytes_per_token;
use crate::error::CliError;
use farebox_experiment::Serving;
use farebox_measure::BaseUrl;

/// Its accelerators, and how much a token of the model takes in its cache, as far as they are named.
pub(super) fn serving(args: &BenchArgs, base: &BaseUrl) -> Result<Serving, CliError> {
    let facts = &args.catalogue;
    let catalogue = facts.open()?;
    let tariff = args.api.tariff.as_deref();
    let names = [&args.model, &args.model_flag, &args.request.tokenizer];
    let names = names.into_iter().filter_map(Option::as_deref);
    Ok(Serving {
        pool: args.gpu.pool(&catalogue, (args.money.gpus_used, base))?,
        tariff: tariff.map(|name| facts.tariff(name)).transpose()?,
        kv_bytes_per_token: kv_bytes_per_token(names, &catalogue),
        ..Serving::default()
    })
}
