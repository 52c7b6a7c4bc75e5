//! A browser, driven over the W3C's WebDriver protocol: JSON over HTTP to chromedriver.
//!
//! Whatever goes wrong is a panic that says what: this is for tests and benches.

#![expect(clippy::missing_panics_doc, reason = "every function here panics with what went wrong")]

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A window of a headless Chromium.
#[derive(Debug)]
pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
    profile: TempDir,
}

/// An element's name in the protocol.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

impl Browser {
    /// A window; none, with one line about it, where there is no browser and none is required.
    pub fn open() -> Option<Self> {
        let found = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut driver) = found else {
            without("no browser: apt-get install chromium chromium-driver");
            return None;
        };
        let port = port(&mut driver);
        let profile = tempfile::tempdir().expect("a driver that answers");
        let mut browser = Self { driver, port, session: String::new(), profile };
        let folder = browser.profile.path().display().to_string();
        // No sandbox, for tests run as root in containers; the pages are our own.
        let args = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            &format!("--user-data-dir={folder}"),
        ];
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": { "args": args },
            "goog:loggingPrefs": { "browser": "ALL" },
        } } });
        let opened = browser.call("POST", "/session", &wanted);
        let session = opened["sessionId"].as_str().unwrap_or_else(|| panic!("{opened}"));
        session.clone_into(&mut browser.session);
        Some(browser)
    }

    /// Loads a page.
    pub fn go(&self, url: &str) {
        self.command("url", &json!({ "url": url }));
    }

    /// The address as it is now.
    pub fn address(&self) -> String {
        self.call("GET", &format!("/session/{}/url", self.session), &Value::Null)
            .as_str()
            .expect("a driver that answers")
            .to_owned()
    }

    /// What a script returns.
    pub fn run(&self, script: &str, args: &Value) -> Value {
        self.command("execute/sync", &json!({ "script": script, "args": args }))
    }

    /// What a script hands to the function that is its last argument.
    pub(crate) fn run_async(&self, script: &str, args: &Value) -> Value {
        self.command("execute/async", &json!({ "script": script, "args": args }))
    }

    /// Types into the field that a selector finds, as a person does.
    pub fn types(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        self.command(&format!("element/{element}/value"), &json!({ "text": text }));
    }

    /// Clicks in the middle of the window, clear of what sticks to its edges.
    pub fn click(&self, selector: &str) {
        let script = "document.querySelector(arguments[0]).scrollIntoView({ block: 'center' })";
        self.run(script, &json!([selector]));
        let element = self.element(selector);
        self.command(&format!("element/{element}/click"), &json!({}));
    }

    /// Puts `text` in the place of what stands in a field.
    pub fn replace(&self, selector: &str, text: &str) {
        self.run(
            "const f = document.querySelector(arguments[0]); f.value = arguments[1]; \
             f.dispatchEvent(new Event('input', { bubbles: true }));",
            &json!([selector, text]),
        );
    }

    /// The text of what a selector finds, seen or not; empty where it finds nothing.
    pub fn text(&self, selector: &str) -> String {
        let script = "return document.querySelector(arguments[0])?.textContent ?? ''";
        self.run(script, &json!([selector])).as_str().expect("a driver that answers").to_owned()
    }

    /// Waits until a script says something true; the state of the page is in the panic.
    pub fn until(&self, condition: &str) {
        let begun = Instant::now();
        while self.run(&format!("return Boolean({condition})"), &json!([])) != true {
            let page = || self.text("#main").split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(begun.elapsed() < Duration::from_secs(20), "{condition}\n{}", page());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Complaints of the browser itself: a blocked script, a missing file, an exception.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.command("se/log", &json!({ "type": "browser" }));
        let severe = log
            .as_array()
            .expect("a driver that answers")
            .iter()
            .filter(|entry| entry["level"] == "SEVERE");
        severe.map(|entry| entry["message"].to_string()).collect()
    }

    /// A page of this size, by day or by night.
    pub fn size(&self, width: u32, height: u32, dark: bool) {
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", &metrics);
        let scheme = if dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", &media);
    }

    /// A page as it would be printed; [`Self::size`] ends that.
    pub fn print_look(&self) {
        self.devtools("Emulation.setEmulatedMedia", &json!({ "media": "print" }));
    }

    /// A picture of the page as a PNG, down to its end or to `most` pixels; the window is as wide as
    /// [`Self::size`] made it.
    pub fn picture(&self, most: f64) -> Vec<u8> {
        let metrics = self.devtools("Page.getLayoutMetrics", &json!({}));
        let page = &metrics["cssContentSize"];
        let (width, height) = (&page["width"], page["height"].as_f64().map(|own| own.min(most)));
        let clip = json!({ "x": 0, "y": 0, "width": width, "height": height, "scale": 1 });
        let wanted = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let answer = self.devtools("Page.captureScreenshot", &wanted);
        unbased(answer["data"].as_str().expect("a driver that answers"))
    }

    /// Without scripts from the next page on.
    pub fn scripts(&self, on: bool) {
        self.devtools("Emulation.setScriptExecutionDisabled", &json!({ "value": !on }));
    }

    /// Cut off from every network.
    pub fn cut_off(&self) {
        self.devtools("Network.enable", &json!({}));
        let nothing = json!({
            "offline": true, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0,
        });
        self.devtools("Network.emulateNetworkConditions", &nothing);
    }

    /// The page as it is now, as HTML.
    pub fn source(&self) -> String {
        self.call("GET", &format!("/session/{}/source", self.session), &Value::Null)
            .as_str()
            .expect("a driver that answers")
            .to_owned()
    }

    fn devtools(&self, cmd: &str, params: &Value) -> Value {
        self.command("goog/cdp/execute", &json!({ "cmd": cmd, "params": params }))
    }

    fn element(&self, selector: &str) -> String {
        let found = self.command("element", &json!({ "using": "css selector", "value": selector }));
        found[ELEMENT].as_str().unwrap_or_else(|| panic!("{selector}: {found}")).to_owned()
    }

    fn command(&self, name: &str, body: &Value) -> Value {
        self.call("POST", &format!("/session/{}/{name}", self.session), body)
    }

    /// One exchange with the driver; what it complains of is a panic.
    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let mut stream =
            TcpStream::connect(("127.0.0.1", self.port)).expect("a driver that answers");
        stream.set_read_timeout(Some(Duration::from_mins(1))).expect("a driver that answers");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n",
            self.port,
            body.len()
        );
        stream.write_all(head.as_bytes()).expect("a driver that answers");
        stream.write_all(body.as_bytes()).expect("a driver that answers");
        let answer = whole(stream);
        let value =
            serde_json::from_str::<Value>(&answer).expect("a driver that answers")["value"].clone();
        assert!(value["error"].is_null(), "{path}: {value}");
        value
    }
}

/// Says in one line what is not installed; where it is required that is a failure.
pub(crate) fn without(what: &str) {
    assert!(std::env::var_os("FAREBOX_BROWSER").is_none_or(|v| v != "required"), "{what}");
    writeln!(std::io::stderr(), "{what}").expect("a line on stderr");
}

/// The body of an answer of known length; the driver may keep the connection.
fn whole(stream: TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a driver that answers");
        if line.trim().is_empty() {
            break;
        }
        if let Some(stated) = line.to_lowercase().strip_prefix("content-length:") {
            length = stated.trim().parse().expect("a driver that answers");
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a driver that answers");
    String::from_utf8(body).expect("a driver that answers")
}

/// Base64 as RFC 4648 writes it.
fn unbased(text: &str) -> Vec<u8> {
    let sextet = |letter: u8| match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let letters: Vec<u8> = text.bytes().filter(|letter| *letter != b'=').collect();
    let groups = letters.chunks(4);
    groups
        .flat_map(|group| {
            let bits =
                group.iter().fold(0_u32, |bits, letter| bits << 6 | u32::from(sextet(*letter)));
            let bits = bits << (6 * (4 - group.len()));
            bits.to_be_bytes()[1..group.len()].to_vec()
        })
        .collect()
}

/// The port that the driver took.
fn port(driver: &mut Child) -> u16 {
    let lines = BufReader::new(driver.stdout.take().expect("a driver that answers")).lines();
    let said = lines.map_while(Result::ok).find(|line| line.contains("successfully on port"));
    let said = said.expect("chromedriver says its port");
    said.trim_end_matches('.')
        .rsplit(' ')
        .next()
        .expect("a driver that answers")
        .parse()
        .expect("a driver that answers")
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() && !std::thread::panicking() {
            self.call("DELETE", &format!("/session/{}", self.session), &Value::Null);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
