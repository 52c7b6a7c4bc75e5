//! Inputs to observed traffic: one thread reads, all cores parse and count, order is kept.

use crate::collect::Collector;
use crate::count::{CountWorker, TokenCounter};
use crate::error::DatasetError;
use crate::field::{FieldMap, names};
use crate::observe::{Outcome, observe};
use crate::profiled::Profiled;
use crate::rows::{Input, Numbered, RawRow, Rows};
use crate::shape::{Known, Shape};
use crate::skip::Skip;
use crate::time::Window;
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// What is to be read, and how.
pub struct ReadRequest<'a> {
    /// One after another, as one source.
    pub inputs: &'a [Input],
    /// Where prompt and answer are, where the shape does not tell.
    pub field_map: Option<&'a FieldMap>,
    /// Only requests sent within it.
    pub window: Option<Window>,
    /// What counts tokens where the source does not declare them.
    pub counter: &'a dyn TokenCounter,
    /// Threads that parse and count.
    pub threads: NonZeroUsize,
}

/// Something worth showing to whoever waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadEvent {
    /// An input is open and its shape is known.
    Opened {
        /// Its name.
        input: String,
        /// What its rows are.
        shape: Known,
    },
    /// So many rows have been counted.
    Counted {
        /// Of all inputs together.
        rows: u64,
    },
}

/// Rows of one input on their way to a worker.
pub(crate) struct Batch {
    index: u64,
    pub(crate) input: usize,
    shape: Arc<Shape>,
    rows: Vec<Numbered>,
}

/// What became of a batch.
pub(crate) struct Counted {
    index: u64,
    pub(crate) input: usize,
    pub(crate) rows: Vec<(u64, Outcome)>,
}

/// What the reading thread tells.
enum Told {
    Opened(usize, Known),
    Counted(Counted),
}

/// Bytes and rows of a batch: enough that passing it on costs nothing beside counting it.
const BATCH_BYTES: usize = 512 * 1024;
const BATCH_ROWS: usize = 512;

/// Reads everything. `listen` is called on this thread.
pub fn read(
    request: &ReadRequest<'_>,
    listen: &mut dyn FnMut(&ReadEvent),
) -> Result<Profiled, DatasetError> {
    let threads = request.threads.get();
    let (to_workers, batches) = sync_channel::<Batch>(threads * 2);
    let batches = Mutex::new(batches);
    let (tell, told) = sync_channel::<Told>(threads * 2);
    let mut collector = Collector::new(request);
    let reading = thread::scope(|scope| {
        let tell_opened = tell.clone();
        let reader = scope.spawn(move || read_rows(request, &to_workers, &tell_opened));
        for _ in 0..threads {
            let (batches, tell) = (&batches, tell.clone());
            scope.spawn(move || work(request.counter, batches, &tell));
        }
        drop(tell);
        for told in told {
            match told {
                Told::Opened(input, shape) => {
                    collector.opened(shape);
                    listen(&ReadEvent::Opened { input: request.inputs[input].name(), shape });
                }
                Told::Counted(counted) => {
                    collector.take(counted.index, counted);
                    listen(&ReadEvent::Counted { rows: collector.rows() });
                }
            }
        }
        reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
    collector.finish(&reading?)
}

/// Cuts all inputs into batches. Gives the fields of the first row that was understood, for the
/// error if nothing comes of any.
fn read_rows(
    request: &ReadRequest<'_>,
    to_workers: &SyncSender<Batch>,
    tell: &SyncSender<Told>,
) -> Result<Vec<String>, DatasetError> {
    let mut found = Vec::new();
    let mut index = 0;
    for (input, source) in request.inputs.iter().enumerate() {
        let mut rows = Rows::open(source)?;
        let (shape, first) = shape_of(request, source, &mut rows)?;
        // A closed channel means that the other side is gone, and with it the wish for more.
        let _ = tell.send(Told::Opened(input, shape.known()));
        let shape = Arc::new(shape);
        let mut pending = first.rows.into_iter();
        if found.is_empty() {
            found = first.names;
        }
        loop {
            let mut batch = Batch { index, input, shape: shape.clone(), rows: Vec::new() };
            let mut bytes = 0;
            while bytes < BATCH_BYTES && batch.rows.len() < BATCH_ROWS {
                let next = match pending.next() {
                    Some(row) => Some(row),
                    None => rows.next()?,
                };
                let Some(row) = next else { break };
                bytes += row.row.as_ref().map_or(0, RawRow::weight);
                batch.rows.push(row);
            }
            if batch.rows.is_empty() || to_workers.send(batch).is_err() {
                break;
            }
            index += 1;
        }
    }
    Ok(found)
}

/// Rows that were read to find out the shape, and the fields they have.
pub(crate) struct First {
    pub(crate) rows: Vec<Numbered>,
    names: Vec<String>,
}

pub(crate) fn shape_of(
    request: &ReadRequest<'_>,
    source: &Input,
    rows: &mut Rows,
) -> Result<(Shape, First), DatasetError> {
    let input = source.name();
    let mapped = request.field_map.map(|map| Shape::mapped(map, rows.cells()));
    if let Some(names) = rows.declared() {
        let unknown = || DatasetError::UnknownShape { input: input.clone(), found: names.clone() };
        let shape = mapped.or_else(|| Known::recognise(&names)).ok_or_else(unknown)?;
        if let Some(field) = shape.required().iter().find(|field| !field.begins_in(&names)) {
            let field = field.to_string();
            return Err(DatasetError::NoField { input, field, found: names });
        }
        rows.project(&shape.wanted())?;
        return Ok((shape, First { rows: Vec::new(), names }));
    }
    let (first, names) = first_object(rows)?;
    if first.is_empty() {
        return Err(DatasetError::Empty { input });
    }
    let unknown = || DatasetError::UnknownShape { input: input.clone(), found: names.clone() };
    let shape = mapped.or_else(|| Known::recognise(&names)).ok_or_else(unknown)?;
    Ok((shape, First { rows: first, names }))
}

/// Most bad rows in front of the first good one.
const MOST_BAD: usize = 1000;

/// Rows up to and including the first that is an object, and its fields.
fn first_object(rows: &mut Rows) -> Result<(Vec<Numbered>, Vec<String>), DatasetError> {
    let mut read = Vec::new();
    while read.len() < MOST_BAD
        && let Some(row) = rows.next()?
    {
        let names = row.row.as_ref().map_or_else(|_| Vec::new(), names_of);
        read.push(row);
        if !names.is_empty() {
            return Ok((read, names));
        }
    }
    Ok((read, Vec::new()))
}

fn names_of(row: &RawRow) -> Vec<String> {
    match row {
        RawRow::Json(bytes) => {
            serde_json::from_slice(bytes).map_or_else(|_| Vec::new(), |value| names(&value))
        }
        _ => Vec::new(),
    }
}

fn work(counter: &dyn TokenCounter, batches: &Mutex<Receiver<Batch>>, tell: &SyncSender<Told>) {
    let mut worker = counter.worker();
    loop {
        let next = batches.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(batch) = next else { return };
        let Batch { index, input, shape, rows } = batch;
        let rows = rows.into_iter().map(|row| outcome(worker.as_mut(), &shape, row)).collect();
        if tell.send(Told::Counted(Counted { index, input, rows })).is_err() {
            return;
        }
    }
}

fn outcome(worker: &mut dyn CountWorker, shape: &Shape, row: Numbered) -> (u64, Outcome) {
    let Numbered { number, row } = row;
    let value = row.and_then(RawRow::into_value);
    let entry = value
        .and_then(|value| if value.is_object() { shape.read(value) } else { Err(Skip::NotJson) });
    (number, entry.and_then(|entry| observe(worker, &entry)).unwrap_or_else(Outcome::Skipped))
}

/// The threads of this machine.
pub fn all_cores() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}
