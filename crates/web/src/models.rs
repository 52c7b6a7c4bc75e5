//! Models by name: of the catalogue, of the Hub's cache on this machine, and of the Hub itself.

use crate::ask::ModelChoice;
use crate::error::WebError;
use farebox_catalog::SourceFile;
use farebox_catalog::model::{
    Assume, ConfigFiles, ModelCatalog, ModelLookupError, ModelSpec, read_files, states_scheme,
};
use farebox_hub::{Hub, HubError, HubSettings, Listener, Network, RepoRef};
use hyper::StatusCode;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Every model that can be named.
#[derive(Debug)]
pub(crate) struct Models {
    catalogue: ModelCatalog,
    read: Mutex<BTreeMap<String, Arc<ModelSpec>>>,
    /// The Hub's cache on this machine; none where nothing says where it is.
    cache: Option<Hub>,
    /// The Hub itself; none offline.
    hub: Option<Hub>,
}

/// Whether the Hub may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fetching {
    /// For programs, and for people who pressed the button.
    Allowed,
    /// For pages, which other sites may link to.
    CachedOnly,
}

/// Models kept after they were read: beyond it all are read anew.
const MOST_KEPT: usize = 1024;

impl Models {
    pub(crate) fn new(files: &[SourceFile], hub: Option<HubSettings>) -> Result<Self, WebError> {
        let listener = || Listener::new(|_| ());
        let open =
            |settings| Hub::new(settings, listener()).map_err(|e| WebError::broken(e.to_string()));
        let cache =
            hub.clone().map(|settings| open(HubSettings { network: Network::Offline, ..settings }));
        let online = hub.filter(|settings| settings.network == Network::Online);
        Ok(Self {
            catalogue: ModelCatalog::with_files(files),
            read: Mutex::default(),
            cache: cache.transpose()?,
            hub: online.map(open).transpose()?,
        })
    }

    /// Hub ids of the catalogue, sorted.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.catalogue.ids()
    }

    /// Whether the Hub can be asked at all.
    pub(crate) const fn can_fetch(&self) -> bool {
        self.hub.is_some()
    }

    /// The model that is meant; a hosted one has no shape.
    pub(crate) async fn find(
        &self,
        choice: &ModelChoice,
        fetching: Fetching,
    ) -> Result<Arc<ModelSpec>, WebError> {
        match choice {
            ModelChoice::Named(name) => self.named(name, fetching).await,
            ModelChoice::Hosted(api) => {
                let message = format!("api:{api} has no configuration");
                Err(WebError::bad("model", message))
            }
            described => match described.described() {
                Some(read) => Ok(Arc::new(read?)),
                None => Err(WebError::broken("a model without a description")),
            },
        }
    }

    /// A model of the catalogue, or one that was read before.
    pub(crate) fn known(&self, name: &str) -> Result<Arc<ModelSpec>, ModelLookupError> {
        if let Some(model) = self.kept(name) {
            return Ok(model);
        }
        let model = Arc::new(self.catalogue.find(name)?);
        self.keep(name, &model);
        Ok(model)
    }

    async fn named(&self, name: &str, fetching: Fetching) -> Result<Arc<ModelSpec>, WebError> {
        let unknown = match self.known(name) {
            Err(ModelLookupError::Name(unknown)) => unknown,
            found => return found.map_err(WebError::from),
        };
        // Nearly every Hub id has an owner; a bare word is more likely a slip of the finger.
        let reference = name.parse::<RepoRef>().ok().filter(|_| name.contains('/'));
        let Some(reference) = reference else {
            return Err(ModelLookupError::Name(unknown).into());
        };
        let asked = match (fetching, &self.hub, &self.cache) {
            (Fetching::Allowed, Some(hub), _) | (_, _, Some(hub)) => hub,
            _ => return Err(ModelLookupError::Name(unknown).into()),
        };
        match fetch(asked, name, &reference).await {
            Ok(model) => {
                let model = Arc::new(model?);
                self.keep(name, &model);
                Ok(model)
            }
            Err(HubError::Offline { .. }) => Err(self.not_here(name)),
            Err(error) => Err(of_hub(&error)),
        }
    }

    fn not_here(&self, name: &str) -> WebError {
        let message = format!("{name} is neither in the catalogue nor in the Hub's cache");
        let error = WebError::refused("not_fetched", message);
        if self.can_fetch() {
            error.hint("fetch its configuration from the Hub: POST /api/v1/models/fetch")
        } else {
            error.hint("the Hub is not asked offline: give its config.json instead")
        }
    }

    fn kept(&self, name: &str) -> Option<Arc<ModelSpec>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    fn keep(&self, name: &str, model: &Arc<ModelSpec>) {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.len() >= MOST_KEPT {
            read.clear();
        }
        read.insert(name.to_owned(), Arc::clone(model));
    }
}

/// The configuration of `reference`, and how its weights are stored where that stands apart.
async fn fetch(
    hub: &Hub,
    name: &str,
    reference: &RepoRef,
) -> Result<Result<ModelSpec, WebError>, HubError> {
    let config = hub.config(reference).await?.path;
    let text = match read(&config) {
        Ok(text) => text,
        Err(error) => return Ok(Err(error)),
    };
    let mut beside = None;
    if !states_scheme(&text)
        && let Some(file) = hub.quantisation(reference).await?
    {
        beside = read(&file.path).ok();
    }
    let files = ConfigFiles { config: &text, hf_quant_config: beside.as_deref() };
    Ok(read_files(name, files, Assume::Nothing).map_err(WebError::from))
}

fn read(file: &Path) -> Result<String, WebError> {
    std::fs::read_to_string(file)
        .map_err(|error| WebError::broken(format!("the Hub's cache cannot be read: {error}")))
}

fn of_hub(error: &HubError) -> WebError {
    let refused = WebError::new(StatusCode::BAD_GATEWAY, "hub", error.to_string());
    match error.hint() {
        Some(hint) => refused.hint(hint),
        None => refused,
    }
}
