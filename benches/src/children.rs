//! Child processes, and what the system says that processes cost.

use crate::error::BenchError;
use std::fs;
use std::process::{Command, Output};

/// What running a child to its end cost.
pub(crate) struct Finished {
    /// What it wrote.
    pub(crate) output: Output,
    /// Processor seconds of its whole life, by the system's own books.
    pub(crate) cpu_s: f64,
}

/// Runs `command` to its end. No other child may end meanwhile: the books add them all up.
pub(crate) fn run(program: &'static str, mut command: Command) -> Result<Finished, BenchError> {
    let before = ended_children_cpu_seconds();
    let output = command.output().map_err(BenchError::io(program))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().last().unwrap_or_default().to_owned();
        return Err(BenchError::Child { program, status: output.status, said });
    }
    Ok(Finished { output, cpu_s: ended_children_cpu_seconds() - before })
}

/// Processor seconds of this process so far.
pub(crate) fn own_cpu_seconds() -> f64 {
    ticks("self", [11, 12])
}

/// Processor seconds of the running process `pid` so far.
pub(crate) fn cpu_seconds_of(pid: u32) -> f64 {
    ticks(&pid.to_string(), [11, 12])
}

fn ended_children_cpu_seconds() -> f64 {
    ticks("self", [13, 14])
}

/// The sum of two fields of `/proc/<process>/stat`, counted behind the command's name, in
/// seconds. A field that is missing counts as zero: a ratio of zero is seen at once.
fn ticks(process: &str, fields: [usize; 2]) -> f64 {
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let behind_name = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let values: Vec<&str> = behind_name.split_whitespace().collect();
    let value = |field: usize| values.get(field).and_then(|v| v.parse::<f64>().ok());
    fields.into_iter().filter_map(value).sum::<f64>() / TICKS_PER_SECOND
}
