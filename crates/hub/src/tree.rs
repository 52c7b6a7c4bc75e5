//! The list of a repository's files: `GET /api/datasets/<id>/tree/<revision>?recursive=true`, in
//! as many pages as it takes.

use crate::answer::{Client, Content};
use crate::body::Body;
use crate::cache::write;
use crate::error::HubError;
use crate::event::Listener;
use crate::name::FileName;
use crate::repo_ref::RepoRef;
use crate::request::{Ask, Part};
use crate::retry::Budget;
use crate::settings::HubSettings;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;

/// A file of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeFile {
    /// Where it is.
    pub name: FileName,
    /// Its size in bytes.
    pub bytes: u64,
}

/// As the Hub writes it; folders are entries of another type.
#[derive(Serialize, Deserialize)]
struct Entry {
    r#type: String,
    path: String,
    #[serde(default)]
    size: u64,
}

/// Largest page accepted, in bytes. Real ones hold a thousand entries.
const LARGEST_PAGE: usize = 16 * 1024 * 1024;

/// Most pages followed.
const MOST_PAGES: usize = 1000;

/// Asks for all pages.
pub(crate) async fn list(
    client: &Client,
    settings: &HubSettings,
    listener: &Listener,
    of: &RepoRef,
) -> Result<Vec<TreeFile>, HubError> {
    let listing = FileName::listing();
    let mut budget = Budget::new(&settings.patience);
    let (mut files, mut cursor) = (Vec::new(), None);
    for _ in 0..MOST_PAGES {
        let part = Part::Tree { cursor: cursor.take() };
        let ask = Ask { model: of, file: &listing, part };
        let page = loop {
            match page(client, settings, &ask).await {
                Ok(page) => break page,
                Err(error) => {
                    let Some((wait, event)) = budget.pause_after(&error) else { return Err(error) };
                    listener.tell(&event);
                    tokio::time::sleep(wait).await;
                }
            }
        };
        files.extend(page.0);
        cursor = page.1;
        if cursor.is_none() {
            break;
        }
    }
    Ok(files)
}

/// The files of one page, and where the next begins.
async fn page(
    client: &Client,
    settings: &HubSettings,
    ask: &Ask<'_>,
) -> Result<(Vec<TreeFile>, Option<String>), HubError> {
    let answer = client.ask(ask, settings).await?;
    let Content::From(_, body) = answer.content else {
        let (model, file) = (ask.model.clone(), ask.file.clone());
        return Err(HubError::EntryNotFound { model, file });
    };
    let problem = "its list of files is none";
    let malformed = || HubError::NotAHub { host: answer.host.clone(), problem };
    let entries: Vec<Entry> =
        serde_json::from_slice(&whole(body, ask).await?).map_err(|_| malformed())?;
    Ok((entries.into_iter().filter_map(Entry::file).collect(), answer.next))
}

async fn whole(mut body: Body, ask: &Ask<'_>) -> Result<Vec<u8>, HubError> {
    let mut bytes = Vec::new();
    while let Some(data) = body.next().await? {
        bytes.extend_from_slice(&data);
        if bytes.len() > LARGEST_PAGE {
            let limit = LARGEST_PAGE as u64;
            return Err(HubError::TooLarge { file: ask.file.clone(), limit });
        }
    }
    Ok(bytes)
}

impl Entry {
    /// A file whose name can become a path.
    fn file(self) -> Option<TreeFile> {
        let name = FileName::parse(&self.path).filter(|_| self.r#type == "file")?;
        Some(TreeFile { name, bytes: self.size })
    }
}

/// The list that was kept, `None` if there is none or it cannot be read.
pub(crate) fn kept(path: &Path) -> Option<Vec<TreeFile>> {
    let entries: Vec<Entry> = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    Some(entries.into_iter().filter_map(Entry::file).collect())
}

/// Keeps a list for when the Hub cannot be asked.
pub(crate) fn keep(path: &Path, files: &[TreeFile]) -> Result<(), HubError> {
    let entry = |file: &TreeFile| Entry {
        r#type: "file".to_owned(),
        path: file.name.to_string(),
        size: file.bytes,
    };
    let entries: Vec<Entry> = files.iter().map(entry).collect();
    // Names and numbers always have a JSON form.
    serde_json::to_vec(&entries).map_or(Ok(()), |json| write(path, &json))
}
