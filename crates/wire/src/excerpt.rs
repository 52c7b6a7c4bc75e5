//! A bounded, printable piece of bytes that came from elsewhere, for messages and logs.

/// Longest excerpt kept, in characters: enough for any engine's message, small enough to log.
const LIMIT: usize = 500;

/// The first characters of `bytes` as text; bytes that are not UTF-8 show as replacement marks.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    // No character takes more than four bytes, so the tail cannot matter.
    let head = &bytes[..bytes.len().min(LIMIT * 4)];
    bounded(String::from_utf8_lossy(head).trim())
}

/// The first characters of `text`.
pub(crate) fn bounded(text: &str) -> String {
    text.chars().take(LIMIT).collect()
}
