//! What is broken is named with file and row, or counted with its reason. Nothing is lost.

use crate::support::Dataset;
use farebox_dataset::Skip;
use std::io::Write;

const GOOD: &str = "{\"isl\":5,\"osl\":2}\n";

#[test]
fn a_bad_row_is_counted_and_the_rest_is_read() {
    for (bad, reason) in [
        ("{\"isl\":5,\"osl\":\n", Skip::NotJson),
        ("{\"isl\":5}\n", Skip::MissingField("osl".into())),
        ("{\"isl\":5,\"osl\":null}\n", Skip::MissingField("osl".into())),
        ("{\"isl\":5,\"osl\":\"many\"}\n", Skip::WrongType("osl".into())),
        ("{\"isl\":0,\"osl\":2}\n", Skip::EmptyPrompt),
        ("{\"isl\":5,\"osl\":0}\n", Skip::EmptyAnswer),
        ("{\"isl\":5,\"osl\":2,\"timestamp\":\"soon\"}\n", Skip::BadTime),
        ("[1,2]\n", Skip::NotJson),
    ] {
        // The time only counts where the first row has one.
        let good = "{\"isl\":5,\"osl\":2,\"timestamp\":1}\n";
        let profiled = Dataset::new(format!("{good}{bad}\n{good}")).read().unwrap();
        let skipped: Vec<_> = profiled.skipped.reasons().collect();
        assert_eq!(profiled.traffic.requests.len(), 2, "{bad}");
        assert_eq!((skipped.len(), skipped[0].0, skipped[0].1.row), (1, &reason, 2), "{bad}");
        assert_eq!(profiled.rows, 3);
    }
}

#[test]
fn a_long_first_line_out_of_an_archive_is_still_a_line() {
    // Hardly compressible, so that the archive gives it in several pieces.
    let noise: String =
        (0..40_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_string()).collect();
    let rows =
        format!("{{\"isl\":5,\"osl\":2,\"x\":\"{}\"}}\n{{\"isl\":\n{GOOD}", &noise[..200_000]);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(rows.as_bytes()).unwrap();
    let profiled = Dataset::new(encoder.finish().unwrap()).read().unwrap();
    assert_eq!(profiled.traffic.requests.len(), 2);
    assert_eq!(profiled.skipped.to_string(), "1 (no valid JSON; first: row 2)");
}

#[test]
fn bytes_that_are_no_text_are_counted() {
    let mut rows = GOOD.repeat(2).into_bytes();
    rows.extend_from_slice(b"{\"isl\":5,\"osl\":2,\"x\":\"\xff\xfe\"}\n");
    let profiled = Dataset::new(rows).read().unwrap();
    assert_eq!(profiled.skipped.to_string(), "1 (no valid UTF-8; first: row 3)");
    let profiled = Dataset::new(b"isl,osl\n5,2\n\xff,1\n5\n".as_slice()).read().unwrap();
    let rows: Vec<u64> = profiled.skipped.reasons().map(|(_, skipped)| skipped.row).collect();
    assert_eq!((profiled.traffic.requests.len(), rows), (1, vec![3, 4]));
}

#[test]
fn a_line_of_a_hundred_megabytes_is_passed_over() {
    let mut rows = GOOD.as_bytes().to_vec();
    rows.extend_from_slice(b"{\"isl\":5,\"osl\":2,\"x\":\"");
    rows.resize(rows.len() + 100_000_000, b'x');
    rows.extend_from_slice(b"\"}\n");
    rows.extend_from_slice(GOOD.as_bytes());
    let profiled = Dataset::new(rows).read().unwrap();
    assert_eq!(profiled.traffic.requests.len(), 2);
    assert_eq!(profiled.skipped.to_string(), "1 (longer than a row may be; first: row 2)");
}

#[test]
fn what_breaks_off_says_after_which_row() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    encoder.write_all(GOOD.repeat(5000).as_bytes()).unwrap();
    let whole = encoder.finish().unwrap();
    let error = Dataset::new(&whole[..whole.len() - 100]).error();
    assert_eq!(error, "data: broken after row 4994: incomplete deflate stream");
    let zstd = zstd::encode_all(GOOD.repeat(5000).as_bytes(), 1).unwrap();
    let error = Dataset::new(&zstd[..zstd.len() - 3]).error();
    assert!(error.starts_with("data: broken after row "), "{error}");
    let error = Dataset::new("[{\"isl\":5,\"osl\":2},{\"isl\":5,").error();
    assert_eq!(error, "data: broken after row 1: the JSON ends before its last bracket");
}

#[test]
fn nothing_is_an_error_that_says_why() {
    assert_eq!(Dataset::new("").error(), "data: is empty");
    assert_eq!(Dataset::new(" \n\n").error(), "data: is empty");
    let error = Dataset::new("{\"isl\":0,\"osl\":2}\n{\"isl\":5,\"osl\":0}\n").error();
    let words = "data: none of its 2 rows gives a request: ";
    assert!(
        error.starts_with(words) && error.contains("1 (an empty prompt; first: row 1)"),
        "{error}"
    );
    let outside = Dataset::new("{\"isl\":5,\"osl\":2,\"timestamp\":7}\n").window("0..5").error();
    assert_eq!(outside, "data: none of its 1 rows gives a request: 1 outside the window");
    let missing = Dataset::new("isl,osl\n").error();
    assert_eq!(missing, "data: none of its 0 rows gives a request: ");
}
