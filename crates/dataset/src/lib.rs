//! Readers, tokenizers, chat templates and prompts: real text in, observed traffic or exact
//! prompts out.
//!
//! Reading order: [`rows`] (containers to rows), [`shape`] (rows to conversations or lengths),
//! [`count`] (text to tokens), [`read`](mod@read) (all of it on all cores), and `collect` (what
//! became of every row). [`prompt`] goes the other way, from lengths to text.

mod collect;
pub mod count;
pub mod error;
mod exchanges;
mod field;
mod hash;
mod kept;
mod observe;
mod profiled;
pub mod prompt;
pub mod read;
pub mod rows;
pub mod shape;
mod skip;
mod time;

pub use count::{
    Basis, ChatTemplate, CountWorker, Estimate, HfCounter, TemplateUse, TokenCounter,
    TokenizerFiles,
};
pub use error::DatasetError;
pub use exchanges::{Exchange, Exchanges, Extent, exchanges};
pub use field::{FieldMap, FieldPath};
pub use hash::{sha256, sha256_file};
pub use kept::{Kept, KeptKey};
pub use profiled::Profiled;
pub use prompt::{Corpus, Framing, Prompt, PromptWriter};
pub use read::{ReadEvent, ReadRequest, all_cores, read};
pub use rows::Input;
pub use shape::{Message, Role};
pub use skip::{Skip, SkipReport, Skipped};
pub use time::{Moment, Window};
