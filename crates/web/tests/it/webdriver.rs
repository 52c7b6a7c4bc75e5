//! A browser, driven over the W3C's WebDriver protocol: JSON over HTTP to chromedriver.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A window of a headless Chromium.
pub(crate) struct Browser {
    driver: Child,
    port: u16,
    session: String,
    _profile: TempDir,
}

/// An element's name in the protocol.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

impl Browser {
    /// A window; none, with one line about it, where there is no browser and none is required.
    pub(crate) fn open() -> Option<Self> {
        let found = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut driver) = found else {
            let what = "no browser: apt-get install chromium chromium-driver";
            assert!(std::env::var_os("FAREBOX_BROWSER").is_none_or(|v| v != "required"), "{what}");
            writeln!(std::io::stderr(), "{what}").unwrap();
            return None;
        };
        let port = port(&mut driver);
        let profile = tempfile::tempdir().unwrap();
        let mut browser = Self { driver, port, session: String::new(), _profile: profile };
        let folder = browser._profile.path().display().to_string();
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
        browser.session =
            opened["sessionId"].as_str().unwrap_or_else(|| panic!("{opened}")).to_owned();
        Some(browser)
    }

    pub(crate) fn go(&self, url: &str) {
        self.command("url", &json!({ "url": url }));
    }

    pub(crate) fn address(&self) -> String {
        self.call("GET", &format!("/session/{}/url", self.session), &Value::Null)
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// What a script returns.
    pub(crate) fn run(&self, script: &str, args: &Value) -> Value {
        self.command("execute/sync", &json!({ "script": script, "args": args }))
    }

    /// Types into the field that a selector finds, as a person does.
    pub(crate) fn types(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        self.command(&format!("element/{element}/value"), &json!({ "text": text }));
    }

    /// Clicks in the middle of the window, clear of what sticks to its edges.
    pub(crate) fn click(&self, selector: &str) {
        let script = "document.querySelector(arguments[0]).scrollIntoView({ block: 'center' })";
        self.run(script, &json!([selector]));
        let element = self.element(selector);
        self.command(&format!("element/{element}/click"), &json!({}));
    }

    /// Puts `text` in the place of what stands in a field.
    pub(crate) fn replace(&self, selector: &str, text: &str) {
        self.run(
            "const f = document.querySelector(arguments[0]); f.value = arguments[1]; \
             f.dispatchEvent(new Event('input', { bubbles: true }));",
            &json!([selector, text]),
        );
    }

    pub(crate) fn text(&self, selector: &str) -> String {
        let script = "return document.querySelector(arguments[0])?.textContent ?? ''";
        self.run(script, &json!([selector])).as_str().unwrap().to_owned()
    }

    /// Waits until a script says something true; the state of the page is in the panic.
    pub(crate) fn until(&self, condition: &str) {
        let begun = Instant::now();
        while self.run(&format!("return Boolean({condition})"), &json!([])) != true {
            let page = || self.text("#main").split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(begun.elapsed() < Duration::from_secs(20), "{condition}\n{}", page());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Complaints of the browser itself: a blocked script, a missing file, an exception.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let log = self.command("se/log", &json!({ "type": "browser" }));
        let severe = log.as_array().unwrap().iter().filter(|entry| entry["level"] == "SEVERE");
        severe.map(|entry| entry["message"].to_string()).collect()
    }

    /// A page of this size, by day or by night.
    pub(crate) fn size(&self, width: u32, height: u32, dark: bool) {
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", &metrics);
        let scheme = if dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", &media);
    }

    /// A picture of the window, as a PNG in base64.
    pub(crate) fn picture(&self) -> String {
        let answer = self.devtools("Page.captureScreenshot", &json!({ "format": "png" }));
        answer["data"].as_str().unwrap().to_owned()
    }

    /// Without scripts from the next page on.
    pub(crate) fn scripts(&self, on: bool) {
        self.devtools("Emulation.setScriptExecutionDisabled", &json!({ "value": !on }));
    }

    pub(crate) fn source(&self) -> String {
        self.call("GET", &format!("/session/{}/source", self.session), &Value::Null)
            .as_str()
            .unwrap()
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
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n",
            self.port,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let answer = whole(stream);
        let value = serde_json::from_str::<Value>(&answer).unwrap()["value"].clone();
        assert!(value["error"].is_null(), "{path}: {value}");
        value
    }
}

/// The body of an answer of known length; the driver may keep the connection.
fn whole(stream: TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        if let Some(stated) = line.to_lowercase().strip_prefix("content-length:") {
            length = stated.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    String::from_utf8(body).unwrap()
}

/// The port that the driver took.
fn port(driver: &mut Child) -> u16 {
    let lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let said = lines.map_while(Result::ok).find(|line| line.contains("successfully on port"));
    let said = said.expect("chromedriver says its port");
    said.trim_end_matches('.').rsplit(' ').next().unwrap().parse().unwrap()
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
