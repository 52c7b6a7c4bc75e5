//! The way to an https Hub: through a proxy's tunnel, with certificates checked.

use crate::server::{bytes, read};
use crate::support::{Bench, CONFIG, TOKEN, honest};
use farebox_hub::{Address, DialError, HubError};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

fn tls() -> Arc<ServerConfig> {
    let certificate = CertificateDer::from_pem_file(fixture("hub.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(fixture("hub.key.pem")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    Arc::new(config)
}

/// A proxy that answers `CONNECT` with `status` and, if that is 200, is itself the Hub at the
/// end of the tunnel. Keeps what it was asked in the clear.
fn proxy(status: u16) -> (String, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(String::new()));
    let log = asked.clone();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            *log.lock().unwrap() = clear_head(&stream);
            let _ = write!(stream, "HTTP/1.1 {status} Scripted\r\nVia: test\r\n\r\n");
            if status == 200 {
                serve(stream);
            }
        }
    });
    (url, asked)
}

fn clear_head(stream: &TcpStream) -> String {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Whoever does not trust the certificate hangs up, which is no failure of the server.
fn serve(stream: TcpStream) {
    let mut encrypted = StreamOwned::new(ServerConnection::new(tls()).unwrap(), stream);
    if let Some(request) = read(&mut encrypted, 0) {
        let _ = encrypted.write_all(&bytes(&honest(&request, CONFIG)));
        encrypted.conn.send_close_notify();
        let _ = encrypted.flush();
    }
}

#[test]
fn a_tunnel_leads_to_an_encrypted_hub() {
    let (url, asked) = proxy(200);
    let mut bench = Bench::new("https://hub.test");
    bench.settings.proxy = Some(Address::parse(&url).unwrap());
    bench.settings.extra_roots = Some(fixture("root.pem"));
    assert_eq!(bench.config().unwrap(), CONFIG);
    let asked = asked.lock().unwrap().clone();
    assert_eq!(asked, "CONNECT hub.test:443 HTTP/1.1\nHost: hub.test:443");
    assert!(!asked.contains(TOKEN));
}

#[test]
fn unknown_certificates_and_unwilling_proxies_are_named() {
    let (untrusted, _) = proxy(200);
    let (unwilling, _) = proxy(407);
    for (proxy, words) in [
        (untrusted, "TLS handshake with hub.test:443 failed: "),
        (unwilling, " answered CONNECT with `407`"),
    ] {
        let mut bench = Bench::new("https://hub.test");
        bench.settings.proxy = Some(Address::parse(&proxy).unwrap());
        let error = bench.config().unwrap_err();
        let dial = matches!(error, HubError::Dial(DialError::Tls { .. } | DialError::Proxy { .. }));
        assert!(dial && error.to_string().contains(words), "{error}");
    }
}
