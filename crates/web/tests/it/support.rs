//! A server of our own on a thread, and a client that sends what it is told.

use farebox_catalog::Catalogue;
use farebox_hub::{Address, Cache, HubSettings};
use farebox_web::{AccessToken, Limits, WebServer, WebSettings};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc;
use std::time::Duration;
use tempfile::TempDir;

/// A server that ends with the test.
pub(crate) struct Site {
    pub(crate) addr: SocketAddr,
    pub(crate) url: String,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    /// The Hub's cache of this server.
    folder: TempDir,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Site {
    /// An honest server without a Hub.
    pub(crate) fn start() -> Self {
        Self::with(Limits::default(), None, None)
    }

    /// A server with other limits, a token, or a Hub at an address.
    pub(crate) fn with(limits: Limits, token: Option<AccessToken>, hub: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().join("hub"));
        let hub = hub.map(|url| HubSettings::new(Address::parse(url).unwrap(), cache));
        let runs = folder.path().join("runs");
        let (told, hears) = mpsc::channel();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let server = WebServer::bind(WebSettings {
                    addr: ([127, 0, 0, 1], 0).into(),
                    token,
                    catalogue: Catalogue::with_files(Vec::new()),
                    hub,
                    runs,
                    limits,
                });
                let server = server.await.unwrap();
                told.send(server.url()).unwrap();
                tokio::select! {
                    () = server.run() => {}
                    _ = stopped => {}
                }
            });
        });
        let url = hears.recv().unwrap();
        let authority = url.trim_start_matches("http://").split('/').next().unwrap();
        Self { addr: authority.parse().unwrap(), url: url.clone(), stop: Some(stop), folder }
    }

    /// Where this server keeps what it fetched.
    pub(crate) fn cache(&self) -> std::path::PathBuf {
        self.folder.path().join("hub")
    }

    /// Whose runs this server shows.
    pub(crate) fn runs(&self) -> std::path::PathBuf {
        self.folder.path().join("runs")
    }

    /// The answer to a GET.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"")
    }

    /// The answer to a POST of JSON.
    pub(crate) fn post(&self, path: &str, json: &str) -> Answer {
        self.send("POST", path, &[("content-type", "application/json")], json.as_bytes())
    }

    /// The answer to a request with these headers besides the usual ones.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let named = |name: &str| headers.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
        let mut lines = vec![format!("{method} {path} HTTP/1.1"), "connection: close".to_owned()];
        if !named("host") {
            lines.push(format!("host: {}", self.addr));
        }
        if !body.is_empty() && !named("content-length") {
            lines.push(format!("content-length: {}", body.len()));
        }
        lines.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
        let head = lines.join("\r\n") + "\r\n\r\n";
        self.raw(&[head.as_bytes(), body].concat())
    }

    /// The answer to these bytes.
    pub(crate) fn raw(&self, bytes: &[u8]) -> Answer {
        let mut stream = self.connect();
        // A server that refuses early may close before everything is sent.
        let _ = stream.write_all(bytes);
        read(stream)
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.addr).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }
}

/// Everything until the server closes; a reset after an answer does not undo it.
pub(crate) fn read(mut stream: TcpStream) -> Answer {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    Answer { status, head: head.to_lowercase(), body: body.to_owned() }
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The code of a refusal.
    pub(crate) fn code(&self) -> String {
        let error = &self.json()["error"];
        assert!(error["message"].as_str().is_some_and(|said| !said.is_empty()), "{self:?}");
        error["code"].as_str().unwrap().to_owned()
    }
}
