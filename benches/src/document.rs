//! `docs/performance.md`: every experiment's section under the facts of the machine.

use crate::args::{ColdBuild, ReportOptions};
use crate::cold_build;
use crate::error::BenchError;
use crate::experiments::{self, Experiment};
use crate::machine::Machine;
use crate::{peers, say, tell};
use std::fmt::Write as _;

/// Where the document goes, from the repository's root.
const PATH: &str = "docs/performance.md";

const INTRODUCTION: &str = "\
What `farebox bench` itself costs, beside a reader of one thread and one epoll that sends the same
requests, counts lines and does nothing else. **The ratios are the message**: both take turns at
one server on one machine, so a ratio holds where the absolute numbers beside it do not. Medians
over the rounds, lowest and highest in brackets.

CPU is user and system time between the first request and the last answer, as each client's own
process counts it (`client.cpu_s` in `run.json`: writing every record and summing up included);
`whole process` is the system's count of its whole life, and checks the first. Server, reader and
`farebox` are processes of their own.

A slow reader finds several tokens waiting and reads them at once, which is cheap; a fast one that
wakes for every token pays the kernel for each. A client that does more between reads can therefore
cost less than its own work on top of the reader's.

Two experiments are about other parts: how often the intervals of a run hold the truth, and how quick the
estimator is.
";

/// Measures everything and writes the document, or prints the one experiment asked for.
pub(crate) fn report(options: &ReportOptions) -> Result<(), BenchError> {
    let machine = Machine::look()?;
    let mut sections = String::new();
    for Experiment { name, run } in experiments::all() {
        if options.only.as_deref().is_some_and(|only| only != name) {
            continue;
        }
        // Writing to a String cannot fail.
        let _ = write!(sections, "\n## {name}\n\n{}", run(options.rounds)?);
    }
    if options.cold_build == ColdBuild::Time {
        let _ = write!(sections, "\n## cold build\n\n{}", cold_build::time()?);
    }
    if options.only.is_some() {
        return tell(&sections);
    }
    let _ = write!(sections, "\n## other clients\n\n{}", peers::section());
    let document = format!("{}{sections}", head(&machine, options));
    std::fs::create_dir_all("docs").map_err(BenchError::io("docs"))?;
    std::fs::write(PATH, document).map_err(BenchError::io(PATH))?;
    say(&format!("wrote {PATH}"));
    Ok(())
}

fn head(machine: &Machine, options: &ReportOptions) -> String {
    let mut head = format!("# Performance\n\n{INTRODUCTION}\n");
    for (name, fact) in machine.facts() {
        let _ = writeln!(head, "- {name}: {fact}");
    }
    let today = jiff::Timestamp::now().strftime("%Y-%m-%d");
    let cold = if options.cold_build == ColdBuild::Time { " --cold-build" } else { "" };
    let _ = writeln!(head, "- date: {today}, UTC");
    let _ = writeln!(head, "- command: `benches/report --rounds {}{cold}`", options.rounds);
    head
}
