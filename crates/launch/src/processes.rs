//! Processes and their kin, as far as a guard needs to know them.

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::collections::BTreeMap;
use std::fs;

/// Makes this process the parent of every orphan below it (`PR_SET_CHILD_SUBREAPER`, prctl(2)).
/// Elsewhere than on Linux there is no such thing: what leaves its parent is then out of reach.
pub(crate) fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_child_subreaper(true);
}

/// Has this process, and the program that it becomes, asked to end when its parent has died, however
/// it died (`PR_SET_PDEATHSIG`, prctl(2)).
pub(crate) fn end_with_parent() {
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_pdeathsig(Signal::SIGTERM);
}

/// Sends a signal to a process, which may have ended by itself since.
pub(crate) fn send(pid: i32, signal: Signal) {
    let _ = kill(Pid::from_raw(pid), signal);
}

/// Takes leave of children that have ended, the adopted ones too.
pub(crate) fn reap() {
    let any = Pid::from_raw(-1);
    while let Ok(status) = waitpid(any, Some(WaitPidFlag::WNOHANG)) {
        if status == WaitStatus::StillAlive {
            return;
        }
    }
}

/// The processes below `root`, by the parents that /proc names (proc(5)).
pub fn descendants(root: u32) -> Vec<i32> {
    let mut children: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    for pid in entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok()) {
        if let Some(parent) = parent(pid) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut below = Vec::new();
    let mut next = vec![i32::try_from(root).unwrap_or(i32::MAX)];
    while let Some(pid) = next.pop() {
        let found = children.remove(&pid).unwrap_or_default();
        below.extend(&found);
        next.extend(found);
    }
    below
}

/// The parent of a process that is not a mere entry waiting to be read.
fn parent(pid: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything; state and parent come after it.
    let mut rest = stat.rsplit_once(')')?.1.split_whitespace();
    let state = rest.next()?;
    let parent = rest.next()?.parse().ok()?;
    (state != "Z").then_some(parent)
}
