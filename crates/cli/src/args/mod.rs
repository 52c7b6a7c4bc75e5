//! What flags mean: small types read from text, shared by the commands.

pub(crate) mod catalogue;
pub(crate) mod gpu;
pub(crate) mod hub;
pub(crate) mod load;
pub(crate) mod model;
pub(crate) mod money;
pub(crate) mod promise;
pub(crate) mod range;
pub(crate) mod rates;
pub(crate) mod server;
pub(crate) mod span;
pub(crate) mod tokenizer;
pub(crate) mod users;
