//! Opening the calculator for whoever sits here.

use crate::output;
use std::io::{IsTerminal, stdout};
use std::process::{Command, Stdio};
use std::{env, thread};

/// Whether a browser is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// In any case.
    Always,
    /// In no case.
    Never,
    /// Where somebody reads what is printed, at a screen of this machine.
    AtAScreen,
}

impl Opening {
    /// By the flags `--open` and `--no-open`, of which at most one is given.
    pub(super) const fn of(open: bool, no_open: bool) -> Self {
        match (open, no_open) {
            (true, _) => Self::Always,
            (_, true) => Self::Never,
            _ => Self::AtAScreen,
        }
    }

    /// Whether that is the case here.
    pub(super) fn is_wanted(self) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::AtAScreen => stdout().is_terminal() && has_screen(|name| env::var(name).ok()),
        }
    }
}

/// Whether this environment has a screen. One of another machine, seen over SSH, is none: the
/// address would not lead here from there.
fn has_screen(variable: impl Fn(&str) -> Option<String>) -> bool {
    let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
    let screen = cfg!(target_os = "macos") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY");
    screen && !is_set("SSH_CONNECTION")
}

/// Opens `url` beside us: what is opened may stay as long as it likes. Where nothing can be opened,
/// one line says so.
pub(super) fn open(url: &str) {
    let ways = ways(env::var("BROWSER").ok().as_deref(), url);
    thread::spawn(move || {
        if !ways.iter().any(|way| opened(way)) {
            output::note("no browser could be opened: open the address yourself");
        }
    });
}

/// Commands that open `url`, the preferred first: those of `BROWSER`, parted by colons, then what
/// desktops have.
fn ways(browser: Option<&str>, url: &str) -> Vec<Vec<String>> {
    let named = browser.unwrap_or_default().split(':').map(str::trim);
    let usual = ["xdg-open", "open", "wslview"].into_iter();
    let all = named.filter(|way| !way.is_empty()).chain(usual);
    all.map(|way| {
        let mut words: Vec<String> =
            way.split_whitespace().map(|word| word.replace("%s", url)).collect();
        if !way.contains("%s") {
            words.push(url.to_owned());
        }
        words
    })
    .collect()
}

/// Whether `way` did it; a browser that is no service of the desktop ends when it is closed.
fn opened(way: &[String]) -> bool {
    let Some((program, words)) = way.split_first() else { return false };
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_is_one_of_this_machine() {
        let at = |set: &'static [(&str, &str)]| {
            has_screen(|name| {
                set.iter().find(|(own, _)| *own == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert!(at(&[("DISPLAY", ":0")]) && at(&[("WAYLAND_DISPLAY", "wayland-0")]));
        assert!(!at(&[
            ("DISPLAY", "localhost:10.0"),
            ("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22")
        ]));
        assert!(cfg!(target_os = "macos") || !(at(&[]) || at(&[("DISPLAY", "")])));
    }

    #[test]
    fn a_browser_by_name_goes_first() {
        let ways = ways(Some("firefox:links -g %s:"), "http://127.0.0.1:1/");
        assert_eq!(ways[0], ["firefox", "http://127.0.0.1:1/"]);
        assert_eq!(ways[1], ["links", "-g", "http://127.0.0.1:1/"]);
        assert_eq!(ways[2], ["xdg-open", "http://127.0.0.1:1/"]);
    }
}
