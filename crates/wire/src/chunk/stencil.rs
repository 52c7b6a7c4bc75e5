//! A short way to read a chunk that differs from an earlier one in nothing but its text.
//!
//! Within a stream, chunk after chunk is the same JSON around another few letters. Of those
//! letters nothing is wanted but that there are some, so a payload with the same bytes before and
//! after its text means what the earlier one meant, and need not be read as JSON again. Anything
//! else (counts that grow, an escape in the text, the finish) takes the long way, [`super::parse`].

use super::payload::Chunk;
use memchr::{memchr2, memmem};
use std::ops::Range;

/// The last chunk with text, its text cut out.
#[derive(Debug, Default)]
pub(crate) struct Stencil {
    /// Everything up to the text, its opening quote included; empty while there is no stencil.
    before: Vec<u8>,
    /// Everything from the closing quote.
    after: Vec<u8>,
    chunk: Chunk,
}

/// Fields of which [`super::parse`] asks only whether they say anything, wherever they stand.
const TEXTS: [&[u8]; 4] = [b"\"content\"", b"\"reasoning_content\"", b"\"reasoning\"", b"\"text\""];

impl Stencil {
    /// The chunk that `payload` is, where it fits the stencil.
    pub(crate) fn chunk_of(&self, payload: &[u8]) -> Option<&Chunk> {
        let text = payload.strip_prefix(&*self.before)?.strip_suffix(&*self.after)?;
        (!self.before.is_empty() && !text.is_empty() && is_plain(text)).then_some(&self.chunk)
    }

    /// Takes `payload`, which was read as `chunk`, for the next ones' pattern.
    pub(crate) fn cut(&mut self, payload: &[u8], chunk: Chunk) {
        self.before.clear();
        self.after.clear();
        if let Some(text) = TEXTS.iter().find_map(|field| text_in(payload, field)) {
            self.before.extend_from_slice(&payload[..text.start]);
            self.after.extend_from_slice(&payload[text.end..]);
            self.chunk = chunk;
        }
    }
}

/// Where the text of `field` is: not empty, and without escapes.
///
/// JSON that has been read holds these quotes unescaped around a name or a value only, and only a
/// name has a colon behind it.
fn text_in(payload: &[u8], field: &[u8]) -> Option<Range<usize>> {
    let behind = &payload[memmem::find(payload, field)? + field.len()..];
    let value = behind.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let text = value.strip_prefix(b"\"")?;
    let start = payload.len() - text.len();
    let length = memchr2(b'"', b'\\', text)?;
    (length > 0 && text[length] == b'"').then_some(start..start + length)
}

/// Whether these bytes stand for themselves in a JSON string.
fn is_plain(text: &[u8]) -> bool {
    text.iter().all(|&byte| byte >= b' ' && byte != b'"' && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chunk::{Payload, parse};
    use proptest::prelude::*;

    /// Chunks of several servers, with a place for the text.
    const SHAPES: [&str; 8] = [
        r#"{"id":"a","choices":[{"index":0,"delta":{"content":"@"},"logprobs":null,"finish_reason":null}]}"#,
        r#"{"choices":[{"index":1,"delta":{"role":"assistant","content":null,"reasoning_content":"@"}}]}"#,
        r#"{"choices": [{"delta": {"reasoning": "@", "content": ""}, "token_ids": [1, 2]}]}"#,
        r#"{"choices":[{"index":0,"text":"@","finish_reason":"length"}],"usage":{"completion_tokens":3}}"#,
        r#"{"text":"@","meta_info":{"completion_tokens":7,"prompt_tokens":2},"index":0}"#,
        r#"{"token":{"id":1,"text":"@"},"generated_text":null,"details":null}"#,
        r#"{"object":"content","choices":[{"delta":{"content":"@"}}]}"#,
        r#"{"model":"m","message":{"role":"assistant","content":"@"},"done":false}"#,
    ];

    #[test]
    fn plain_text_fits_and_what_is_not_the_same_around_it_does_not() {
        let mut stencil = Stencil::default();
        assert!(stencil.chunk_of(b"").is_none());
        let first = br#"{"choices":[{"index":0,"delta":{"content":" tok"}}]}"#;
        let Ok(Payload::Chunk(chunk)) = parse(first) else { panic!("no chunk") };
        stencil.cut(first, chunk.clone());
        let fits =
            |stencil: &Stencil, payload: &str| stencil.chunk_of(payload.as_bytes()).is_some();
        let next = r#"{"choices":[{"index":0,"delta":{"content":"x"}}]}"#;
        assert!(fits(&stencil, next));
        for other in [
            r#"{"choices":[{"index":1,"delta":{"content":"x"}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"content":""}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"x","refusal":"y"}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"\n"}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"x"}}]"#,
            r#"{"choices":[{"index":0,"delta":{"content":"}}]}"#,
        ] {
            assert!(!fits(&stencil, other), "{other}");
        }
        stencil.cut(br#"{"choices":[]}"#, chunk);
        assert!(!fits(&stencil, next), "nothing to cut leaves no stencil");
    }

    proptest! {
        /// Whatever the texts are, the short way says what the long way says.
        #[test]
        fn the_short_way_and_the_long_way_agree(
            shape in 0..SHAPES.len(),
            texts in proptest::collection::vec(r#"[a-z "\\{}:,é]{0,6}|content|","content":"y"#, 2..6),
        ) {
            let mut stencil = Stencil::default();
            for text in texts {
                let payload = SHAPES[shape].replace('@', &text);
                let long = parse(payload.as_bytes());
                if let Some(chunk) = stencil.chunk_of(payload.as_bytes()) {
                    prop_assert_eq!(&long, &Ok(Payload::Chunk(chunk.clone())), "{}", payload);
                } else if let Ok(Payload::Chunk(chunk)) = long {
                    stencil.cut(payload.as_bytes(), chunk);
                }
            }
        }
    }
}
