//! The guard: a process between us and an engine that sees to its end, whatever becomes of us.
//!
//! An engine is not one process: vLLM's server starts an engine core and that starts workers. And we
//! may be killed in a way that leaves no time to tidy up. So the engine is started by a guard, which
//! is this program once more, under a hidden name. It
//!
//! * leads a process group of its own, so that a Ctrl-C meant for us does not reach the engine
//!   before we have ended the measurement;
//! * becomes the parent of every orphan below it, so that it finds what left the group;
//! * reads a pipe that we hold: when it ends, on purpose or by our death, the engine is asked to
//!   end (SIGTERM), and after a grace made to (SIGKILL), together with everything below it;
//! * starts the engine by way of this program a third time, which does nothing but ask the system
//!   to end it with its guard, and then becomes the engine: a guard may be killed too.

use crate::error::LaunchError;
pub use crate::processes::descendants;
use crate::processes::{adopt_orphans, end_with_parent, reap, send};
use nix::sys::signal::Signal;
use nix::unistd::getppid;
use std::collections::BTreeSet;
use std::io::{self, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// The hidden name under which a program is a guard.
pub const GUARD: &str = "__guard";
/// What divides the words of the cleanup from those of the engine.
const DIVIDER: &str = "--";
/// The first word where it is not a guard that starts, but what becomes the engine.
const LEASHED: &str = "leashed";
/// Time that what an engine leaves behind is given when it has died by itself.
const STRAGGLERS: Duration = Duration::from_secs(2);
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
    let (first, rest) = ours.split_first().ok_or(LaunchError::EmptyCommand)?;
    if first == LEASHED {
        return Err(become_engine(rest, engine));
    }
    let grace = Duration::from_millis(first.parse().unwrap_or_default());
    adopt_orphans();
    let child = leashed(engine);
    let failed = |source| LaunchError::Start { program: engine.join(" "), source };
    let (status, grace) = attend(child.map_err(failed)?, &told(), grace);
    end_all(grace);
    if let Some((program, args)) = rest.split_first() {
        let quiet = Command::new(program).args(args).stdin(Stdio::null()).output();
        drop(quiet);
    }
    Ok(code(status))
}

/// Starts the engine so that it goes with us.
fn leashed(engine: &[String]) -> io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .args([GUARD, LEASHED, &std::process::id().to_string(), DIVIDER])
        .args(engine)
        .stdin(Stdio::null())
        .spawn()
}

/// Becomes the engine, bound to the guard whose process is named; returns only if that fails.
fn become_engine(guard: &[String], engine: &[String]) -> LaunchError {
    end_with_parent();
    // It may have died before the line above.
    if guard != [getppid().to_string()] {
        return LaunchError::Interrupted;
    }
    let Some((program, args)) = engine.split_first() else { return LaunchError::EmptyCommand };
    let source = Command::new(program).args(args).exec();
    LaunchError::Start { program: program.clone(), source }
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

/// Waits for the engine's own end, or ends it when told; says also how long what it leaves behind
/// is given.
fn attend(mut child: Child, told: &Receiver<()>, grace: Duration) -> (ExitStatus, Duration) {
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return (status, grace.min(STRAGGLERS));
        }
        match told.recv_timeout(LOOK) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return (end(child, grace), grace),
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

/// Ends everything that is still below us: politely, then firmly. Each is asked once, since many
/// programs take a second request for impatience.
fn end_all(grace: Duration) {
    let mut sent = BTreeSet::new();
    let since = Instant::now();
    loop {
        reap();
        let below = descendants(std::process::id());
        let waited = since.elapsed();
        if below.is_empty() || waited > grace + GONE {
            return;
        }
        let signal = if waited < grace { Signal::SIGTERM } else { Signal::SIGKILL };
        for pid in below {
            if sent.insert((pid, signal)) {
                send(pid, signal);
            }
        }
        thread::sleep(LOOK);
    }
}

fn pid(child: &Child) -> i32 {
    i32::try_from(child.id()).unwrap_or(i32::MAX)
}

fn code(status: ExitStatus) -> u8 {
    let by_signal = || status.signal().map_or(1, |signal| 128 + signal);
    u8::try_from(status.code().unwrap_or_else(by_signal)).unwrap_or(1)
}
