//! Where finished requests are kept and written down, off the timed path.
//!
//! Finishing a request moves its record into a bounded memory and, if there is a file, into a
//! channel; a thread of its own turns records into JSON lines. Records come from `ledger.rs`.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use serde::Serialize;

use crate::clock::Clock;
use crate::error::EngineError;
use crate::truth::RequestTruth;

/// The finished requests of one engine, in the order in which they ended. Cheap to clone; all
/// clones are the same log.
#[derive(Debug, Clone)]
pub struct TruthLog {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    clock: Clock,
    keep: usize,
    kept: Mutex<VecDeque<RequestTruth>>,
    file: Mutex<Option<FileWriter>>,
}

#[derive(Debug)]
struct FileWriter {
    lines: Sender<RequestTruth>,
    thread: JoinHandle<io::Result<()>>,
}

/// One line of the file: a record that can be placed in wall-clock time on its own.
#[derive(Serialize)]
struct Line<'a> {
    epoch_unix_ns: u64,
    #[serde(flatten)]
    truth: &'a RequestTruth,
}

impl TruthLog {
    pub(crate) fn open(
        clock: Clock,
        keep: usize,
        path: Option<&Path>,
    ) -> Result<Self, EngineError> {
        let file = path.map(|path| FileWriter::open(path, clock.epoch_unix_ns())).transpose()?;
        let shared = Shared { clock, keep, kept: Mutex::default(), file: Mutex::new(file) };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The instant at which the engine's nanoseconds begin, for a client in the same process.
    pub fn epoch(&self) -> Instant {
        self.shared.clock.epoch()
    }

    /// The same moment in nanoseconds since 1970, for a client elsewhere.
    pub fn epoch_unix_ns(&self) -> u64 {
        self.shared.clock.epoch_unix_ns()
    }

    /// A copy of the finished requests still in memory.
    pub fn snapshot(&self) -> Vec<RequestTruth> {
        let kept = self.shared.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().cloned().collect()
    }

    pub(crate) fn submit(&self, truth: RequestTruth) {
        let file = self.shared.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(writer) = file.as_ref() {
            // Fails only after a write error, which `close` reports.
            let _ = writer.lines.send(truth.clone());
        }
        drop(file);
        let mut kept = self.shared.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back(truth);
        while kept.len() > self.shared.keep {
            kept.pop_front();
        }
    }

    /// Writes what is still on its way to the file and waits for it.
    pub(crate) fn close(&self) -> io::Result<()> {
        let mut file = self.shared.file.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(FileWriter { lines, thread }) = file.take() else { return Ok(()) };
        drop(lines);
        thread.join().unwrap_or_else(|_| Err(io::Error::other("the truth log's thread panicked")))
    }
}

impl FileWriter {
    fn open(path: &Path, epoch_unix_ns: u64) -> Result<Self, EngineError> {
        let file = File::create(path)
            .map_err(|source| EngineError::TruthLog { path: path.to_owned(), source })?;
        let (lines, inbox) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("farebox-truth".to_owned())
            .spawn(move || write_lines(BufWriter::new(file), &inbox, epoch_unix_ns))
            .map_err(|source| EngineError::Thread { name: "truth log", source })?;
        Ok(Self { lines, thread })
    }
}

/// Writes records as they come and flushes whenever it has caught up, so that a reader sees whole
/// lines soon after the requests ended.
fn write_lines(
    mut file: BufWriter<File>,
    inbox: &Receiver<RequestTruth>,
    epoch_unix_ns: u64,
) -> io::Result<()> {
    while let Ok(first) = inbox.recv() {
        for truth in std::iter::once(first).chain(inbox.try_iter()) {
            serde_json::to_writer(&mut file, &Line { epoch_unix_ns, truth: &truth })?;
            file.write_all(b"\n")?;
        }
        file.flush()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::{Nanos, Tokens};
    use crate::truth::{Delivery, Outcome, TokenTruth};

    fn truth(name: &str) -> RequestTruth {
        RequestTruth {
            request_id: name.to_owned(),
            received_ns: Nanos(1),
            queued_ns: Nanos(2),
            isl: Tokens(3),
            osl: Tokens(1),
            delivery: Delivery::Stream,
            outcome: Outcome::Complete,
            tokens: vec![TokenTruth {
                due_ns: Nanos(4),
                released_ns: Nanos(5),
                written_ns: Some(Nanos(6)),
            }],
        }
    }

    #[test]
    fn memory_keeps_the_last_requests_only() {
        let log = TruthLog::open(Clock::start(), 2, None).unwrap();
        for name in ["a", "b", "c"] {
            log.submit(truth(name));
        }
        let names: Vec<String> = log.snapshot().into_iter().map(|t| t.request_id).collect();
        assert_eq!(names, ["b", "c"]);
    }

    #[test]
    fn the_file_has_a_line_per_request() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("truth.jsonl");
        let log = TruthLog::open(Clock::start(), 0, Some(&path)).unwrap();
        log.submit(truth("a"));
        log.submit(truth("b"));
        log.close().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let expected = format!(
            concat!(
                r#"{{"epoch_unix_ns":{},"request_id":"a","received_ns":1,"queued_ns":2,"isl":3,"#,
                r#""osl":1,"delivery":"stream","outcome":"complete","tokens":[[4,5,6]]}}"#
            ),
            log.epoch_unix_ns()
        );
        assert_eq!(text.lines().next(), Some(expected.as_str()));
        assert_eq!(text.lines().count(), 2);
    }

    #[test]
    fn a_file_that_cannot_be_made_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let error = TruthLog::open(Clock::start(), 0, Some(folder.path())).unwrap_err();
        assert!(matches!(error, EngineError::TruthLog { .. }));
    }
}
