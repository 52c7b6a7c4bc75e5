//! What the binary says about itself.

use crate::farebox::Farebox;
use std::io::Read;

#[test]
fn every_command_explains_itself_by_example() {
    let farebox = Farebox::new();
    for command in
        ["quickstart", "bench", "run", "watch", "price", "plot", "report", "serve", "engine"]
    {
        let help = farebox.run(&[command, "--help"]).exits(0);
        assert!(help.stdout.contains("Examples:\n"), "{command}: {}", help.stdout);
        assert!(help.stdout.contains(&format!("farebox {command}")), "{command}");
        assert_eq!(help.stderr, "");
    }
    for command in [&["--help"][..], &["bench", "--help"], &["price", "--help"]] {
        assert!(farebox.run(command).exits(0).stdout.contains("Exit codes:"), "{command:?}");
    }
    let version = farebox.run(&["--version"]).exits(0);
    assert_eq!(version.stdout, format!("farebox {}\n", env!("CARGO_PKG_VERSION")));
    farebox.run(&[]).exits(2);
    assert!(farebox.files().is_empty());
}

/// The commands under `Examples:`, those of several lines joined as a shell joins them.
fn commands(help: &str) -> Vec<String> {
    let joined = help.replace("\\\n", " ");
    let lines = joined.lines().map(str::trim).filter(|line| line.starts_with("farebox "));
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// Every command that has examples.
const COMMANDS: [&str; 18] = [
    "quickstart",
    "estimate",
    "scenarios",
    "bench",
    "run",
    "watch",
    "profile",
    "price",
    "compare",
    "plot",
    "export",
    "import",
    "report",
    "engine",
    "serve",
    "validate",
    "calibrate",
    "catalog",
];

#[test]
fn examples_survive_a_narrow_terminal() {
    let farebox = Farebox::new();
    let helps = COMMANDS.map(|command| vec![command, "--help"]);
    for words in helps.into_iter().chain([vec!["--help"]]) {
        let help = farebox.run(&words).exits(0).stdout;
        let examples = help.split("Examples:\n").nth(1).unwrap_or_else(|| panic!("{words:?}"));
        for line in examples.lines().take_while(|line| line.starts_with("  ")) {
            assert!(line.chars().count() < 80, "{words:?}: {line}");
            assert!(!line.contains("..."), "nobody can type that: {line}");
        }
    }
}

#[test]
fn examples_that_need_no_server_run_as_pasted_into_a_shell() {
    let farebox = Farebox::new();
    std::fs::write(farebox.path("config.json"), a_model()).unwrap();
    let farebox_is = format!("farebox() {{ '{}' \"$@\"; }}\n", env!("CARGO_BIN_EXE_farebox"));
    let mut ran = 0;
    for command in ["estimate", "scenarios", "catalog"] {
        let help = farebox.run(&[command, "--help"]).exits(0).stdout;
        let examples = help.split("Examples:\n").nth(1).unwrap();
        let pasted: Vec<&str> =
            examples.lines().take_while(|line| line.starts_with("  ")).collect();
        let mut from = 0;
        for (at, line) in pasted.iter().enumerate() {
            if line.ends_with('\\') {
                continue;
            }
            let text = pasted[from..=at].join("\n");
            from = at + 1;
            if text.contains("import") {
                continue;
            }
            let script = format!("{farebox_is}{text}");
            let mut shell = farebox.command_of("sh");
            let output = shell.args(["-c", &script]).output().unwrap();
            crate::farebox::Ran::from(output).exits(0);
            ran += 1;
        }
    }
    assert!(ran >= 12, "{ran}");
}

/// The configuration of a model that every accelerator of the examples can hold.
fn a_model() -> &'static str {
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../catalog/models/Qwen/Qwen3-8B.json"))
}

/// The lines under `Examples:` that need nothing but this repository's files.
fn examples(help: &str) -> Vec<Vec<String>> {
    let lines = commands(help);
    let words =
        lines.iter().map(|line| line.split(' ').skip(1).map(str::to_owned).collect::<Vec<_>>());
    let here = |words: &Vec<String>| {
        let own = ["wildchat-2024-03", "--list"];
        words.iter().any(|word| word.starts_with("examples/") || own.contains(&word.as_str()))
    };
    words.filter(here).collect()
}

#[test]
fn examples_run_as_typed() {
    let farebox = Farebox::new();
    std::fs::create_dir(farebox.path("examples")).unwrap();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples");
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap();
        if file.path().is_dir() {
            continue;
        }
        std::fs::copy(file.path(), farebox.path("examples").join(file.file_name())).unwrap();
    }
    let profiles = examples(&farebox.run(&["profile", "--help"]).stdout);
    assert!(profiles.len() >= 6, "{profiles:?}");
    for words in profiles {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let ran = farebox.run(&words).exits(0);
        assert!(!ran.stdout.contains("Skipped"), "{words:?}: {}", ran.stdout);
    }
    let server = crate::prompts::server();
    let url = server.url();
    let benches = examples(&farebox.run(&["bench", "--help"]).stdout);
    let reads = |words: &&Vec<String>| words.iter().any(|word| word.starts_with("examples/"));
    for words in benches.iter().filter(reads) {
        let own = words.iter().map(|word| word.replace("http://127.0.0.1:8000", &url));
        let mut words: Vec<String> = own.collect();
        // Bounded, so that it is quick.
        words.extend(["--num-requests", "3", "--out", "run"].map(str::to_owned));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        farebox.run(&words).exits(0);
        std::fs::remove_dir_all(farebox.path("run")).unwrap();
    }
}

#[test]
fn a_reader_who_has_seen_enough_is_no_error() {
    let farebox = Farebox::new();
    let seed = crate::seed::FILE;
    for args in
        [&["bench", "--help"][..], &["price", seed, "--price-per-hour", "5", "--format", "json"]]
    {
        let mut child = farebox.command(args).spawn().unwrap();
        let mut first = [0; 10];
        let mut stdout = child.stdout.take().unwrap();
        stdout.read_exact(&mut first).unwrap();
        drop(stdout);
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{args:?}");
        assert_eq!(output.status.code(), Some(0), "{args:?}");
    }
}
