//! `requests.jsonl`: appended as requests end, read back whatever happened to its last line.

use crate::event::{BenchEvent, SharedListener, tell};
use crate::post::Post;
use farebox_core::{LoadPoint, PointMarks, RequestRecord, Tally};
use farebox_measure::RecordSink;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
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

/// What a file of records holds.
pub(crate) struct Written {
    /// Its records.
    pub(crate) tally: Tally,
    /// Whether its last line was torn by a kill or cut by a copy: that request is lost.
    pub(crate) torn: bool,
}

/// Takes in all records, one line after another. A last line without its newline is left out.
pub(crate) fn read(path: &Path) -> Result<Written, RecordsError> {
    let io_error = |source| RecordsError::Io { path: path.to_owned(), source };
    let mut lines = BufReader::new(File::open(path).map_err(io_error)?);
    let (mut tally, mut line) = (Tally::default(), Vec::new());
    for number in 1.. {
        line.clear();
        lines.read_until(b'\n', &mut line).map_err(io_error)?;
        match line.as_slice() {
            [] => return Ok(Written { tally, torn: false }),
            [b'\n'] => {}
            [whole @ .., b'\n'] => {
                let record: RequestRecord = serde_json::from_slice(whole).map_err(|source| {
                    RecordsError::Line { path: path.to_owned(), line: number, source }
                })?;
                tally.add(&record);
            }
            _ => return Ok(Written { tally, torn: true }),
        }
    }
    Ok(Written { tally, torn: false })
}

/// What travels to the writer.
enum Message {
    Record(Box<RequestRecord>),
    /// Hand over what is kept of the records written since the last time.
    Collect(Sender<Tally>),
    /// Sum up what is written of a point that is under way.
    Peek(PointMarks, oneshot::Sender<Option<LoadPoint>>),
}

/// Writes records on a thread of its own, off the timed path, and tells the listener.
pub(crate) struct Recorder {
    post: Arc<Post<Message>>,
    /// None once it was found to have failed.
    writer: Option<JoinHandle<io::Result<()>>>,
}

/// A look at a point that is under way.
pub(crate) struct Peeker(Arc<Post<Message>>);

impl Peeker {
    /// What the records so far say; none where that is nothing yet.
    pub(crate) async fn peek(&self, marks: PointMarks) -> Option<LoadPoint> {
        let (reply, answer) = oneshot::channel();
        self.0.send(Message::Peek(marks, reply));
        answer.await.ok().flatten()
    }
}

/// Records on their way, before there is a file for them.
pub(crate) struct Waiting(Arc<Post<Message>>);

impl Waiting {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Post::default()))
    }

    /// Where the load generator hands its records.
    pub(crate) fn sink(&self) -> RecordSink {
        let post = self.0.clone();
        // A writer that has failed is noticed at the next collection.
        Arc::new(move |record| post.send_with_others(Message::Record(Box::new(record))))
    }

    /// Starts to write.
    pub(crate) fn write_to(self, file: File, listener: SharedListener) -> Recorder {
        let post = self.0;
        let mut writer = Writer { file, listener, written: Tally::default(), lines: Vec::new() };
        let inbox = post.clone();
        let writer = std::thread::spawn(move || {
            let written = writer.run(&inbox);
            inbox.close();
            // Whoever waits for an answer to what is left must hear that there is none.
            drop(inbox.wait());
            written
        });
        Recorder { post, writer: Some(writer) }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.post.close();
    }
}

impl Recorder {
    /// What is kept of all requests that have ended since the last time, written by now; an
    /// error when they could not be.
    pub(crate) fn collect(&mut self) -> io::Result<Tally> {
        let (reply, answer) = channel();
        self.post.send(Message::Collect(reply));
        answer.recv().map_err(|_| self.failure())
    }

    /// For looks at what is not collected yet.
    pub(crate) fn peeker(&self) -> Peeker {
        Peeker(self.post.clone())
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
    /// What is kept of what is written.
    written: Tally,
    /// Room for the lines of one write.
    lines: Vec<u8>,
}

impl Writer {
    /// Writes as soon as there is something, and what came meanwhile in one go: a kill loses what
    /// is in flight and no request that ended before the write under way.
    fn run(&mut self, inbox: &Post<Message>) -> io::Result<()> {
        while let Some(messages) = inbox.wait() {
            let (mut batch, mut asked, mut looks) = (Vec::new(), None, Vec::new());
            for message in messages {
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
        let (point, load) = (self.written.last_point()? as usize, marks.load);
        self.written.point(load, &vec![marks; point + 1], &[])
    }

    fn write(&mut self, mut batch: Vec<RequestRecord>) -> io::Result<()> {
        self.lines.clear();
        for record in &mut batch {
            record.write_line(&mut self.lines)?;
        }
        self.file.write_all(&self.lines)?;
        for mut record in batch {
            self.written.add(&record);
            // Screens need no events.
            record.events = Vec::new();
            tell(&self.listener, BenchEvent::RequestEnded(Box::new(record)));
        }
        Ok(())
    }
}
