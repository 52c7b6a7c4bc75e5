//! What an engine under way is asked: whether it is up, and to fetch its model. Plain HTTP on
//! loopback, a connection for each answer.

use crate::command_line::LOOPBACK;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longest wait for an answer about health.
const TIMEOUT: Duration = Duration::from_secs(5);
/// As much of an answer as tells its status, in bytes: some servers keep the connection open.
const STATUS: u64 = "HTTP/1.1 200".len() as u64;
/// Most of an answer that is read for its body, in bytes.
const WHOLE: u64 = 64 * 1024;

/// The status of a GET of `path`; the error says in words why there is none.
pub(crate) async fn status(port: u16, path: &str) -> Result<u16, String> {
    match tokio::time::timeout(TIMEOUT, ask(port, ("GET", path), "", STATUS)).await {
        Ok(Ok((status, _))) => Ok(status),
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
            Err("nobody listens on its port yet".to_owned())
        }
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer from {path} within {} s", TIMEOUT.as_secs())),
    }
}

/// Has Ollama fetch `model`, unless it has it ("Show Model Information" and "Pull a Model" of its
/// `docs/api.md`); the error is what it says.
pub(crate) async fn fetch(port: u16, model: &str) -> Result<(), String> {
    let post = async |path, body: serde_json::Value| {
        ask(port, ("POST", path), &body.to_string(), WHOLE).await.map_err(|error| error.to_string())
    };
    let (status, _) = post("/api/show", serde_json::json!({ "model": model })).await?;
    if status == 200 {
        return Ok(());
    }
    let wish = serde_json::json!({ "model": model, "stream": false });
    let (status, said) = post("/api/pull", wish).await?;
    let is_there = status == 200 && said.contains("success");
    if is_there { Ok(()) } else { Err(said.split_whitespace().collect::<Vec<_>>().join(" ")) }
}

/// Status and body of an answer, of which `most` bytes are read.
async fn ask(
    port: u16,
    (method, path): (&str, &str),
    body: &str,
    most: u64,
) -> io::Result<(u16, String)> {
    let mut tcp = TcpStream::connect((LOOPBACK, port)).await?;
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.0\r\nHost: {LOOPBACK}:{port}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    tcp.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    tcp.take(most).read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&*answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.get(..3)?.parse().ok());
    let status = status
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "its answer is not HTTP"))?;
    Ok((status, body.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    /// What stands in for Ollama: it has one model and can get another.
    async fn ollama() -> u16 {
        let listener = TcpListener::bind((LOOPBACK, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut tcp, _)) = listener.accept().await {
                let mut read = vec![0; 4096];
                let mut asked = String::new();
                while !asked.ends_with('}') {
                    let count = tcp.read(&mut read).await.unwrap();
                    asked.push_str(std::str::from_utf8(&read[..count]).unwrap());
                }
                let answer = match (asked.split(' ').nth(1), asked.contains("\"here\"")) {
                    (Some("/api/show"), true) => "200 OK\r\n\r\n{}",
                    (Some("/api/pull"), _) if asked.contains("\"there\"") => {
                        assert!(asked.contains("\"stream\":false"), "{asked}");
                        "200 OK\r\n\r\n{\"status\":\"success\"}"
                    }
                    (Some("/api/pull"), _) => {
                        "500 Internal Server Error\r\n\r\n{\"error\":\n\"file does not exist\"}"
                    }
                    _ => "404 Not Found\r\n\r\n{\"error\":\"model not found\"}",
                };
                tcp.write_all(format!("HTTP/1.0 {answer}").as_bytes()).await.unwrap();
            }
        });
        port
    }

    #[tokio::test]
    async fn a_model_is_fetched_unless_it_is_there() {
        let port = ollama().await;
        assert_eq!(fetch(port, "here").await, Ok(()));
        assert_eq!(fetch(port, "there").await, Ok(()));
        let said = fetch(port, "nowhere").await.unwrap_err();
        assert_eq!(said, r#"{"error": "file does not exist"}"#);
    }
}
