//! HTTP answers in any cut of their bytes.

use farebox_wire::http::{HttpError, ResponseReader};
use proptest::prelude::*;

/// What a client got of an answer.
#[derive(Debug, PartialEq, Eq)]
struct Got {
    status: Option<u16>,
    data: Vec<u8>,
    taken: usize,
    over: bool,
    goes_on: bool,
    error: Option<HttpError>,
}

fn read(bytes: &[u8], cuts: &[usize], closed: bool) -> Got {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    let (mut reader, mut data, mut taken, mut error) =
        (ResponseReader::default(), Vec::new(), 0, None);
    for pair in cuts.windows(2) {
        let piece = &bytes[pair[0]..pair[1]];
        match reader.feed(piece, |_, bytes| data.extend_from_slice(bytes)) {
            Ok(more) => taken += more,
            Err(failed) => error = error.or(Some(failed)),
        }
    }
    if closed {
        error = error.or(reader.close().err());
    }
    let status = reader.head().map(|head| head.status);
    // Where an error was found depends on the cut; that and what came before it does not.
    let taken = if error.is_some() { 0 } else { taken };
    Got { status, data, taken, over: reader.is_over(), goes_on: reader.may_go_on(), error }
}

fn whole(bytes: &[u8], closed: bool) -> Got {
    read(bytes, &[], closed)
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..200)
}

/// An answer with its body, in each framing, with interim heads and trailers.
fn answer() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    let pieces = proptest::collection::vec(body(), 0..6);
    let ends = prop_oneof![Just("\r\n"), Just("\n")];
    let interim = prop_oneof![Just(""), Just("HTTP/1.1 100 Continue\r\n\r\n")];
    let trailer = prop_oneof![Just(""), Just("X-Sum: 7\r\nY: \r\n")];
    (pieces, ends, interim, trailer, 0..3).prop_map(|(pieces, end, interim, trailer, framing)| {
        let data = pieces.concat();
        let mut bytes = format!("{interim}HTTP/1.1 200 OK{end}").into_bytes();
        match framing {
            0 => bytes.extend(format!("Content-Length: {}{end}{end}", data.len()).bytes()),
            1 => bytes.extend(format!("X: y{end}{end}").bytes()),
            _ => bytes.extend(format!("Transfer-Encoding: chunked{end}{end}").bytes()),
        }
        if framing < 2 {
            bytes.extend_from_slice(&data);
            return (bytes, data);
        }
        for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
            bytes.extend(format!("{:x};ext=1{end}", piece.len()).bytes());
            bytes.extend_from_slice(piece);
            bytes.extend_from_slice(end.as_bytes());
        }
        bytes.extend(format!("0{end}{trailer}{end}").bytes());
        (bytes, data)
    })
}

proptest! {
    #[test]
    fn any_cut_of_an_answer_gives_its_body(
        (bytes, data) in answer(),
        cuts in proptest::collection::vec(any::<usize>(), 0..20),
    ) {
        let got = read(&bytes, &cuts, true);
        prop_assert_eq!(&got.data, &data);
        prop_assert_eq!((got.status, got.over, got.error), (Some(200), true, None));
        prop_assert_eq!(got.taken, bytes.len());
        prop_assert_eq!(&got, &whole(&bytes, true));
    }

    #[test]
    fn any_cut_of_any_bytes_gives_the_same(
        mut bytes in proptest::collection::vec(any::<u8>(), 0..120),
        (answer, _) in answer(),
        at in any::<usize>(),
        cuts in proptest::collection::vec(any::<usize>(), 0..20),
        closed in any::<bool>(),
    ) {
        // Noise behind the beginning of an answer that is one.
        let mut broken = answer[..at % (answer.len() + 1)].to_vec();
        broken.append(&mut bytes);
        prop_assert_eq!(read(&broken, &cuts, closed), whole(&broken, closed));
    }
}

#[test]
fn an_answer_that_breaks_off_is_never_whole() {
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    let counted = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
    for answer in [&chunked[..], &counted[..]] {
        for cut in 0..answer.len() {
            let got = whole(&answer[..cut], true);
            assert!(got.error.is_some() && !got.over && !got.goes_on, "cut at {cut}: {got:?}");
        }
        assert!(whole(answer, false).goes_on);
    }
}

#[test]
fn what_is_no_http_is_seen_at_once() {
    for text in ["SSH-2.0-x\r\n", "HTTP/2 200\r\n\r\n", "<html>", "HTTP/1.1 200 OK\r\nx\r\n\r\n"] {
        assert!(matches!(whole(text.as_bytes(), false).error, Some(HttpError::Head(_))), "{text}");
    }
    let chunk = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for text in ["x\r\n", "1\r\nab\r\n", "ffffffffffffffff\r\n", "\r\n"] {
        let got = whole(format!("{chunk}{text}").as_bytes(), false);
        assert!(matches!(got.error, Some(HttpError::Chunk(_))), "{text}");
    }
}

#[test]
fn what_follows_an_answer_is_left_alone() {
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
    let mut bytes = answer.to_vec();
    bytes.extend_from_slice(b"HTTP/1.1 408 Timeout\r\n\r\n");
    assert_eq!(whole(&bytes, false).taken, answer.len());
}
