//! `farebox run --setup`: the environment of the naive baseline, by a stand-in for Python.

use crate::farebox::{Farebox, wait_until};
use crate::matrix::somebody_works_in;
use std::fs;
use std::process::Command;

/// A stand-in for Python that makes the environment with itself in it; its pip does `pip`.
fn with_a_python(pip: &str) -> Farebox {
    use std::os::unix::fs::PermissionsExt;
    let farebox = Farebox::new();
    let python = farebox.path("python3");
    let text = format!(
        "#!/bin/sh\ncase \"$2\" in venv) mkdir -p \"$3/bin\"; cp \"$0\" \"$3/bin/python\";;\n\
         pip) {pip};;\n*) echo 5.0;;\nesac\n"
    );
    fs::write(&python, text).unwrap();
    fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", farebox.path(".").display(), std::env::var("PATH").unwrap());
    farebox.env("PATH", &path)
}

#[test]
fn an_installer_ends_with_the_command_that_started_it() {
    let farebox = with_a_python("touch begun; exec sleep 600");
    let child = farebox.command(&["run", "--setup", "hf"]).spawn().unwrap();
    wait_until("the installer", || farebox.path("begun").exists());
    let dir = fs::canonicalize(farebox.path(".")).unwrap();
    assert!(somebody_works_in(&dir));
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let ran = crate::farebox::Ran::from(child.wait_with_output().unwrap()).exits(1);
    assert_eq!(ran.error(), "interrupted: the environment is not complete");
    wait_until("its end", || !somebody_works_in(&dir));
}

#[test]
fn an_environment_for_the_baseline_is_made_and_told() {
    let farebox = with_a_python("");
    let ran = farebox.run(&["run", "--setup", "hf.5"]).exits(0);
    assert_eq!(ran.stdout, "tokenizers 5.0\ntorch 5.0\ntransformers 5.0\n");
    assert!(farebox.text("hf.5/requirements.txt").contains("transformers=="));
    assert!(farebox.path("hf.5.log").exists(), "what the installer says is kept");
    assert!(ran.stderr.contains("venv = \"hf.5\""), "{}", ran.stderr);
    let again = farebox.run(&["run", "--setup", "hf.5"]).exits(0);
    assert_eq!(again.stdout, ran.stdout);
    assert!(again.stderr.contains("hf.5 has it already"), "{}", again.stderr);
    let ran = farebox.run(&["run", "--setup", "other", "--offline"]).exits(2);
    assert!(ran.error().starts_with("--offline touches no network"), "{}", ran.error());
}
