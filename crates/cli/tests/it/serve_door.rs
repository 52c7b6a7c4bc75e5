//! `farebox serve` and whoever comes to its door: a crowd, other machines, a browser of one's own.

use crate::farebox::{Farebox, wait_until};
use crate::served::{SAID, Served, read, send};
use std::fs;
use std::io::Write;
use std::net::{TcpStream, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

/// Connections that are opened at once.
const CROWD: usize = 1000;
/// What the server keeps of them, as `docs/web.md` says.
const ROOM: usize = 512;

/// A thousand connections that say nothing or half a head: more than there is room for are told so,
/// everybody else is answered, and those that are left have lost their place after ten seconds.
#[test]
fn a_thousand_connections_keep_nobody_out() {
    let farebox = Farebox::new();
    let served = Served::start(&farebox, &[]);
    let before = resident_kib(served.child.id());
    let begun = Instant::now();
    let connect = |nth: usize| {
        let mut stream = TcpStream::connect(&served.authority).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let _ = stream.write_all([b"".as_slice(), b"GET / HTTP/1.1\r\nhost: local"][nth % 2]);
        stream
    };
    let mut crowd: Vec<TcpStream> = (0..CROWD).map(connect).collect();
    assert!(begun.elapsed() < Duration::from_secs(9), "too slow to be a crowd");
    for _ in 0..20 {
        assert_eq!(served.get("/api/v1/gpus?q=h100").0, 200, "others are answered");
    }
    let grown = resident_kib(served.child.id()).saturating_sub(before);
    eprintln!("{ROOM} connections of {CROWD} hold {grown} KiB");
    assert!(grown < 64 << 10, "{grown} KiB");
    let inside = crowd.split_off(CROWD - ROOM + 20);
    for (nth, stream) in crowd.into_iter().take(CROWD - ROOM).enumerate() {
        let (status, _, body) = read(stream);
        assert!(status == 503 && body.contains("too many connections at once"), "{nth}: {body}");
    }
    for stream in inside {
        let (status, ..) = read(stream);
        assert!([0, 408].contains(&status), "left, not answered: {status}");
    }
    assert!(begun.elapsed() > Duration::from_secs(9), "not before their ten seconds are over");
    assert_eq!(served.get("/").0, 200, "the server is still there");
}

fn resident_kib(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}

/// From where this machine would send to others; its loopback where it has no way out.
fn own_address() -> String {
    let own = UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("203.0.113.1:9")?;
        Ok(socket.local_addr()?.ip().to_string())
    });
    own.unwrap_or_else(|_| "127.0.0.1".to_owned())
}

#[test]
fn beyond_this_machine_only_the_token_lets_in() {
    let farebox = Farebox::new();
    let served = Served::start(&farebox, &["--host", "0.0.0.0"]);
    let (address, word) = served.url.split_once("/?token=").unwrap();
    let own = own_address();
    assert!(address.starts_with(&format!("http://{own}:")), "an address that others can open");
    assert_eq!(word.len(), 32);
    wait_until("the warning", || farebox.text(SAID).contains("other machines can reach this"));
    let port = served.authority.rsplit(':').next().unwrap();
    // The address of the network and the loopback are one door.
    for authority in [served.authority.clone(), format!("127.0.0.1:{port}")] {
        let status = |asked: &str, headers: &[(&str, &str)]| send(&authority, asked, headers).0;
        assert_eq!(status("GET /", &[]), 401, "{authority}");
        assert_eq!(status("GET /api/v1/gpus", &[]), 401);
        let wrong = "0".repeat(32);
        assert_eq!(status(&format!("GET /?token={wrong}"), &[]), 401);
        assert_eq!(status("GET /", &[("authorization", &format!("Bearer {wrong}"))]), 401);
        assert_eq!(status("GET /", &[("cookie", &format!("farebox_token={wrong}"))]), 401);
        let cut = &word[..31];
        assert_eq!(status("GET /", &[("authorization", &format!("Bearer {cut}"))]), 401);

        let (entered, head, _) = send(&authority, &format!("GET /?token={word}"), &[]);
        assert_eq!(entered, 303);
        let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
        let cookie = cookie.split(';').next().unwrap();
        let (shown, _, page) = send(&authority, "GET /", &[("cookie", cookie)]);
        assert!(shown == 200 && !page.contains(word), "the page does not tell the token");
        let bearer = format!("Bearer {word}");
        assert_eq!(status("GET /api/v1/gpus", &[("authorization", &bearer)]), 200);
        // Another name that leads here brings no cookie of ours; another site may not ask even with it.
        assert_eq!(status("GET /", &[("host", "evil.example")]), 401);
        let evil = [("cookie", cookie), ("origin", "http://evil.example")];
        assert_eq!(status("GET /api/v1/gpus", &evil), 403);
        let (_, _, refused) = send(&authority, &format!("GET /api/v1/nothing?token={word}"), &[]);
        assert!(refused.contains("not_found") && !refused.contains(word), "{refused}");
    }
    assert!(!farebox.text(SAID).contains(word), "said once, in the address");
}

/// At the loopback there is no token, and the name of the network's address is not served.
#[test]
fn on_this_machine_other_names_are_refused() {
    let farebox = Farebox::new();
    let served = Served::start(&farebox, &[]);
    let port = served.authority.rsplit(':').next().unwrap();
    let named = format!("{}:{port}", own_address().replace("127.0.0.1", "192.0.2.1"));
    let refused = send(&served.authority, "GET /", &[("host", &named)]);
    assert!(refused.0 == 421 && refused.2.contains("\"host\""), "{refused:?}");
    assert!(!served.url.contains("token"));
}

/// A directory with a program `name` that keeps its last word in a file and ends with `code`.
fn opener(farebox: &Farebox, name: &str, code: u8) -> String {
    let folder = farebox.path("bin");
    fs::create_dir_all(&folder).unwrap();
    let script =
        format!("#!/bin/sh\necho \"$0 $*\" >> {}\nexit {code}\n", farebox.path("opened").display());
    fs::write(folder.join(name), script).unwrap();
    fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    folder.display().to_string()
}

#[test]
fn a_browser_is_opened_at_the_address() {
    let farebox = Farebox::new();
    let path = opener(&farebox, "xdg-open", 0);
    let farebox = farebox.env("PATH", &path).env("BROWSER", "");
    let served = Served::start(&farebox, &["--open"]);
    wait_until("the opener", || {
        farebox.path("opened").exists() && !farebox.text("opened").is_empty()
    });
    assert!(farebox.text("opened").ends_with(&format!("xdg-open {}\n", served.url)));
    assert_eq!((served.get("/").0, farebox.text(SAID).as_str()), (200, ""));
}

#[test]
fn a_browser_by_name_comes_before_the_desktops() {
    let farebox = Farebox::new();
    let path = opener(&farebox, "xdg-open", 0);
    opener(&farebox, "mine", 0);
    let farebox = farebox.env("PATH", &path).env("BROWSER", "absent:mine --new %s");
    let served = Served::start(&farebox, &["--open"]);
    wait_until("the opener", || {
        farebox.path("opened").exists() && !farebox.text("opened").is_empty()
    });
    assert!(farebox.text("opened").ends_with(&format!("mine --new {}\n", served.url)));
    assert!(!farebox.text("opened").contains("xdg-open"));
}

#[test]
fn an_opener_that_fails_is_one_line() {
    let farebox = Farebox::new();
    let path = opener(&farebox, "xdg-open", 3);
    let farebox = farebox.env("PATH", &path).env("BROWSER", "");
    let served = Served::start(&farebox, &["--open"]);
    wait_until("the line", || !farebox.text(SAID).is_empty());
    assert_eq!(farebox.text(SAID), "no browser could be opened: open the address yourself\n");
    assert_eq!(served.get("/").0, 200, "the server goes on");
}

/// Whoever reads the address from a pipe is a program: nothing is opened unless it says so.
#[test]
fn programs_get_no_browser() {
    let farebox = Farebox::new();
    let path = opener(&farebox, "xdg-open", 0);
    let farebox = farebox.env("PATH", &path).env("BROWSER", "").env("DISPLAY", ":0");
    for args in [&[][..], &["--no-open"]] {
        let served = Served::start(&farebox, args);
        assert_eq!(served.get("/").0, 200);
        std::thread::sleep(Duration::from_millis(500));
        assert!(!farebox.path("opened").exists());
    }
    let both = farebox.run(&["serve", "--open", "--no-open"]).exits(2);
    assert!(both.error().contains("--no-open"), "{both:?}");
}
