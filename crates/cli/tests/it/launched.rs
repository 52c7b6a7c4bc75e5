//! Engines that are started: ready, dead, silent, and never left behind.

use farebox_core::EngineKind;
use farebox_launch::guard::{GUARD, descendants};
use farebox_launch::{
    Cause, How, LaunchError, LaunchSpec, Launcher, Running, command_line, free_port,
};
use std::future::pending;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const FAREBOX: &str = env!("CARGO_BIN_EXE_farebox");
/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// What stands in for an engine: a shell script.
fn script(text: &str) -> Vec<String> {
    ["sh", "-c", text].map(str::to_owned).to_vec()
}

fn start(words: Vec<String>, dir: &TempDir) -> Result<Running, LaunchError> {
    start_on(free_port().unwrap(), words, dir)
}

fn start_on(port: u16, words: Vec<String>, dir: &TempDir) -> Result<Running, LaunchError> {
    let mut spec = LaunchSpec::new(EngineKind::Vllm, "tiny", port);
    spec.how = How::Custom(words);
    let command = command_line(&spec).unwrap();
    launcher().start(&command, port, &dir.path().join("engine.log"))
}

fn launcher() -> Launcher {
    Launcher::guarded_by(FAREBOX).with_grace(Duration::from_millis(500))
}

fn is_alive(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
}

fn wait_until(what: impl Fn() -> bool) -> bool {
    let give_up = Instant::now() + PATIENCE;
    while Instant::now() < give_up {
        if what() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

/// The engine of this project, and beside it something that leaves its process group.
fn engine_with_a_stray() -> Vec<String> {
    script(&format!("setsid sleep 600 & exec {FAREBOX} engine --port {{port}}"))
}

#[tokio::test]
async fn an_engine_comes_up_answers_and_leaves_nothing_behind() {
    let dir = TempDir::new().unwrap();
    let mut engine = start(engine_with_a_stray(), &dir).unwrap();
    engine.wait_ready(PATIENCE, pending()).await.unwrap();
    let pids = engine.pids();
    assert!(pids.len() >= 2, "{pids:?}");
    engine.stop().await;
    assert!(pids.iter().all(|pid| !is_alive(*pid)), "{pids:?}");
}

#[tokio::test]
async fn a_dead_engine_is_noticed_at_once_and_its_log_tells_why() {
    let dir = TempDir::new().unwrap();
    let log = "echo loading; echo torch.OutOfMemoryError: CUDA out of memory. Tried to >&2; exit 1";
    let mut engine = start(script(log), &dir).unwrap();
    let error = engine.wait_ready(PATIENCE, pending()).await.unwrap_err();
    let LaunchError::Died(death) = &error else { panic!("{error}") };
    assert_eq!(death.cause, Some(Cause::OutOfMemory));
    assert_eq!(death.tail[0], "loading");
    let told = error.to_string();
    assert!(told.starts_with("the engine ended with exit code 1: out of accelerator memory; see "));
}

#[tokio::test]
async fn an_engine_killed_in_the_middle_is_told_by_its_signal() {
    let dir = TempDir::new().unwrap();
    let mut engine = start(engine_with_a_stray(), &dir).unwrap();
    engine.wait_ready(PATIENCE, pending()).await.unwrap();
    let pids = engine.pids();
    Command::new("kill").args(["-9", &pids[0].to_string()]).status().unwrap();
    let death = engine.died().await;
    assert_eq!((death.how.as_str(), death.cause), ("signal 9", Some(Cause::Killed)));
    assert!(pids.iter().all(|pid| !is_alive(*pid)), "the stray went with it");
}

#[tokio::test]
async fn an_engine_that_never_answers_is_given_up() {
    let dir = TempDir::new().unwrap();
    let mut engine = start(script("exec sleep 600"), &dir).unwrap();
    let error = engine.wait_ready(Duration::from_millis(600), pending()).await.unwrap_err();
    assert!(matches!(error, LaunchError::NeverReady { .. }), "{error}");
    assert!(error.to_string().contains("nobody listens on its port yet"), "{error}");
    let error = engine.wait_ready(PATIENCE, async {}).await.unwrap_err();
    assert!(matches!(error, LaunchError::Interrupted), "{error}");
    let pids = engine.pids();
    engine.stop().await;
    assert!(pids.iter().all(|pid| !is_alive(*pid)));
}

#[tokio::test]
async fn what_cannot_start_is_said_before_anything_starts() {
    let dir = TempDir::new().unwrap();
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = start_on(port, script("true"), &dir).unwrap_err();
    assert!(error.to_string().starts_with(&format!("port {port} is taken")), "{error}");
    let error = start(vec!["no-such-engine".to_owned()], &dir).unwrap_err();
    assert_eq!(error.to_string(), "no-such-engine is not installed here: no such program on PATH");
}

/// What engines say as they die, each as a line of its log, and what is told of it.
#[tokio::test]
async fn known_causes_of_death_are_told_in_a_line() {
    for (said, told) in [
        ("Cannot access gated repo for url https://hub/m", "the checkpoint is gated"),
        ("OSError: m is not a local folder and is no valid id", "there is no such checkpoint"),
        (
            "cache is needed, which is larger than the available KV cache memory (0.65 GiB)",
            "the KV cache has no room for one request of full length",
        ),
        ("[Errno 98] error while attempting to bind: address already in use", "its port is taken"),
        ("vllm: error: unrecognized arguments: --tp", "it does not know one of its arguments"),
        ("ModuleNotFoundError: No module named vllm", "a part of it is not installed"),
        ("something nobody has met before", "something nobody has met before"),
    ] {
        let dir = TempDir::new().unwrap();
        let mut engine = start(script(&format!("echo '{said}'; exit 3")), &dir).unwrap();
        let error = engine.wait_ready(PATIENCE, pending()).await.unwrap_err().to_string();
        let log = dir.path().join("engine.log");
        assert_eq!(
            error,
            format!("the engine ended with exit code 3: {told}; see {}", log.display())
        );
    }
}

#[test]
fn a_guard_ends_everything_when_whoever_started_it_is_gone() {
    let mut guard = guard("trap '' TERM; setsid sleep 600 & sleep 600 & wait");
    let id = guard.id();
    assert!(wait_until(|| descendants(id).len() == 3), "{:?}", descendants(id));
    let pids = descendants(id);
    // As the system does when its parent dies, however it dies.
    drop(guard.stdin.take());
    guard.wait().unwrap();
    assert!(pids.iter().all(|pid| !is_alive(*pid)), "{pids:?}");
}

#[test]
fn an_engine_whose_guard_is_killed_is_asked_to_end() {
    let mut guard = guard("exec sleep 600");
    let id = guard.id();
    let is_sleep = |pid: i32| {
        std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name == "sleep\n")
    };
    assert!(wait_until(|| descendants(id).iter().any(|pid| is_sleep(*pid))));
    let pids = descendants(id);
    guard.kill().unwrap();
    guard.wait().unwrap();
    assert!(wait_until(|| pids.iter().all(|pid| !is_alive(*pid))), "{pids:?}");
}

fn guard(text: &str) -> Child {
    Command::new(FAREBOX)
        .args([GUARD, "300", "--", "sh", "-c", text])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Names the folder that [`somebody_who_starts_an_engine`] works in.
const SOMEBODY: &str = "FAREBOX_TEST_SOMEBODY";

/// Not a test by itself: the program that the next two start, and end in the middle. It starts an
/// engine, writes down its processes once all of them are there, and waits for a Ctrl-C.
#[tokio::test]
#[ignore = "is started by other tests"]
async fn somebody_who_starts_an_engine() {
    let Some(dir) = std::env::var_os(SOMEBODY).map(PathBuf::from) else { return };
    let text = format!(
        "trap 'echo INT >> {dir}/heard' INT; trap 'echo TERM >> {dir}/heard; exit 0' TERM; \
         setsid sleep 600 & sleep 600 & echo up > {dir}/up; wait; wait",
        dir = dir.display()
    );
    let port = free_port().unwrap();
    let mut spec = LaunchSpec::new(EngineKind::Vllm, "tiny", port);
    spec.how = How::Custom(script(&text));
    let command = command_line(&spec).unwrap();
    let engine = launcher().start(&command, port, &dir.join("engine.log")).unwrap();
    assert!(wait_until(|| dir.join("up").exists() && engine.pids().len() == 3));
    let pids: Vec<String> = engine.pids().iter().map(ToString::to_string).collect();
    std::fs::write(dir.join("pids.part"), pids.join(" ")).unwrap();
    std::fs::rename(dir.join("pids.part"), dir.join("pids")).unwrap();
    tokio::signal::ctrl_c().await.unwrap();
    engine.stop().await;
    std::fs::write(dir.join("stopped"), "").unwrap();
}

/// Starts [`somebody_who_starts_an_engine`] at the head of a process group, as a shell does, sends it
/// `signal` once its engine is up, and gives what was left of the engine when nothing moved any more.
fn somebody_is_sent(signal: &str, dir: &Path) -> Vec<i32> {
    let mut somebody = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "launched::somebody_who_starts_an_engine", "--ignored"])
        .env(SOMEBODY, dir)
        .stdout(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap();
    assert!(wait_until(|| dir.join("pids").exists()), "its engine is up");
    let pids = std::fs::read_to_string(dir.join("pids")).unwrap();
    let pids: Vec<i32> = pids.split(' ').map(|pid| pid.parse().unwrap()).collect();
    assert!(pids.iter().all(|pid| is_alive(*pid)), "{pids:?}");
    // To the group: a terminal's Ctrl-C goes there.
    let group = format!("-{}", somebody.id());
    Command::new("kill").args([signal, "--", &group]).status().unwrap();
    somebody.wait().unwrap();
    wait_until(|| !pids.iter().any(|pid| is_alive(*pid)));
    pids.into_iter().filter(|pid| is_alive(*pid)).collect()
}

#[test]
fn killed_ourselves_we_leave_no_engine_behind() {
    let dir = TempDir::new().unwrap();
    assert_eq!(somebody_is_sent("-KILL", dir.path()), [0; 0]);
    assert!(!dir.path().join("stopped").exists(), "there was no time for that");
    assert_eq!(std::fs::read_to_string(dir.path().join("heard")).unwrap(), "TERM\n");
}

#[test]
fn a_ctrl_c_is_ours_and_the_engine_is_ended_by_us() {
    let dir = TempDir::new().unwrap();
    assert_eq!(somebody_is_sent("-INT", dir.path()), [0; 0]);
    assert!(dir.path().join("stopped").exists());
    assert_eq!(std::fs::read_to_string(dir.path().join("heard")).unwrap(), "TERM\n");
}

/// Docker is not needed here: a stand-in on PATH writes down what it is asked to do.
#[tokio::test]
async fn a_container_is_run_and_removed_by_name() {
    let dir = TempDir::new().unwrap();
    let (docker, asked) = (dir.path().join("docker"), dir.path().join("asked"));
    let text = format!("#!/bin/sh\necho \"$@\" >> {}\n[ $1 = rm ] || sleep 600\n", asked.display());
    std::fs::write(&docker, text).unwrap();
    make_executable(&docker);
    let mut spec = LaunchSpec::new(EngineKind::Tgi, "org/model", free_port().unwrap());
    spec.how = How::Docker(farebox_launch::Docker::default());
    let mut command = command_line(&spec).unwrap();
    docker.to_str().unwrap().clone_into(&mut command.program);
    let cleanup = command.cleanup.as_mut().unwrap();
    docker.to_str().unwrap().clone_into(&mut cleanup[0]);
    let log = dir.path().join("engine.log");
    let engine = launcher().start(&command, spec.port, &log).unwrap();
    assert!(wait_until(|| asked.exists()));
    engine.stop().await;
    let asked = std::fs::read_to_string(asked).unwrap();
    let lines: Vec<&str> = asked.lines().collect();
    assert!(lines[0].starts_with("run --rm --name farebox-tgi-"), "{asked}");
    assert!(lines[0].contains(" -e HF_TOKEN "), "{asked}");
    assert_eq!(lines[1], format!("rm -f farebox-tgi-{}", spec.port));
}

fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}
