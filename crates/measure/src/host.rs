//! What the client itself costs: processor time and memory, from the system's own books.

use std::collections::HashMap;
use std::fs;
use std::time::{Duration, Instant};

/// How busy the threads of this process are from now on.
#[derive(Debug)]
pub struct Watch {
    since: Instant,
    before: HashMap<String, u64>,
}

/// Nothing is said of a shorter time: the start of a thread would weigh too much.
const SHORTEST: Duration = Duration::from_millis(500);

impl Watch {
    /// Starts to watch.
    pub fn start() -> Self {
        Self { since: Instant::now(), before: runnable_ns() }
    }

    /// Share of the time since then that the busiest thread ran or waited for a processor, 0 to 1;
    /// none where the system keeps no `schedstat`, or after less than half a second.
    pub fn busiest_thread(&self) -> Option<f64> {
        let wall = self.since.elapsed();
        let grown = runnable_ns().into_iter().map(|(thread, now)| {
            now.saturating_sub(self.before.get(&thread).copied().unwrap_or(0))
        });
        let most = grown.max().filter(|_| wall >= SHORTEST)?;
        Some((most as f64 / wall.as_nanos() as f64).min(1.0))
    }
}

/// Nanoseconds that each thread ran or waited for a processor; none once it is gone.
fn runnable_ns() -> HashMap<String, u64> {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let of = |thread: fs::DirEntry| {
        let stat = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        let mut fields = stat.split_whitespace().map_while(|field| field.parse::<u64>().ok());
        let (ran, waited) = (fields.next()?, fields.next()?);
        Some((thread.file_name().to_string_lossy().into_owned(), ran + waited))
    };
    threads.filter_map(of).collect()
}

/// Processor seconds of this process so far, user and system; none where the system keeps no
/// `/proc/self/stat`. Resolution: one clock tick, a hundredth of a second.
pub fn cpu_seconds() -> Option<f64> {
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The command name is in parentheses and may hold blanks: count fields after it.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / TICKS_PER_SECOND)
}

/// Largest resident memory of this process so far, in bytes.
pub fn peak_rss_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}
