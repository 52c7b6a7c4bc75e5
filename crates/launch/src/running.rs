//! An engine that was started.

use crate::cause::Cause;
use crate::command_line::{CommandLine, LOOPBACK};
use crate::error::{Death, LaunchError};
use crate::guard;
use crate::log::Tail;
use crate::{health, ports};
use std::fs::File;
use std::future::Future;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::{Child, ChildStdin, Command};

/// Starts engines, each under a guard.
#[derive(Debug, Clone)]
pub struct Launcher {
    guard: PathBuf,
    grace: Duration,
}

/// An engine that was started. Dropping it ends it too, without waiting for that.
#[derive(Debug)]
pub struct Running {
    guard: Child,
    /// The pipe whose end ends it.
    leash: Option<ChildStdin>,
    port: u16,
    health: String,
    /// The model that it has to fetch.
    fetch: Option<String>,
    log: PathBuf,
    /// How long its guard may take to end it.
    patience: Duration,
}

/// Pause between two looks at an engine that is not ready.
const LOOK_AGAIN: Duration = Duration::from_millis(250);
/// Time that an engine is given to end by itself, and again what it leaves behind.
const GRACE: Duration = Duration::from_secs(10);
/// Time that a guard is given beyond these.
const GUARD_GRACE: Duration = Duration::from_secs(15);

impl Launcher {
    /// Engines guarded by `program`, which runs [`guard::run`] when its first word is
    /// [`guard::GUARD`]: this very program, as a rule.
    pub fn guarded_by(program: impl Into<PathBuf>) -> Self {
        Self { guard: program.into(), grace: GRACE }
    }

    /// Gives engines so long to end by themselves.
    #[must_use]
    pub fn with_grace(self, grace: Duration) -> Self {
        Self { grace, ..self }
    }

    /// Starts what `command` says. Its output goes to `log`; it is to listen on `port`.
    pub fn start(
        &self,
        command: &CommandLine,
        port: u16,
        log: &Path,
    ) -> Result<Running, LaunchError> {
        ports::check_free(port)?;
        let path = command.env.get("PATH").cloned().or_else(|| std::env::var("PATH").ok());
        if !command.is_found(&path.unwrap_or_default()) {
            return Err(LaunchError::NoProgram { program: command.program.clone() });
        }
        let failed = |source| LaunchError::Log { path: log.to_owned(), source };
        let output = File::create(log).map_err(failed)?;
        let engine = [std::slice::from_ref(&command.program), &command.args].concat();
        let guard = Command::new(&self.guard)
            .args(guard::words(self.grace, command.cleanup.as_deref().unwrap_or_default(), &engine))
            .envs(&command.env)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(output.try_clone().map_err(failed)?)
            .stderr(output)
            .spawn();
        let mut guard = guard
            .map_err(|source| LaunchError::Start { program: command.program.clone(), source })?;
        // Apart from its child: waiting for that would let go of it.
        let leash = guard.stdin.take();
        Ok(Running {
            guard,
            leash,
            port,
            health: command.health.clone(),
            fetch: command.fetch.clone(),
            log: log.to_owned(),
            patience: 2 * self.grace + GUARD_GRACE,
        })
    }
}

impl Running {
    /// Where it listens.
    pub fn base_url(&self) -> String {
        format!("http://{LOOPBACK}:{}", self.port)
    }

    /// Its log.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// The process below which it runs; none once it has ended.
    pub fn guard(&self) -> Option<u32> {
        self.guard.id()
    }

    /// Its processes; none once it has ended.
    pub fn pids(&self) -> Vec<i32> {
        self.guard.id().map(guard::descendants).unwrap_or_default()
    }

    /// Waits until it says that it is up and has its model, at most `patience`; ends early when it
    /// dies or when `interrupted` resolves. Its first token is not asked for: a measurement asks
    /// for some before it counts, by the engine's own dialect.
    pub async fn wait_ready(
        &mut self,
        patience: Duration,
        interrupted: impl Future<Output = ()>,
    ) -> Result<(), LaunchError> {
        let ready = until_ready(
            (self.port, self.health.clone()),
            self.fetch.clone(),
            patience,
            self.log.clone(),
        );
        tokio::select! {
            ready = ready => ready,
            death = self.died() => Err(LaunchError::Died(death)),
            () = interrupted => Err(LaunchError::Interrupted),
        }
    }

    /// Resolves when it has ended by itself, with what its log says about why.
    pub async fn died(&mut self) -> Death {
        let status = self.guard.wait().await.ok();
        let tail = Tail::of(&self.log);
        let code = status.and_then(|status| status.code());
        let signal = code.filter(|code| *code > 128).map(|code| code - 128);
        let how = match (signal, code, status.and_then(|status| status.signal())) {
            (Some(signal), ..) => format!("signal {signal}"),
            (None, Some(code), _) => format!("exit code {code}"),
            (None, None, Some(signal)) => format!("signal {signal} to its guard"),
            (None, None, None) => "an unknown status".to_owned(),
        };
        Death {
            how,
            cause: Cause::of(tail.text(), signal),
            tail: tail.lines(),
            log: self.log.clone(),
        }
    }

    /// Ends it, politely and then firmly, and waits until nothing of it is left.
    pub async fn stop(mut self) {
        drop(self.leash.take());
        if tokio::time::timeout(self.patience, self.guard.wait()).await.is_err() {
            // The guard itself hangs: nothing below it would be ended by waiting longer.
            let _ = self.guard.kill().await;
        }
    }
}

/// Resolves when what listens on the port says that it is up, and has the model to `fetch`.
async fn until_ready(
    (port, health): (u16, String),
    fetch: Option<String>,
    patience: Duration,
    log: PathBuf,
) -> Result<(), LaunchError> {
    let since = Instant::now();
    loop {
        let reason = match health::status(port, &health).await {
            // No such path, and yet somebody answers.
            Ok(200..=299 | 404) => break,
            Ok(status) => format!("{health} says {status}"),
            Err(reason) => reason,
        };
        let waited = since.elapsed();
        if waited + LOOK_AGAIN > patience {
            return Err(LaunchError::NeverReady { waited, reason, log });
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    let Some(model) = fetch else { return Ok(()) };
    let left = patience.saturating_sub(since.elapsed());
    let fetched = tokio::time::timeout(left, health::fetch(port, &model)).await;
    let Ok(fetched) = fetched else {
        let reason = format!("it is still fetching {model}");
        return Err(LaunchError::NeverReady { waited: since.elapsed(), reason, log });
    };
    fetched.map_err(|reason| LaunchError::NotFetched { model, reason })
}
