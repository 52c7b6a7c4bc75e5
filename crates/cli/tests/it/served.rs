//! A server of the binary, asked over sockets.

use crate::farebox::Farebox;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Child;
use std::time::Duration;

/// A server of the binary, which ends with the test.
pub(crate) struct Served {
    pub(crate) child: Child,
    /// Host and port of the printed address.
    pub(crate) authority: String,
    /// The whole of it.
    pub(crate) url: String,
}

/// What it said on stderr is in this file of the directory.
pub(crate) const SAID: &str = "serve.stderr";

impl Served {
    pub(crate) fn start(farebox: &Farebox, args: &[&str]) -> Self {
        let all = [&["serve", "--port", "0", "--offline"], args].concat();
        let said = File::create(farebox.path(SAID)).unwrap();
        let mut child = farebox.command(&all).stderr(said).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().to_owned();
        let rest = url.strip_prefix("http://").unwrap();
        Self { authority: rest.split('/').next().unwrap().to_owned(), url, child }
    }

    /// Status and body.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        let (status, _, body) = send(&self.authority, &format!("GET {path}"), &[]);
        (status, body)
    }
}

/// Status, head and body of what `authority` answers to a line such as `GET /`.
pub(crate) fn send(
    authority: &str,
    asked: &str,
    headers: &[(&str, &str)],
) -> (u16, String, String) {
    let mut stream = TcpStream::connect(authority).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut lines = vec![format!("{asked} HTTP/1.1"), "connection: close".to_owned()];
    if !headers.iter().any(|(name, _)| *name == "host") {
        lines.push(format!("host: {authority}"));
    }
    lines.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
    write!(stream, "{}\r\n\r\n", lines.join("\r\n")).unwrap();
    read(stream)
}

/// Status, head and body, until the server closes.
pub(crate) fn read(mut stream: TcpStream) -> (u16, String, String) {
    let mut bytes = Vec::new();
    // A reset behind an answer does not undo it.
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    (status, head.to_owned(), body.to_owned())
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
