//! The text under `catalog/` as the build found it: tables of (path, text), unparsed.

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
