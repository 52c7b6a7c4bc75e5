//! Prometheus' text format: whatever arrives is read, and what was written is read back.

use farebox_wire::prometheus::Exposition;
use proptest::prelude::*;

/// Bytes that look enough like the format to get past the first check of each part.
fn near_expositions() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        "# HELP a_total b",
        "# TYPE a counter",
        "#",
        "a_total",
        "vllm:x",
        "{",
        "}",
        "le=",
        "b=\"",
        "\"",
        "\\",
        "\\n",
        ",",
        " ",
        "\t",
        "\n",
        "\r\n",
        "NaN",
        "+Inf",
        "5.7e-05",
        "1e999",
        "-",
        "1395066363000",
        " # {t=\"x\"} 1",
        "é",
        "\u{feff}",
    ]);
    let word = prop_oneof![
        8 => words.prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(word, 0..60).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn every_line_is_a_sample_a_comment_empty_or_skipped(bytes in near_expositions()) {
        let read = Exposition::parse(&bytes);
        let lines = bytes.split(|&byte| byte == b'\n').count();
        prop_assert!(read.samples.len() + read.help.len() + read.skipped <= lines);
        for sample in &read.samples {
            prop_assert!(!sample.name.is_empty());
            prop_assert!(read.named(sample.name).any(|named| std::ptr::eq(named, sample)));
        }
    }

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Exposition::parse(&bytes);
    }

    #[test]
    fn what_was_written_is_read_back(
        name in "[a-zA-Z_:][a-zA-Z0-9_:]{0,12}",
        labels in prop::collection::vec(("[a-zA-Z_][a-zA-Z0-9_]{0,6}", any::<String>()), 0..4),
        value in any::<f64>(),
        timestamp in prop::option::of(0_u32..),
    ) {
        let escaped = |value: &str| {
            value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
        };
        let written: Vec<_> =
            labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let time = timestamp.map_or(String::new(), |time| format!(" {time}"));
        let line = format!("{name}{{{}}} {value:e}{time}\n", written.join(","));
        let read = Exposition::parse(line.as_bytes());
        prop_assert_eq!((read.samples.len(), read.skipped), (1, 0), "{}", line);
        let sample = &read.samples[0];
        prop_assert_eq!(sample.name, name);
        prop_assert!(sample.value.total_cmp(&value).is_eq() || value.is_nan());
        prop_assert_eq!(sample.value.is_nan(), value.is_nan());
        prop_assert_eq!(sample.timestamp, timestamp.map(f64::from));
        let back: Vec<_> = sample.labels.iter().map(|l| (l.name.to_owned(), l.value.to_string())).collect();
        prop_assert_eq!(back, labels);
    }
}

/// Readers that take digits and dots only see 570 % where there is nearly nothing.
#[test]
fn exponents_are_part_of_a_number() {
    let read = Exposition::parse(b"vllm:gpu_cache_usage_perc{model_name=\"m\"} 5.7e-05");
    assert!((read.samples[0].value - 0.000_057).abs() < 1e-18);
}
