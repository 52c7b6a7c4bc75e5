//! `requests.jsonl`: appended as requests end, read back whatever happened to its last line.

use crate::event::{BenchEvent, SharedListener, tell};
use farebox_core::{LoadPoint, PointMarks, RequestRecord, summarise};
use farebox_measure::RecordSink;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

/// Why records cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordsError {
    /// The system said no.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A line that is not the last is no record.
    #[error("{}, line {line}: {source}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// Reads all records. A last line without its newline was torn by a kill and is left out.
pub(crate) fn read(path: &Path) -> Result<Vec<RequestRecord>, RecordsError> {
    let io_error = |source| RecordsError::Io { path: path.to_owned(), source };
    let text = fs::read(path).map_err(io_error)?;
    let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let lines = text[..whole].split(|byte| *byte == b'\n').enumerate();
    lines
        .filter(|(_, line)| !line.is_empty())
        .map(|(index, line)| {
            serde_json::from_slice(line).map_err(|source| RecordsError::Line {
                path: path.to_owned(),
                line: index + 1,
                source,
            })
        })
        .collect()
}

/// What travels to the writer.
enum Message {
    Record(Box<RequestRecord>),
    /// Hand over the records written since the last time.
    Collect(Sender<Vec<RequestRecord>>),
    /// Sum up what is written of a point that is under way.
    Peek(PointMarks, oneshot::Sender<Option<LoadPoint>>),
}

/// Writes records on a thread of its own, off the timed path, and tells the listener.
pub(crate) struct Recorder {
    to_writer: Sender<Message>,
    /// None once it was found to have failed.
    writer: Option<JoinHandle<io::Result<()>>>,
}

/// A look at a point that is under way.
pub(crate) struct Peeker(Sender<Message>);

impl Peeker {
    /// What the records so far say; none where that is nothing yet.
    pub(crate) async fn peek(&self, marks: PointMarks) -> Option<LoadPoint> {
        let (reply, answer) = oneshot::channel();
        self.0.send(Message::Peek(marks, reply)).ok()?;
        answer.await.ok().flatten()
    }
}

/// Records on their way, before there is a file for them.
pub(crate) struct Waiting {
    to_writer: Sender<Message>,
    from_slots: Receiver<Message>,
}

impl Waiting {
    pub(crate) fn new() -> Self {
        let (to_writer, from_slots) = channel();
        Self { to_writer, from_slots }
    }

    /// Where the load generator hands its records.
    pub(crate) fn sink(&self) -> RecordSink {
        let to_writer = self.to_writer.clone();
        // A writer that has failed is noticed at the next collection.
        Arc::new(move |record| drop(to_writer.send(Message::Record(Box::new(record)))))
    }

    /// Starts to write.
    pub(crate) fn write_to(self, file: File, listener: SharedListener) -> Recorder {
        let Self { to_writer, from_slots } = self;
        let mut writer = Writer { file, listener, written: Vec::new() };
        let writer = std::thread::spawn(move || writer.run(&from_slots));
        Recorder { to_writer, writer: Some(writer) }
    }
}

impl Recorder {
    /// The records of all requests that have ended since the last time, written by now; an
    /// error when they could not be.
    pub(crate) fn collect(&mut self) -> io::Result<Vec<RequestRecord>> {
        let (reply, answer) = channel();
        let asked = self.to_writer.send(Message::Collect(reply));
        asked.ok().and_then(|()| answer.recv().ok()).ok_or_else(|| self.failure())
    }

    /// For looks at what is not collected yet.
    pub(crate) fn peeker(&self) -> Peeker {
        Peeker(self.to_writer.clone())
    }

    /// Why the writer stopped.
    fn failure(&mut self) -> io::Error {
        match self.writer.take().map(JoinHandle::join) {
            Some(Ok(Err(error))) => error,
            _ => io::Error::other("the writer stopped early"),
        }
    }
}

struct Writer {
    file: File,
    listener: SharedListener,
    written: Vec<RequestRecord>,
}

/// Records written in one go at most.
const MOST_AT_ONCE: usize = 1024;
/// Pause between two writes. An event loop that hands over a record wakes a writer that waits for
/// it, which costs both of them more than the record; one that pauses finds several together.
const PAUSE: Duration = Duration::from_millis(2);

impl Writer {
    /// One write per wake-up: a line is in the file within milliseconds of its request's end.
    fn run(&mut self, messages: &Receiver<Message>) -> io::Result<()> {
        while let Ok(first) = messages.recv() {
            if matches!(first, Message::Record(_)) {
                std::thread::sleep(PAUSE);
            }
            let more = std::iter::from_fn(|| messages.try_recv().ok());
            let (mut batch, mut asked, mut looks) = (Vec::new(), None, Vec::new());
            for message in std::iter::once(first).chain(more.take(MOST_AT_ONCE)) {
                match message {
                    Message::Record(record) => batch.push(*record),
                    Message::Collect(reply) => asked = Some(reply),
                    Message::Peek(marks, reply) => looks.push((marks, reply)),
                }
            }
            self.write(batch)?;
            for (marks, reply) in looks {
                // Whoever looked may have gone.
                drop(reply.send(self.sum_up(marks)));
            }
            if let Some(reply) = asked {
                self.file.sync_data()?;
                // Whoever asked may have given up waiting.
                drop(reply.send(std::mem::take(&mut self.written)));
            }
        }
        Ok(())
    }

    /// What is written of the point under way, which is the one of the last record.
    fn sum_up(&self, marks: PointMarks) -> Option<LoadPoint> {
        let point = self.written.last()?.point as usize;
        summarise(&self.written, &vec![marks; point + 1], &[]).pop()
    }

    fn write(&mut self, mut batch: Vec<RequestRecord>) -> io::Result<()> {
        let mut lines = Vec::new();
        for record in &batch {
            serde_json::to_writer(&mut lines, record)?;
            lines.push(b'\n');
        }
        self.file.write_all(&lines)?;
        for record in &mut batch {
            // Screens need no events, and a copy of them would cost more than the screen.
            let events = std::mem::take(&mut record.events);
            tell(&self.listener, BenchEvent::RequestEnded(Box::new(record.clone())));
            record.events = events;
        }
        self.written.append(&mut batch);
        Ok(())
    }
}
