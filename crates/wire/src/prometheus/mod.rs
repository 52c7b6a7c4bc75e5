//! Prometheus' text format and OpenMetrics, read line by line.
//!
//! Lenient where servers are: a line that is no sample is skipped and counted, never an error, since
//! one strange line must not hide the hundreds beside it. Formats:
//! <https://prometheus.io/docs/instrumenting/exposition_formats/> and
//! <https://prometheus.io/docs/specs/om/open_metrics_spec/>.

mod line;

use std::borrow::Cow;

/// All samples of one answer of `/metrics`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Exposition<'a> {
    /// The samples in the order in which they were written.
    pub samples: Vec<Sample<'a>>,
    /// `# HELP` texts, by metric name, as they were written.
    pub help: Vec<(&'a str, &'a str)>,
    /// Lines that are neither sample nor comment nor empty.
    pub skipped: usize,
}

/// One sample: `name{label="value"} 1.5`.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample<'a> {
    /// The name, with `_total`, `_sum`, `_count`, `_bucket` or `_created` where it has them.
    pub name: &'a str,
    /// The labels in the order in which they were written.
    pub labels: Vec<Label<'a>>,
    /// The value; `NaN` and the infinities are values too.
    pub value: f64,
    /// The time that the server gave, as it wrote it: milliseconds in Prometheus' format, seconds
    /// in OpenMetrics.
    pub timestamp: Option<f64>,
}

/// One label and its value, without escapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label<'a> {
    /// The name.
    pub name: &'a str,
    /// The value.
    pub value: Cow<'a, str>,
}

impl<'a> Exposition<'a> {
    /// Reads an answer. Bytes that are not UTF-8 cost only their own line.
    pub fn parse(text: &'a [u8]) -> Self {
        let mut exposition = Self::default();
        for bytes in text.split(|&byte| byte == b'\n') {
            let line = std::str::from_utf8(bytes).map(|text| line::parse(text.trim_ascii()));
            match line {
                Ok(line::Line::Sample(sample)) => exposition.samples.push(sample),
                Ok(line::Line::Help(name, text)) => exposition.help.push((name, text)),
                Ok(line::Line::Comment) => {}
                Ok(line::Line::Other) | Err(_) => exposition.skipped += 1,
            }
        }
        exposition
    }

    /// The samples of this name, counters also without or with the `_total` that client libraries
    /// add or leave out.
    pub fn named<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Sample<'a>> {
        let exact = self.samples.iter().any(|sample| sample.name == name);
        self.samples.iter().filter(move |sample| {
            if exact { sample.name == name } else { bare(sample.name) == bare(name) }
        })
    }

    /// What the server says the metric is.
    pub fn help(&self, name: &str) -> Option<&'a str> {
        self.help.iter().find(|(named, _)| bare(named) == bare(name)).map(|(_, text)| *text)
    }
}

impl Sample<'_> {
    /// The value of this label.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|label| label.name == name).map(|label| &*label.value)
    }
}

fn bare(name: &str) -> &str {
    name.strip_suffix("_total").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = concat!(
        "# HELP http_requests_total The total number of HTTP requests.\n",
        "# TYPE http_requests_total counter\n",
        "http_requests_total{method=\"post\",code=\"200\"} 1027 1395066363000\n",
        "\r\n",
        "msdos_file{path=\"C:\\\\DIR\\\\FILE.TXT\",error=\"no:\\n\\\"FILE\\\"\",} 1.458255915e9\r\n",
        "metric_without_labels 5.7e-05\n",
        "something_weird{problem=\"division by zero\"} +Inf -3982045\n",
        "a:b_c NaN\n",
        "foo_bucket{le=\"0.01\"} 4 # {trace_id=\"KOO5\"} 0.0098 1520879607.789\n",
        "<html>502 Bad Gateway</html>\n",
        "half{a=\"b\n",
        "# EOF\n",
    );

    #[test]
    fn the_documented_examples_are_read() {
        let read = Exposition::parse(TEXT.as_bytes());
        assert_eq!((read.samples.len(), read.skipped), (6, 2));
        let first = &read.samples[0];
        assert_eq!((first.name, first.value), ("http_requests_total", 1027.0));
        assert_eq!((first.label("code"), first.label("x")), (Some("200"), None));
        assert_eq!(first.timestamp, Some(1_395_066_363_000.0));
        let dos = &read.samples[1];
        assert_eq!(dos.label("path"), Some(r"C:\DIR\FILE.TXT"));
        assert_eq!(dos.label("error"), Some("no:\n\"FILE\""));
        assert_eq!(read.samples[2].value.to_bits(), 5.7e-05_f64.to_bits());
        assert!(read.samples[3].value.is_infinite());
        assert!(read.samples[4].value.is_nan());
        let bucket = &read.samples[5];
        assert_eq!((bucket.value, bucket.timestamp), (4.0, None), "the exemplar is left out");
    }

    #[test]
    fn a_counter_is_found_with_and_without_its_ending() {
        for (text, wanted) in [("a_total 1", "a"), ("a 1", "a_total"), ("a_total 1", "a_total")] {
            let read = Exposition::parse(text.as_bytes());
            assert_eq!(read.named(wanted).count(), 1, "{text} as {wanted}");
        }
        let read = Exposition::parse(b"a_total_count 1\na_created 2\nab 3");
        assert_eq!(read.named("a").count(), 0);
        let read = Exposition::parse(b"a 1\na_total 2");
        assert_eq!(
            read.named("a").map(|s| s.value).collect::<Vec<_>>(),
            [1.0],
            "a gauge beside it"
        );
    }

    #[test]
    fn bytes_that_are_no_text_cost_one_line() {
        let read = Exposition::parse(b"a{b=\"\xff\"} 1\nc 2");
        assert_eq!((read.samples.len(), read.skipped), (1, 1));
    }
}
