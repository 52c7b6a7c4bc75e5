//! `/proc/PID/stat`. Source: proc_pid_stat(5).

/// The parts of a process's state that are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stat {
    /// Its parent's id.
    pub(super) parent: u32,
    /// Its resident memory, in pages.
    pub(super) resident_pages: u64,
    /// Its own processor time and that of the children it has waited for, in clock ticks.
    pub(super) ticks: u64,
}

impl Stat {
    /// Reads the one line. The second field is the program's name in brackets, and may hold
    /// brackets and spaces itself: what counts begins after the last bracket.
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        let bracket = line.iter().rposition(|&byte| byte == b')')?;
        let rest = std::str::from_utf8(&line[bracket + 1..]).ok()?;
        let fields: Vec<_> = rest.split_ascii_whitespace().collect();
        // The manual counts from 1, and `rest` begins with its field 3.
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        let (user, system) = (field(14)?, field(15)?);
        let (children_user, children_system) = (field(16)?, field(17)?);
        Some(Self {
            parent: u32::try_from(field(4)?).ok()?,
            resident_pages: field(24)?,
            ticks: user + system + children_user + children_system,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_hold_anything() {
        let line =
            b"42 (a) b (c) S 7 42 42 0 -1 4194304 1 2 3 4 100 20 3 4 20 0 1 0 5 1000 250 18\n";
        assert_eq!(Stat::parse(line), Some(Stat { parent: 7, resident_pages: 250, ticks: 127 }));
        assert_eq!(Stat::parse(b"42 (cat) S 7"), None);
        assert_eq!(Stat::parse(b""), None);
    }
}
