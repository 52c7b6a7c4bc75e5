//! What the binary says about itself.

use crate::farebox::Farebox;
use std::io::Read;

#[test]
fn every_command_explains_itself_by_example() {
    let farebox = Farebox::new();
    for command in ["quickstart", "bench", "price", "plot", "engine"] {
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
