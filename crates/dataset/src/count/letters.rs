//! The letters that byte-level vocabularies are written in.

/// Bytes as the letters that byte-level vocabularies are written in: printable Latin-1 is itself,
/// the rest follows from U+0100 on (GPT-2's `bytes_to_unicode`).
pub(super) fn byte_letters(piece: &str) -> String {
    piece.bytes().map(letter).collect()
}

fn letter(byte: u8) -> char {
    let itself = |byte: u8| matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    if itself(byte) {
        return char::from(byte);
    }
    let before = match byte {
        0..=0x20 => byte,
        0x7f..=0xa0 => byte - 0x7f + 0x21,
        _ => 0x43,
    };
    char::from_u32(0x100 + u32::from(before)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_byte_has_a_letter_of_its_own() {
        let letters: HashSet<char> = (0..=u8::MAX).map(letter).collect();
        assert_eq!(letters.len(), 256);
        assert!(letters.iter().all(|letter| !letter.is_whitespace() && !letter.is_control()));
        // As any byte-level vocabulary has them.
        assert_eq!(byte_letters(" a\n\u{a0}\u{ad}"), "ĠaĊÂłÂŃ");
    }
}
