//! What the pictures show: runs, a report, a server.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A server on a folder of runs, and a report of two of them; all go when it is dropped.
pub(crate) struct Stage {
    /// The address of the pages, without the last slash.
    pub(crate) url: String,
    pub(crate) report: PathBuf,
    home: PathBuf,
    engine: String,
    _working: [Process; 2],
    _folder: TempDir,
}

/// A program at work, ended when it is dropped.
struct Process(Child);

/// A run that is being written; it goes when it is dropped.
pub(crate) struct LiveRun {
    bench: Process,
    folder: PathBuf,
}

/// What every bench is asked, besides its lengths.
const BENCH: &str = "--price-per-hour 1.5 --slo relaxed:ttft.p90=1s,tpot.p90=50ms \
                     --slo fast:ttft.p90=500ms,tpot.p90=16.7ms --isl 300";

impl Stage {
    /// Runs in `runs` of `given`, made there where they lack; the embedded engine gives each in half a
    /// minute. Commands work in that folder, so that no page shows where it is.
    pub(crate) fn set(given: Option<PathBuf>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let home = given.unwrap_or_else(|| folder.path().to_owned());
        fs::create_dir_all(&home).expect("a folder for runs");
        let (engine, asked) = served("engine --port 0 --time-scale 2", &home);
        let bench = format!("bench --base-url {asked} --concurrency 1..32 --duration 5s {BENCH}");
        for (name, command) in [
            ("quickstart", "quickstart".to_owned()),
            ("double-speed", format!("{bench} --osl 50")),
            ("long-answers", format!("{bench} --osl 120")),
        ] {
            if !home.join("runs").join(name).exists() {
                done(&format!("{command} --out runs/{name}"), &home);
            }
        }
        let report = folder.path().join("report.html");
        let compared = "runs/quickstart runs/double-speed";
        done(&format!("report {compared} -o {}", report.display()), &home);
        let (pages, url) = served("serve --port 0 --offline --runs runs", &home);
        let url = url.trim_end_matches('/').to_owned();
        Self { url, report, home, engine: asked, _working: [engine, pages], _folder: folder }
    }

    /// A bench that goes on for the better part of a minute, once it has begun.
    pub(crate) fn live(&self) -> LiveRun {
        let bench = format!("bench --base-url {} --concurrency 1..32 --duration 8s", self.engine);
        let bench = format!("{bench} {BENCH} --osl 50 --out runs/live");
        let folder = self.home.join("runs/live");
        let live = LiveRun { bench: Process::start(&bench, &self.home), folder };
        let begun = Instant::now();
        while !live.folder.join("run.json").exists() {
            assert!(begun.elapsed() < Duration::from_secs(20), "no bench begins");
            sleep(Duration::from_millis(100));
        }
        live
    }
}

impl Drop for LiveRun {
    fn drop(&mut self) {
        self.bench.end();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Process {
    fn start(args: &str, home: &Path) -> Self {
        let mut command = farebox(args, home);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        Self(command.spawn().expect("a farebox beside this example: cargo build -p farebox"))
    }

    fn end(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// A server, and the address that it prints.
fn served(args: &str, home: &Path) -> (Process, String) {
    let mut process = Process::start(args, home);
    let out = process.0.stdout.take().expect("what it prints");
    let url = BufReader::new(out).lines().next().expect("an address").expect("an address");
    (process, url)
}

/// Waits until it is done.
fn done(args: &str, home: &Path) {
    let status = farebox(args, home).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.is_ok_and(|status| status.success()), "farebox {args}");
}

/// The program that was built beside this example.
fn farebox(args: &str, home: &Path) -> Command {
    let own = std::env::current_exe().expect("a path of its own");
    let built = own.parent().and_then(|examples| examples.parent()).expect("a target folder");
    let mut command = Command::new(built.join("farebox"));
    command.args(args.split_whitespace()).current_dir(home).stdin(Stdio::null());
    command
}
