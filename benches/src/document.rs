//! `docs/performance.md`: every experiment's section under the facts of the machine. Lines that a
//! person wrote into a section begin with `> ` and stay when the section is measured again.

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

The experiments from `counting` on are about other parts: how quickly tokens are counted, requests
planned, prompts written and loads estimated, and how often the intervals of a run hold the truth.

What was learnt on the way, on a machine of two cores that others kept busy (load 2 to 12):

* **Whose clock** matters more than anything else. With the kernel's times at both ends the client is
  off by 0.004 ms at the median, first wave included, at 64 streams as at 1,000; a reader that stamps
  as its reads return is off by whatever kept it from its core. The kernel's times have one limit: packets that wait
  are joined, and the time of the last is kept. Where a client was kept from its core for longer than
  the gap between tokens, requests whose first token was read alone were off by 0.02 ms at p99 (256 to
  1,000 streams, five runs), those whose first was read together with later ones by 16 to 86. Events of
  one read share a `read_id`, so a record shows which it was; `client_limit` says when many were.
* An HTTP/1.1 reader of our own in the place of hyper, one task per answer, a timer looked at only when
  no bytes came, and a writer of records that is not woken by each. Before and after in one run against one server, CPU ms per 1,000 tokens: one-token replies 46.5
  and 27.0, cap64 1.56 and 0.99, paced64 9.2 and 7.9, coal64 0.83 and 0.64. Reading the usual spelling
  of a chunk's size in one go came later; in runs of their own one-token replies then took 18 to 19
  and coal64 0.48.
* One loop per core instead of a pool: nothing that a token touches crosses a core. Not measured apart.
* The writer of records is woken once for all that ended in a round of the event loop, and writes at
  once. It paused 2 ms before, and a kill lost what had ended meanwhile (3 to 14 answers of two
  streams, by the kill test in a debug build). Being woken by every record cost 31.0 ms of CPU per
  1,000 one-token replies in one run where the pause cost 21.5 and the round's end 21.0 (five rounds,
  medians).
* A summary keeps a digest per request instead of its events: 16.4 million tokens (4,000 requests of
  4,096, sixteen to a send) took 759 MB before and 20 MB after, in one run.
* Where the kernel keeps the times and streams are slow, an event loop of a closed loop rests up to
  0.1 ms between two looks. That helps where the tokens of many streams come in bunches, as those of
  an engine's step do, and not where they are spread: paced64 was 1.96 (1.66 to 2.46) times the bare
  reader without and 1.61 (1.41 to 1.93) with it on a busy machine that bunched them (load 5), and 1.85
  (1.85 to 2.33) and 1.94 (1.80 to 2.00) on a quiet one (load 0.4); three rounds each, in one run.
  Errors of TTFT stayed at 0.04 ms at p99 for 64 streams and 0.01 for 1,000.
* Events of a record are written by hand instead of by `serde_json`. All changes of this paragraph and
  the two before it together, cap64: 1.17 (0.89 to 1.30) before and 0.76 (0.53 to 0.87) after, five
  rounds in one run; 1.87 (1.81 to 2.47) and 1.68 (1.52 to 2.48) in another on a busier machine. Below
  1 a client finds several tokens per read where the bare reader is woken for each, so these are no
  figures of a quiet machine. The tables below are older than these changes.
* Not reached: paced64 at 1.3 times the bare reader; cap64 at 1.15 is not shown for a quiet machine. By `perf`, cap64 is 55 % kernel,
  nearly all of it `recvmsg` and `send`; the thread that writes records was 15 %, the rest is SSE and
  JSON scanning, spread thin. In paced64 it is the wake-up of a thread and of a task per token.
* `io_uring` was not measured, nor `recvmsg` with a control message against `read` by itself.
";

/// Measures everything and writes the document, or prints the one experiment asked for.
pub(crate) fn report(options: &ReportOptions) -> Result<(), BenchError> {
    let machine = Machine::look()?;
    let before = std::fs::read_to_string(PATH).unwrap_or_default();
    let mut sections = String::new();
    for Experiment { name, run } in experiments::all() {
        if options.only.as_deref().is_some_and(|only| only != name) {
            continue;
        }
        // Writing to a String cannot fail.
        let notes = notes(&before, name);
        let _ = write!(sections, "\n## {name}\n\n{}\n{notes}", run(options.rounds)?.trim_end());
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

/// What a person noted in the section of this name, under a blank line; nothing where nobody did.
fn notes(document: &str, name: &str) -> String {
    let heading = format!("## {name}");
    let section = document.lines().skip_while(|line| *line != heading).skip(1);
    let noted = section.take_while(|line| !line.starts_with("## "));
    let noted: Vec<&str> = noted.filter(|line| line.starts_with('>')).collect();
    if noted.is_empty() { String::new() } else { format!("\n{}\n", noted.join("\n")) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_noted_stays_with_its_section() {
        let document =
            "# P\n\n## one\n\n| a |\n\n> Quiet machine,\n> three rounds.\n\n## two\n\n> Other.\n";
        assert_eq!(notes(document, "one"), "\n> Quiet machine,\n> three rounds.\n");
        assert_eq!(
            (notes(document, "two"), notes(document, "three")),
            ("\n> Other.\n".to_owned(), String::new())
        );
    }
}
