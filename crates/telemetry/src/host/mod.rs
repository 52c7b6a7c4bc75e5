//! Memory and processor time of an engine's processes on this machine, from `/proc`.

mod stat;

use farebox_core::{RunInstant, Scope, Signal, TelemetrySample};
use nix::unistd::{SysconfVar, sysconf};
use stat::Stat;
use std::collections::BTreeMap;
use std::fs;

/// A process and all its descendants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessTree {
    root: u32,
}

/// What a process tree uses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HostReading {
    /// Processes in the tree.
    pub processes: usize,
    /// Their resident memory, in bytes; what they share counts for each of them.
    pub resident_bytes: u64,
    /// Their processor time and that of their children that have ended, in seconds.
    pub cpu_seconds: f64,
}

/// Why a process tree could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// There is no such process (any more).
    #[error("there is no process {0}")]
    Gone(u32),
    /// This machine has no `/proc`.
    #[error("cannot read /proc: {0}")]
    NoProc(String),
}

impl ProcessTree {
    /// The tree below process `root`.
    pub const fn of(root: u32) -> Self {
        Self { root }
    }

    /// Reads it once.
    pub fn read(self) -> Result<HostReading, HostError> {
        let tree = descendants(self.root, processes()?);
        if tree.is_empty() {
            return Err(HostError::Gone(self.root));
        }
        let system = |variable| sysconf(variable).ok().flatten().unwrap_or(0) as u64;
        let (page, tick) = (system(SysconfVar::PAGE_SIZE), system(SysconfVar::CLK_TCK).max(1));
        let pages: u64 = tree.iter().map(|stat| stat.resident_pages).sum();
        let ticks: u64 = tree.iter().map(|stat| stat.ticks).sum();
        Ok(HostReading {
            processes: tree.len(),
            resident_bytes: pages * page,
            cpu_seconds: ticks as f64 / tick as f64,
        })
    }
}

impl HostReading {
    /// The values as samples taken at `t`.
    pub fn samples(&self, t: RunInstant) -> [TelemetrySample; 2] {
        let sample = |metric, value| TelemetrySample { t_ns: t, scope: Scope::Host, metric, value };
        [
            sample(Signal::ResidentBytes, self.resident_bytes as f64),
            sample(Signal::CpuSecondsTotal, self.cpu_seconds),
        ]
    }
}

/// All processes by their ids. One that ends while it is looked at is left out.
fn processes() -> Result<BTreeMap<u32, Stat>, HostError> {
    let entries = fs::read_dir("/proc").map_err(|error| HostError::NoProc(error.to_string()))?;
    let ids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let read = |id: u32| Some((id, Stat::parse(&fs::read(format!("/proc/{id}/stat")).ok()?)?));
    Ok(ids.filter_map(read).collect())
}

/// `root` and all below it.
fn descendants(root: u32, mut processes: BTreeMap<u32, Stat>) -> Vec<Stat> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (&id, stat) in &processes {
        children.entry(stat.parent).or_default().push(id);
    }
    let (mut tree, mut unseen) = (Vec::new(), vec![root]);
    while let Some(id) = unseen.pop() {
        // Removed, so that an id that was reused between two reads leads round no circle.
        tree.extend(processes.remove(&id));
        unseen.extend(children.remove(&id).unwrap_or_default());
    }
    tree
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn a_tree_is_its_root_and_all_below_it() {
        let stat = |parent| Stat { parent, resident_pages: 10, ticks: 1 };
        let processes = [(1, stat(0)), (5, stat(1)), (6, stat(5)), (7, stat(6)), (8, stat(1))];
        assert_eq!(descendants(5, processes.into()).len(), 3);
        assert_eq!(descendants(8, processes.into()).len(), 1);
        assert_eq!(descendants(9, processes.into()).len(), 0);
        assert_eq!(descendants(2, [(2, stat(3)), (3, stat(2))].into()).len(), 2, "a circle");
    }

    #[test]
    fn this_process_and_its_child_are_counted() {
        let own = ProcessTree::of(std::process::id());
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let both = own.read().unwrap();
        assert!(both.processes >= 2, "{both:?}");
        assert!(both.resident_bytes > 1 << 20, "{both:?}");
        let alone = ProcessTree::of(child.id());
        assert_eq!(alone.read().unwrap().processes, 1);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(alone.read(), Err(HostError::Gone(child.id())));
    }
}
