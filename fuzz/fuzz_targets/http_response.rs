//! Any bytes, cut anywhere, are read without a panic and to the same body as in one piece.

#![no_main]

use farebox_wire::http::ResponseReader;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (Vec<u8>, usize)| {
    let (bytes, cut) = input;
    let read = |pieces: [&[u8]; 2]| {
        let (mut reader, mut data) = (ResponseReader::default(), Vec::new());
        let fed = pieces.map(|piece| reader.feed(piece, |_, bytes| data.extend_from_slice(bytes)));
        (fed.iter().any(Result::is_err), reader.close(), data)
    };
    let (head, tail) = bytes.split_at(cut % (bytes.len() + 1));
    assert_eq!(read([head, tail]), read([&bytes, &[]]));
});
