//! A proxy's tunnel to an https server.

use std::io;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// Why a proxy gave no tunnel.
#[derive(Debug, thiserror::Error)]
pub enum TunnelError {
    /// The connection to it broke.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It said something else than 200.
    #[error("it answered `{0}`")]
    Refused(String),
}

/// Longest head a proxy may answer `CONNECT` with, in bytes.
const LONGEST_HEAD: u64 = 16 * 1024;

/// Asks the proxy at the other end of `tcp` for a tunnel to `address`, a host and a port (RFC 9110,
/// section 9.3.6).
pub async fn tunnel(tcp: TcpStream, address: &str) -> Result<TcpStream, TunnelError> {
    let mut stream = BufReader::new(tcp);
    let ask = format!("CONNECT {address} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stream.write_all(ask.as_bytes()).await?;
    let mut head = (&mut stream).take(LONGEST_HEAD);
    let mut status = String::new();
    head.read_line(&mut status).await?;
    let mut line = String::from("-");
    while !line.trim().is_empty() {
        line.clear();
        head.read_line(&mut line).await?;
    }
    // The server speaks only after our TLS greeting, so nothing can be left in the buffer.
    if status.split(' ').nth(1) == Some("200") {
        return Ok(stream.into_inner());
    }
    Err(TunnelError::Refused(status.trim().to_owned()))
}
