//! Running the binary in a directory of its own.

use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The binary under test and the directory it works in.
pub(crate) struct Farebox {
    dir: TempDir,
    environment: Vec<(&'static str, String)>,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Short requests, one load, few answers: enough to see everything once.
pub(crate) const SHORT: [&str; 8] =
    ["--isl", "32", "--osl", "8", "--concurrency", "2", "--num-requests", "12"];

impl Farebox {
    pub(crate) fn new() -> Self {
        Self { dir: TempDir::new().unwrap(), environment: Vec::new() }
    }

    /// With this variable set.
    pub(crate) fn env(mut self, name: &'static str, value: &str) -> Self {
        self.environment.push((name, value.to_owned()));
        self
    }

    /// The command, ready to be started in the directory, with nothing of our own surroundings.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = self.command_of(env!("CARGO_BIN_EXE_farebox"));
        command.args(args);
        command
    }

    /// Another program in the same surroundings.
    pub(crate) fn command_of(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        for name in ["OPENAI_API_KEY", "OPENAI_BASE_URL", "HTTPS_PROXY", "https_proxy"] {
            command.env_remove(name);
        }
        // Nobody's own catalogue is read or written.
        command.env("XDG_CONFIG_HOME", self.dir.path().join("config"));
        command.current_dir(self.dir.path()).envs(self.environment.iter().cloned());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.command(args).output().unwrap().into()
    }

    /// `bench` against `url` into `run`, short, with `more` behind it.
    pub(crate) fn bench(&self, url: &str, more: &[&str]) -> Ran {
        self.run(&bench_args(url, more))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.text(name)).unwrap()
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The records of a run.
    pub(crate) fn records(&self, run: &str) -> Vec<Value> {
        let text = self.text(&format!("{run}/requests.jsonl"));
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The records that count: without probes and warm-up.
    pub(crate) fn measured(&self, run: &str) -> Vec<Value> {
        let records = self.records(run).into_iter();
        records.filter(|record| record["phase"] != "warmup").collect()
    }

    /// Everything below the directory.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        files_below(self.dir.path())
    }
}

/// The words of a short `bench` into `run`.
pub(crate) fn bench_args<'a>(url: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut args = vec!["bench", "--base-url", url, "--out", "run", "--seed", "7"];
    // Flags that are given again replace ours.
    let given = |flag: &str| more.contains(&flag);
    let other_load = given("--batch") || given("--concurrency");
    let other_bound = ["--duration", "--num-batches", "--num-requests"].into_iter().any(given);
    for flag in SHORT.chunks(2) {
        let replaced = match flag[0] {
            "--concurrency" => other_load,
            "--num-requests" => other_bound,
            name => given(name),
        };
        if !replaced {
            args.extend(flag);
        }
    }
    args.extend(more);
    args
}

fn files_below(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

/// Waits until `done`, at most 20 seconds.
pub(crate) fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let give_up = Instant::now() + Duration::from_secs(20);
    while !done() {
        assert!(Instant::now() < give_up, "{what} never happened");
        std::thread::sleep(Duration::from_millis(10));
    }
}

impl Ran {
    /// What was printed, as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Checks the exit code and gives the run back for more.
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert!(!self.stderr.contains("panicked"), "{self:?}");
        self
    }

    /// The text of the one `error:` line.
    pub(crate) fn error(&self) -> &str {
        let mut errors = self.stderr.lines().filter_map(|line| line.strip_prefix("error: "));
        let error = errors.next().unwrap_or_else(|| panic!("no error: {self:?}"));
        assert_eq!(errors.next(), None, "one error is enough");
        error
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// A process that ends with the test.
pub(crate) struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The next line that it prints.
    pub(crate) fn line(&mut self) -> String {
        self.lines.next().unwrap().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
