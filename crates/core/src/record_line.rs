//! A record as a line of `requests.jsonl`.
//!
//! What `serde_json` writes, with the events at its end. A run has thousands of requests and
//! millions of events, so those are written by hand.

use crate::record::{Event, EventKind, RequestRecord};

impl RequestRecord {
    /// Appends the record and a newline to `line`.
    pub fn write_line(&mut self, line: &mut Vec<u8>) -> serde_json::Result<()> {
        let events = std::mem::take(&mut self.events);
        let written = serde_json::to_writer(&mut *line, self);
        self.events = events;
        written?;
        if !self.events.is_empty() {
            // Of the object's closing brace.
            line.pop();
            line.extend_from_slice(b",\"events\":");
            for (index, event) in self.events.iter().enumerate() {
                line.push(if index == 0 { b'[' } else { b',' });
                event.write(line);
            }
            line.extend_from_slice(b"]}");
        }
        line.push(b'\n');
        Ok(())
    }
}

impl Event {
    fn write(&self, line: &mut Vec<u8>) {
        line.push(b'[');
        write_number(self.since_send_ns, line);
        line.extend_from_slice(self.kind.in_quotes());
        match self.tokens {
            Some(tokens) => write_number(tokens.into(), line),
            None => line.extend_from_slice(b"null"),
        }
        line.push(b',');
        write_number(self.read_id.into(), line);
        line.push(b']');
    }
}

impl EventKind {
    /// Its name between two others.
    const fn in_quotes(self) -> &'static [u8] {
        match self {
            Self::Role => b",\"role\",",
            Self::Reasoning => b",\"reasoning\",",
            Self::Content => b",\"content\",",
            Self::Tool => b",\"tool\",",
            Self::Finish => b",\"finish\",",
            Self::Usage => b",\"usage\",",
            Self::Progress => b",\"progress\",",
            Self::Ping => b",\"ping\",",
            Self::Error => b",\"error\",",
        }
    }
}

/// Digits from the last to the first, into room for those of any.
fn write_number(mut number: u64, line: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    line.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests_support::record;
    use proptest::prelude::*;

    const KINDS: [EventKind; 9] = [
        EventKind::Role,
        EventKind::Reasoning,
        EventKind::Content,
        EventKind::Tool,
        EventKind::Finish,
        EventKind::Usage,
        EventKind::Progress,
        EventKind::Ping,
        EventKind::Error,
    ];

    proptest! {
        /// What is written by hand is what serde reads and writes.
        #[test]
        fn a_line_is_the_record(
            events in prop::collection::vec(
                (any::<u64>(), 0..KINDS.len(), any::<Option<u32>>(), any::<u32>()), 0..20),
        ) {
            let event = |(since_send_ns, kind, tokens, read_id)| Event {
                since_send_ns,
                kind: KINDS[kind],
                tokens,
                read_id,
            };
            let events = events.into_iter().map(event).collect();
            let mut record = RequestRecord { events, ..record() };
            let mut line = Vec::new();
            record.write_line(&mut line).unwrap();
            prop_assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
            let read: serde_json::Value = serde_json::from_slice(&line).unwrap();
            prop_assert_eq!(&read, &serde_json::to_value(&record).unwrap());
            prop_assert_eq!(serde_json::from_slice::<RequestRecord>(&line).unwrap(), record);
        }
    }
}
