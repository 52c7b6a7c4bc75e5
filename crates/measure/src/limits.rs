//! What the system lets one process open, looked at before the start and not in the middle.

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::fs;

/// Why so many connections cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// Every connection is an open file.
    #[error("{asked} connections need more open files than this system allows a process ({limit})")]
    Files {
        /// Connections at once.
        asked: u64,
        /// Open files at most.
        limit: u64,
    },
    /// Every connection to one server needs a local port of its own.
    #[error("{asked} connections to one server need more local ports than there are ({ports})")]
    Ports {
        /// Connections at once.
        asked: u64,
        /// Ports in `net.ipv4.ip_local_port_range`.
        ports: u64,
    },
}

impl LimitError {
    /// What to change.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Files { .. } => "raise the hard limit (`ulimit -Hn`), or lower the load",
            Self::Ports { .. } => "widen net.ipv4.ip_local_port_range, or lower the load",
        }
    }
}

/// Open files that are no connections: records, terminal, libraries.
const OTHER_FILES: u64 = 64;
/// Ports left to everybody else, and to connections that are still closing.
const OTHER_PORTS: u64 = 256;

/// Raises the soft limit of open files as far as it goes, and says whether `connections` at once
/// can be had.
pub fn make_room(connections: u64) -> Result<(), LimitError> {
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let raised = soft < hard && setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok();
        enough_files(connections, if raised { hard } else { soft })?;
    }
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    match ports(&range) {
        Some(ports) => enough_ports(connections, ports),
        None => Ok(()),
    }
}

fn enough_files(asked: u64, limit: u64) -> Result<(), LimitError> {
    let fits = asked.saturating_add(OTHER_FILES) <= limit;
    if fits { Ok(()) } else { Err(LimitError::Files { asked, limit }) }
}

fn enough_ports(asked: u64, ports: u64) -> Result<(), LimitError> {
    let fits = asked.saturating_add(OTHER_PORTS) <= ports;
    if fits { Ok(()) } else { Err(LimitError::Ports { asked, ports }) }
}

/// How many ports a range such as `32768 60999` holds.
fn ports(range: &str) -> Option<u64> {
    let mut ends = range.split_whitespace().map(str::parse::<u64>);
    let (low, high) = (ends.next()?.ok()?, ends.next()?.ok()?);
    Some(high.checked_sub(low)? + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_opened_is_refused_before_the_start() {
        assert_eq!(ports("32768\t60999\n"), Some(28_232));
        assert_eq!(enough_ports(27_976, 28_232), Ok(()));
        let ports = LimitError::Ports { asked: 27_977, ports: 28_232 };
        assert_eq!(enough_ports(27_977, 28_232), Err(ports));
        let files = LimitError::Files { asked: 1000, limit: 1024 };
        assert_eq!(enough_files(1000, 1024), Err(files));
        assert_eq!(make_room(1), Ok(()));
        assert!(make_room(u64::MAX).is_err());
    }
}
