//! The guard: a process between us and an engine that sees to its end, whatever becomes of us.
//!
//! An engine is not one process: vLLM's server starts an engine core and that starts workers. And we
//! may be killed in a way that leaves no time to tidy up. So the engine is started by a guard, which
//! is this program once more, under a hidden name. It
//!
//! * leads a process group of its own, so that a Ctrl-C meant for us does not reach the engine
//!   before we have ended the measurement;
//! * becomes the parent of every orphan below it (`PR_SET_CHILD_SUBREAPER`, prctl(2)), so that it
//!   finds what left the group;
//! * reads a pipe that we hold: when it ends, on purpose or by our death, the engine is asked to
//!   end (SIGTERM), and after a grace made to (SIGKILL), together with everything below it.

use crate::error::LaunchError;
use nix::sys::prctl::set_child_subreaper;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// The hidden name under which a program is a guard.
pub const GUARD: &str = "__guard";
/// What divides the words of the cleanup from those of the engine.
const DIVIDER: &str = "--";
/// Time that what was killed is given to be gone.
const GONE: Duration = Duration::from_secs(5);
/// How often the engine is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// The words after the program that make it a guard of `engine`, which has `grace` to end by itself
/// and which `cleanup` tidies up after.
pub(crate) fn words(grace: Duration, cleanup: &[String], engine: &[String]) -> Vec<String> {
    let first = [GUARD.to_owned(), grace.as_millis().to_string()];
    let divider = [DIVIDER.to_owned()];
    [&first, cleanup, &divider, engine].concat()
}

/// Runs the engine named by the words after [`GUARD`] to its end, and gives its exit code, or 128 +
/// the signal that ended it.
pub fn run(words: &[String]) -> Result<u8, LaunchError> {
    let divider = words.iter().position(|word| word == DIVIDER);
    let divider = divider.ok_or(LaunchError::EmptyCommand)?;
    let (ours, engine) = (&words[..divider], &words[divider + 1..]);
    let (grace, cleanup) = ours.split_first().ok_or(LaunchError::EmptyCommand)?;
    let grace = Duration::from_millis(grace.parse().unwrap_or_default());
    let (program, args) = engine.split_first().ok_or(LaunchError::EmptyCommand)?;
    // Without it we end what is in reach.
    let _ = set_child_subreaper(true);
    let child = Command::new(program).args(args).stdin(Stdio::null()).spawn();
    let child = child.map_err(|source| LaunchError::Start { program: program.clone(), source })?;
    let status = attend(child, &told(), grace);
    end_all(grace);
    if let Some((program, args)) = cleanup.split_first() {
        let quiet = Command::new(program).args(args).stdin(Stdio::null()).output();
        drop(quiet);
    }
    Ok(code(status))
}

/// Hears when the pipe that our parent holds has come to its end.
fn told() -> Receiver<()> {
    let (tell, told) = channel();
    thread::spawn(move || {
        let mut rest = [0; 16];
        while matches!(io::stdin().read(&mut rest), Ok(1..)) {}
        let _ = tell.send(());
    });
    told
}

/// Waits for the engine's own end, or ends it when told.
fn attend(mut child: Child, told: &Receiver<()>, grace: Duration) -> ExitStatus {
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return status;
        }
        match told.recv_timeout(LOOK) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return end(child, grace),
        }
    }
}

/// Asks the engine to end, and after a grace makes it.
fn end(mut child: Child, grace: Duration) -> ExitStatus {
    send(pid(&child), Signal::SIGTERM);
    let give_up = Instant::now() + grace;
    while Instant::now() < give_up {
        if let Ok(Some(status)) = child.try_wait() {
            return status;
        }
        thread::sleep(LOOK);
    }
    let _ = child.kill();
    child.wait().unwrap_or_else(|_| ExitStatus::from_raw(Signal::SIGKILL as i32))
}

/// Ends everything that is still below us: politely, then firmly.
fn end_all(grace: Duration) {
    for (signal, patience) in [(Signal::SIGTERM, grace), (Signal::SIGKILL, GONE)] {
        let give_up = Instant::now() + patience;
        loop {
            reap();
            let below = descendants(std::process::id());
            if below.is_empty() {
                return;
            }
            for pid in below {
                send(pid, signal);
            }
            if Instant::now() > give_up {
                break;
            }
            thread::sleep(LOOK);
        }
    }
}

/// Takes leave of children that have ended, the adopted ones too.
fn reap() {
    use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
    let any = Pid::from_raw(-1);
    while let Ok(status) = waitpid(any, Some(WaitPidFlag::WNOHANG)) {
        if status == WaitStatus::StillAlive {
            return;
        }
    }
}

fn pid(child: &Child) -> i32 {
    i32::try_from(child.id()).unwrap_or(i32::MAX)
}

fn send(pid: i32, signal: Signal) {
    // It may have ended by itself since.
    let _ = kill(Pid::from_raw(pid), signal);
}

fn code(status: ExitStatus) -> u8 {
    let by_signal = || status.signal().map_or(1, |signal| 128 + signal);
    u8::try_from(status.code().unwrap_or_else(by_signal)).unwrap_or(1)
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
