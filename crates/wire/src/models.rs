//! `/v1/models`: what a server serves, and how long a context it allows.

use serde::{Deserialize, Serialize};

use crate::chunk::BadJson;
use crate::chunk::fields::count;

/// One served model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelEntry {
    /// The name requests use.
    pub id: String,
    /// Where the weights come from, if the server says (vLLM).
    pub root: Option<String>,
    /// The longest prompt and answer together, in tokens: vLLM's `max_model_len`, llama.cpp's `n_ctx`.
    pub max_model_len: Option<u64>,
}

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    data: Option<Vec<Entry>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entry {
    id: Option<String>,
    root: Option<String>,
    #[serde(deserialize_with = "count")]
    max_model_len: Option<u64>,
    meta: Option<Meta>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Meta {
    #[serde(deserialize_with = "count")]
    n_ctx: Option<u64>,
}

/// Reads the list. Entries without a name are left out.
pub fn parse_models(body: &[u8]) -> Result<Vec<ModelEntry>, BadJson> {
    let list: List = serde_json::from_slice(body).map_err(|error| BadJson::new(&error, body))?;
    Ok(list.data.into_iter().flatten().filter_map(Entry::into_model).collect())
}

impl Entry {
    fn into_model(self) -> Option<ModelEntry> {
        let n_ctx = self.meta.and_then(|meta| meta.n_ctx);
        Some(ModelEntry {
            id: self.id?,
            root: self.root,
            max_model_len: self.max_model_len.or(n_ctx),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_leniently() {
        let body =
            br#"{"object":"list","data":[{"id":"a","max_model_len":null},{"object":"model"}]}"#;
        let entry = ModelEntry { id: "a".to_owned(), root: None, max_model_len: None };
        assert_eq!(parse_models(body).unwrap(), [entry]);
        assert_eq!(parse_models(br#"{"data":null}"#).unwrap(), []);
        assert!(parse_models(b"Internal Server Error").is_err());
    }
}
