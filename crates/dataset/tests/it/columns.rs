//! Parquet as conversations come in it: lists of structs, of which only some columns are read.

use crate::support::Dataset;
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::sync::Arc;

const SCHEMA: &str = "message schema {
    optional group conversation (LIST) { repeated group list { optional group element {
        optional binary content (UTF8); optional binary country (UTF8);
        optional binary role (UTF8); } } }
    optional int64 timestamp (TIMESTAMP_MICROS);
    optional binary model (UTF8); }";

/// Rows of one question of 8 bytes and one answer of 4, a second apart from 2024-03-17 on.
fn conversations(rows: usize) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let properties = WriterProperties::builder().set_dictionary_enabled(false).build();
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, properties.into()).unwrap();
    let (repetition, definition): (Vec<i16>, Vec<i16>) =
        (0..rows * 2).map(|at| (i16::from(at % 2 == 1), 4)).unzip();
    let each = |texts: [&str; 2]| -> Vec<ByteArray> {
        (0..rows * 2).map(|at| ByteArray::from(texts[at % 2])).collect()
    };
    let texts = [each(["question", "four"]), each(["XX", "XX"]), each(["user", "assistant"])];
    let mut group = writer.next_row_group().unwrap();
    for values in texts {
        let mut column = group.next_column().unwrap().unwrap();
        let typed = column.typed::<ByteArrayType>();
        typed.write_batch(&values, Some(&definition), Some(&repetition)).unwrap();
        column.close().unwrap();
    }
    let mut column = group.next_column().unwrap().unwrap();
    let start = 1_710_633_600_000_000_i64;
    let times: Vec<i64> = (0..).take(rows).map(|row| start + row * 1_000_000).collect();
    column.typed::<Int64Type>().write_batch(&times, Some(&vec![1; rows]), None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let models = vec![ByteArray::from("m"); rows];
    column.typed::<ByteArrayType>().write_batch(&models, Some(&vec![1; rows]), None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    bytes
}

#[test]
fn conversations_are_read_out_of_their_columns() {
    let traffic = Dataset::new(conversations(3000)).read().unwrap().traffic;
    assert_eq!(traffic.requests.len(), 3000);
    assert!(traffic.requests.iter().all(|request| (request.isl, request.osl) == (2, 1)));
    let at = |row: usize| traffic.requests[row].at_ns.unwrap();
    assert_eq!((at(0), at(2999) - at(0)), (1_710_633_600_000_000_000, 2_999_000_000_000));
    let windowed = Dataset::new(conversations(100)).window("..2024-03-17T00:00:10Z");
    assert_eq!(windowed.read().unwrap().outside_window, 90);
}

#[test]
fn a_column_that_is_not_there_is_named_before_anything_is_read() {
    let error = Dataset::new(conversations(2)).map("question,answer").error();
    let fields = "`conversation`, `timestamp`, `model`";
    assert_eq!(error, format!("data: has no field `question`; its fields are {fields}"));
}

#[test]
fn damage_anywhere_is_an_error_with_its_row_and_never_a_panic() {
    let whole = conversations(500);
    let mut damaged = 0;
    for at in (4..whole.len()).step_by(97) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0xff;
        // Texts have no checksum: a changed letter is another letter.
        if let Err(error) = Dataset::new(&bytes).read() {
            let words = error.to_string();
            let known = ["broken after row", "no known shape", "is empty", "none of its"];
            assert!(known.iter().any(|known| words.contains(known)), "{at}: {words}");
            damaged += 1;
        }
    }
    assert!(damaged > 20, "{damaged} of the damages were noticed");
    for length in [4, 100, whole.len() / 2, whole.len() - 1] {
        let error = Dataset::new(&whole[..length]).error();
        assert!(error.starts_with("data: broken after row 0: "), "{length}: {error}");
    }
}
