//! A configuration in an address: `z:` and the deflated text in base64url, without padding.

use super::parameter::LONGEST_CONFIG;
use crate::error::WebError;
use flate2::read::DeflateDecoder;
use std::borrow::Cow;
use std::io::Read;

/// The text of the file that `name` gives, packed or not.
pub(crate) fn unpacked<'a>(name: &str, text: &'a str) -> Result<Cow<'a, str>, WebError> {
    let Some(packed) = text.strip_prefix("z:") else { return Ok(Cow::Borrowed(text)) };
    let damaged = || WebError::bad("config", format!("{name}: the packed text is damaged"));
    let bytes = decoded(packed).ok_or_else(damaged)?;
    let mut unpacked = String::new();
    let limit = LONGEST_CONFIG as u64 + 1;
    let read = DeflateDecoder::new(bytes.as_slice()).take(limit).read_to_string(&mut unpacked);
    read.map_err(|_| damaged())?;
    if unpacked.len() > LONGEST_CONFIG {
        let message = format!("{name}: more than {LONGEST_CONFIG} bytes when unpacked");
        return Err(WebError::bad("config", message));
    }
    Ok(Cow::Owned(unpacked))
}

/// RFC 4648, section 5; none for what is not of it.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    for group in text.as_bytes().chunks(4) {
        if group.len() == 1 {
            return None;
        }
        let mut bits = 0_u32;
        for place in 0..4 {
            let six = group.get(place).map_or(Some(0), |letter| sextet(*letter))?;
            bits = bits << 6 | u32::from(six);
        }
        bytes.extend(&bits.to_be_bytes()[1..group.len()]);
    }
    Some(bytes)
}

const fn sextet(letter: u8) -> Option<u8> {
    Some(match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'-' => 62,
        b'_' => 63,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::DeflateEncoder;
    use std::io::Write;

    fn packed(text: &[u8]) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        let mut out = "z:".to_owned();
        for group in encoder.finish().unwrap().chunks(3) {
            let bits = group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
            let bits = bits << (8 * (3 - group.len()));
            for place in 0..=group.len() {
                out.push(LETTERS[(bits >> (18 - 6 * place) & 63) as usize] as char);
            }
        }
        out
    }

    #[test]
    fn bombs_and_damage_are_refused() {
        let bomb = packed(&vec![b' '; LONGEST_CONFIG + 1]);
        assert!(
            bomb.len() < 2000
                && unpacked("config", &bomb).unwrap_err().message.contains("more than")
        );
        for text in ["z:", "z:A", "z:AAAA", "z:!!!!", "z:AA==", "z:\u{e9}\u{e9}"] {
            assert!(unpacked("config", text).map_or(true, |text| text.is_empty()), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_packed_comes_out(text in ".{0,300}") {
            let packed = packed(text.as_bytes());
            proptest::prop_assert_eq!(unpacked("config", &packed).unwrap(), text.as_str());
        }

        #[test]
        fn anything_is_read_or_refused(text in "z:[A-Za-z0-9_-]{0,200}") {
            let _ = unpacked("config", &text);
        }
    }
}
