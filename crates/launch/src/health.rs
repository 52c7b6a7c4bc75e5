//! Whether an engine says that it is up: one plain GET on loopback.

use crate::command_line::LOOPBACK;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The status of a GET of `path`; the error says in words why there is none.
pub(crate) async fn status(port: u16, path: &str) -> Result<u16, String> {
    match tokio::time::timeout(TIMEOUT, ask(port, path)).await {
        Ok(Ok(status)) => Ok(status),
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
            Err("nobody listens on its port yet".to_owned())
        }
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer from {path} within {} s", TIMEOUT.as_secs())),
    }
}

async fn ask(port: u16, path: &str) -> io::Result<u16> {
    let mut tcp = TcpStream::connect((LOOPBACK, port)).await?;
    let head =
        format!("GET {path} HTTP/1.1\r\nHost: {LOOPBACK}:{port}\r\nConnection: close\r\n\r\n");
    tcp.write_all(head.as_bytes()).await?;
    let mut answer = [0; 64];
    let mut filled = 0;
    // `HTTP/1.1 200` is all that is wanted.
    while filled < "HTTP/1.1 200".len() {
        match tcp.read(&mut answer[filled..]).await? {
            0 => break,
            read => filled += read,
        }
    }
    let line = String::from_utf8_lossy(&answer[..filled]);
    let status = line.split(' ').nth(1).and_then(|status| status.get(..3)?.parse().ok());
    status.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "its answer is not HTTP"))
}
