//! How quick the pages and the API are: one keystroke, and many programs at once.

use crate::error::BenchError;
use crate::farebox::program;
use crate::say;
use crate::spread::Spread;
use crate::table::Table;
use farebox_testkit::Browser;
use serde_json::json;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Fragments asked for one after another.
const FRAGMENTS: u32 = 400;
/// Estimates per second that are offered.
const RATE: f64 = 3000.0;
/// Connections that offer them.
const CONNECTIONS: u32 = 4;
/// Seconds of it.
const SECONDS: f64 = 5.0;
/// Keys pressed in the browser.
const KEYS: u32 = 60;

pub(super) fn run(rounds: usize) -> Result<String, BenchError> {
    let site = Site::start()?;
    let (mut parts, mut gpus, mut offered, mut keys) = (vec![], vec![], vec![], vec![]);
    for round in 1..=rounds {
        say(&format!("web: round {round}"));
        parts.push(Times::of(site.one_by_one("/parts/result", FRAGMENTS)?));
        gpus.push(Times::of(site.one_by_one("/parts/gpus", FRAGMENTS / 10)?));
        offered.push(site.offered()?);
        keys.extend(site.keystrokes());
    }
    let spread = |times: &[Times], of: fn(&Times) -> f64| Spread::of(times.iter().map(of));
    let mut table = Table::new(&["what", "median, ms", "p99, ms"]);
    let mut row = |what: &str, times: &[Times]| {
        let cells = [spread(times, |t| t.median), spread(times, |t| t.p99)];
        table.row([what.to_owned(), format!("{:.2}", cells[0]), format!("{:.2}", cells[1])]);
    };
    row("the result of one question, as a page shows it", &parts);
    row("the table over all accelerators", &gpus);
    let figures: Vec<Times> = offered.iter().map(|o| o.times).collect();
    row("an estimate, among many programs", &figures);
    if keys.is_empty() {
        say("web: no chromedriver, so no keystrokes");
    } else {
        row("a keystroke, until the new result stands in the page", &keys);
    }
    let served = Spread::of(offered.iter().map(|o| o.per_s));
    Ok(format!(
        "`farebox serve` and whoever asks it on one machine. Pages are asked one after another over one \
         connection, each with another load. Programs offer {RATE:.0} estimates a second over \
         {CONNECTIONS} connections, and time counts from when each was due; {served:.0} a second \
         were answered. A keystroke is timed by the page itself, from the key to the new result.\n\n\
         {table}"
    ))
}

/// Milliseconds.
#[derive(Debug, Clone, Copy)]
struct Times {
    median: f64,
    p99: f64,
}

impl Times {
    fn of(mut ms: Vec<f64>) -> Self {
        ms.sort_by(f64::total_cmp);
        let at = |share: f64| ms.get((ms.len() as f64 * share) as usize).copied();
        Self { median: at(0.5).unwrap_or_default(), p99: at(0.99).unwrap_or_default() }
    }
}

/// What was answered of what was offered.
struct Offered {
    per_s: f64,
    times: Times,
}

/// The server under test.
struct Site {
    child: Child,
    authority: String,
}

impl Site {
    fn start() -> Result<Self, BenchError> {
        let mut command = Command::new(program()?);
        command.args(["serve", "--port", "0", "--offline"]).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(BenchError::io("farebox serve"))?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line).map_err(BenchError::io("farebox serve"))?;
        }
        let authority = line.trim().trim_start_matches("http://").trim_end_matches('/').to_owned();
        Ok(Self { child, authority })
    }

    /// Milliseconds of `count` exchanges, each with another load.
    fn one_by_one(&self, path: &str, count: u32) -> Result<Vec<f64>, BenchError> {
        let mut connection = Connection::open(&self.authority)?;
        let mut ms = Vec::new();
        for number in 1..=count {
            let begun = Instant::now();
            connection.get(&format!("{path}?{}", question(number)))?;
            ms.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        Ok(ms)
    }

    /// Estimates at [`RATE`], each timed from when it was due.
    fn offered(&self) -> Result<Offered, BenchError> {
        let begun = Instant::now();
        let each: Vec<_> = (0..CONNECTIONS)
            .map(|index| {
                let authority = self.authority.clone();
                thread::spawn(move || pressed(&authority, index, begun))
            })
            .collect();
        let mut ms = Vec::new();
        for thread in each {
            ms.extend(thread.join().unwrap_or_else(|_| Ok(Vec::new()))?);
        }
        let per_s = ms.len() as f64 / begun.elapsed().as_secs_f64();
        Ok(Offered { per_s, times: Times::of(ms) })
    }

    /// Keys pressed in a real browser; nothing where there is none.
    fn keystrokes(&self) -> Option<Times> {
        let browser = Browser::open()?;
        browser.go(&format!("http://{}/?{}", self.authority, question(1)));
        let script = "document.querySelector('#result').dataset.asked === arguments[1]";
        let ms = (2..=KEYS + 1).map(|number| {
            browser.replace("#concurrency", &number.to_string());
            browser.until(&format!(
                "location.search.includes('concurrency={number}') && {}",
                script.replace("arguments[1]", "location.search.slice(1)")
            ));
            let took = "return Number(document.querySelector('#result').dataset.ms)";
            browser.run(took, &json!([])).as_f64().unwrap_or_default()
        });
        Some(Times::of(ms.collect()))
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One connection's share of the load.
fn pressed(authority: &str, index: u32, begun: Instant) -> Result<Vec<f64>, BenchError> {
    let mut connection = Connection::open(authority)?;
    let gap = f64::from(CONNECTIONS) / RATE;
    let mut ms = Vec::new();
    for number in 0.. {
        let due_s = f64::from(number) * gap + f64::from(index) / RATE;
        if due_s > SECONDS {
            break;
        }
        let due = begun + Duration::from_secs_f64(due_s);
        thread::sleep(due.saturating_duration_since(Instant::now()));
        connection.get(&format!("/api/v1/estimate?{}", question(number % 200 + 1)))?;
        ms.push(due.elapsed().as_secs_f64() * 1e3);
    }
    Ok(ms)
}

fn question(concurrency: u32) -> String {
    format!(
        "model=meta-llama/Llama-3.1-8B-Instruct&gpu=h100-sxm&isl=2048&osl=256&concurrency={concurrency}"
    )
}

/// A connection that is kept.
struct Connection {
    stream: BufReader<TcpStream>,
    authority: String,
}

impl Connection {
    fn open(authority: &str) -> Result<Self, BenchError> {
        let stream = TcpStream::connect(authority).map_err(BenchError::io("farebox serve"))?;
        stream.set_nodelay(true).map_err(BenchError::io("farebox serve"))?;
        Ok(Self { stream: BufReader::new(stream), authority: authority.to_owned() })
    }

    /// Asks and reads the whole answer.
    fn get(&mut self, path: &str) -> Result<(), BenchError> {
        let failed = BenchError::io("farebox serve");
        self.exchange(path).map_err(failed)
    }

    fn exchange(&mut self, path: &str) -> std::io::Result<()> {
        let head = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", self.authority);
        self.stream.get_mut().write_all(head.as_bytes())?;
        let (mut length, mut line) = (0, String::new());
        while line != "\r\n" {
            line.clear();
            self.stream.read_line(&mut line)?;
            if let Some(stated) = line.strip_prefix("content-length: ") {
                length = stated.trim().parse().unwrap_or(0);
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)
    }
}
