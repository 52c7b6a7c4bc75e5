//! Where and with what the numbers were taken. No names and no paths.

use crate::error::BenchError;
use crate::pinning;
use std::fs;
use std::process::Command;

/// The machine, the compiler and the commit.
pub(crate) struct Machine {
    processor: String,
    cores: usize,
    kernel: String,
    /// Load averages of the last 1, 5 and 15 minutes when measuring began.
    load_average: String,
    rustc: String,
    commit: String,
}

impl Machine {
    /// As it is now.
    pub(crate) fn look() -> Result<Self, BenchError> {
        let cpuinfo = read("/proc/cpuinfo")?;
        let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name"));
        let processor = model.map_or("unknown", |model| model.trim_start_matches([' ', '\t', ':']));
        let load_average = read("/proc/loadavg")?;
        let averages: Vec<&str> = load_average.split_whitespace().take(3).collect();
        Ok(Self {
            processor: processor.to_owned(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            kernel: read("/proc/sys/kernel/osrelease")?.trim().to_owned(),
            load_average: averages.join(" "),
            rustc: first_line("rustc", &["--version"])?,
            commit: commit()?,
        })
    }

    /// One line per fact.
    pub(crate) fn facts(&self) -> [(&'static str, String); 6] {
        [
            ("processor", format!("{}, {} cores", self.processor, self.cores)),
            ("pinning", pinning::describe().to_owned()),
            ("kernel", format!("Linux {}", self.kernel)),
            ("load average at the start", self.load_average.clone()),
            ("compiler", self.rustc.clone()),
            ("commit", self.commit.clone()),
        ]
    }
}

/// The short commit; `dirty` if anything but the document differs from it.
fn commit() -> Result<String, BenchError> {
    let commit = first_line("git", &["rev-parse", "--short", "HEAD"])?;
    let outside = ["status", "--porcelain", "--", ".", ":(exclude)docs/performance.md"];
    let changed = first_line("git", &outside)?;
    Ok(if changed.is_empty() { commit } else { format!("{commit}, dirty") })
}

fn first_line(program: &str, arguments: &[&str]) -> Result<String, BenchError> {
    let output = Command::new(program).args(arguments).output().map_err(BenchError::io(program))?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}

fn read(path: &str) -> Result<String, BenchError> {
    fs::read_to_string(path).map_err(BenchError::io(path))
}
