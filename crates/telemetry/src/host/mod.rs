//! Memory and processor time of an engine's processes on this machine, from `/proc`.

mod listener;
mod stat;

use farebox_core::{RunInstant, Scope, Signal, TelemetrySample};
pub use listener::Listener;
use nix::unistd::{SysconfVar, sysconf};
use stat::Stat;
use std::collections::BTreeMap;
use std::fs;

/// The processes that are an engine. The one that looks, and what is below it, is never among them
/// unless it is the root itself: a client may have been started by the server that it measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessTree {
    /// This process and all its descendants.
    Of(u32),
    /// The descendants of this process, which only looks after them.
    Below(u32),
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
    /// No socket listens there.
    #[error("nobody listens on port {0} of this machine")]
    NobodyListens(u16),
    /// Whoever listens is another user's, or in a container.
    #[error("the process that listens on port {0} may not be looked into")]
    Hidden(u16),
    /// What listens hands everything on to something else.
    #[error("{0} listens there for another machine or a container")]
    Forwarder(String),
    /// We listen there.
    #[error("the engine is part of this process")]
    Ourselves,
}

impl ProcessTree {
    /// Reads it once.
    pub fn read(self) -> Result<HostReading, HostError> {
        let (Self::Of(root) | Self::Below(root)) = self;
        let mut all = processes()?;
        if root != std::process::id() {
            all.remove(&std::process::id());
        }
        let mut tree = descendants(root, all);
        if matches!(self, Self::Below(_)) && !tree.is_empty() {
            // The root comes first.
            tree.remove(0);
        }
        if tree.is_empty() {
            return Err(HostError::Gone(root));
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

/// `root` and all below it, the root first; nothing where it is not among `processes`.
fn descendants(root: u32, mut processes: BTreeMap<u32, Stat>) -> Vec<Stat> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (&id, stat) in &processes {
        children.entry(stat.parent).or_default().push(id);
    }
    let (mut tree, mut unseen) = (Vec::new(), vec![root]);
    while let Some(id) = unseen.pop() {
        // Removed, so that an id that was reused between two reads leads round no circle.
        let Some(stat) = processes.remove(&id) else { continue };
        tree.push(stat);
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
        let own = ProcessTree::Of(std::process::id());
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let both = own.read().unwrap();
        assert!(both.processes >= 2, "{both:?}");
        assert!(both.resident_bytes > 1 << 20, "{both:?}");
        let alone = ProcessTree::Of(child.id());
        assert_eq!(alone.read().unwrap().processes, 1);
        let below = ProcessTree::Below(std::process::id()).read().unwrap();
        assert_eq!(
            below.processes,
            ProcessTree::Of(std::process::id()).read().unwrap().processes - 1
        );
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(alone.read(), Err(HostError::Gone(child.id())));
    }
}
