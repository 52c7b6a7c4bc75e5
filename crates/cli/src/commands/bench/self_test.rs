//! `farebox bench --self-test`: what this client gets wrong by itself.

use super::load_args::LoadArgs;
use crate::args::range::Counts;
use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use farebox_core::Calibration;
use farebox_measure::calibration::{CalibrationError, Trial};
use farebox_measure::limits::make_room;
use farebox_measure::{Cancel, PrepareError};
use farebox_report::Format;
use serde_json::json;
use std::fmt::Write;

/// Streams at once, where nothing else is asked for.
const STREAMS: [u32; 4] = [1, 16, 64, 256];

/// Tries the client at each concurrency and prints its error bars.
pub(super) fn run(load: &LoadArgs, global: Global) -> Result<Exit, CliError> {
    let streams = load.concurrency.as_ref().map_or(STREAMS.to_vec(), |Counts(list)| list.clone());
    let most = streams.iter().copied().max().unwrap_or(1);
    // Both ends of each connection are in this process.
    make_room(2 * u64::from(most)).map_err(|error| CliError::failed(&error).hint(error.hint()))?;
    let runtime = crate::commands::runtime()?;
    let mut found = Vec::new();
    for streams in streams {
        output::note(format_args!("self-test: {streams} streams ..."));
        let trial = Trial::full(streams).run(Cancel::default());
        found.push(runtime.block_on(trial).map_err(refused)?);
    }
    output::data(&render(&found, global.format))?;
    Ok(Exit::Done)
}

fn refused(error: CalibrationError) -> CliError {
    match error {
        CalibrationError::Prepare(PrepareError::Tls(error)) => CliError::failed(error),
        error => CliError::failed(error),
    }
}

fn render(found: &[Calibration], format: Format) -> String {
    match format {
        Format::Json => {
            let document = json!({ "schema": "farebox.self_test/1", "trials": found });
            format!("{document:#}\n")
        }
        Format::Csv => rows(found, ["", ",", "\n"], COLUMNS),
        Format::Markdown => rows(found, ["| ", " | ", " |\n"], COLUMNS),
        Format::Human => format!(
            "{}\nTimes noted less times given, over every request, against a server in this \
             process\nwith 50 ms to the first token and 10 ms between tokens.\n",
            rows(found, ["", "", "\n"], WORDS)
        ),
    }
}

const COLUMNS: [&str; 7] = [
    "streams",
    "ttft_error_mean_ms",
    "ttft_error_p50_ms",
    "ttft_error_p99_ms",
    "tpot_error_mean_ms",
    "tpot_error_p50_ms",
    "tpot_error_p99_ms",
];
const WORDS: [&str; 7] = ["streams", "ttft: mean", "p50", "p99 ms", "tpot: mean", "p50", "p99 ms"];

/// The rows between these beginnings, separators and ends; columns of a width where nothing
/// separates them.
fn rows(found: &[Calibration], around: [&str; 3], heads: [&str; 7]) -> String {
    let [start, between, end] = around;
    let width = if between.is_empty() { 12 } else { 0 };
    let mut text = String::new();
    let mut line = |cells: [String; 7]| {
        let cells = cells.map(|cell| format!("{cell:>width$}"));
        // Writing to a String cannot fail.
        let _ = write!(text, "{start}{}{end}", cells.join(between));
    };
    line(heads.map(str::to_owned));
    if start.starts_with('|') {
        line(heads.map(|_| "---:".to_owned()));
    }
    for bars in found {
        let (ttft, tpot) = (bars.ttft_error_ms, bars.tpot_error_ms);
        let errors = [ttft.mean, ttft.p50, ttft.p99, tpot.mean, tpot.p50, tpot.p99];
        let mut cells = [const { String::new() }; 7];
        cells[0] = bars.streams.to_string();
        for (cell, error) in cells[1..].iter_mut().zip(errors) {
            *cell = format!("{error:.3}");
        }
        line(cells);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use farebox_core::ErrorBar;

    #[test]
    fn every_format_has_a_row_for_each_trial() {
        let bar = |mean| ErrorBar { mean, p50: 0.02, p99: 0.5 };
        let found = [1, 64].map(|streams| Calibration {
            streams,
            gap_ms: 10.0,
            requests: u64::from(streams) * 3,
            ttft_error_ms: bar(0.04),
            tpot_error_ms: bar(-0.001),
        });
        let csv = render(&found, Format::Csv);
        assert_eq!(csv.lines().nth(2).unwrap(), "64,0.040,0.020,0.500,-0.001,0.020,0.500");
        assert!(render(&found, Format::Markdown).contains("| ---: |"));
        let human = render(&found, Format::Human);
        assert!(human.lines().take(3).all(|line| line.len() == 84), "{human}");
        let json: serde_json::Value = serde_json::from_str(&render(&found, Format::Json)).unwrap();
        assert_eq!(json["trials"][1]["ttft_error_ms"]["p99"], 0.5);
    }
}
