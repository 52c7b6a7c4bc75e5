//! Makes the profiles under `catalog/traffic/` from the published traces:
//!
//! ```console
//! $ cargo run -p farebox-dataset --example profile_trace -- mooncake-conv TRACE > catalog/traffic/mooncake-conv.json
//! ```

use farebox_dataset::{Estimate, Input, ReadRequest, all_cores, read};
use farebox_workload::profile::compat::bin_midpoints;
use farebox_workload::{About, ObservedTraffic, Traffic};
use std::error::Error;
use std::io::Write;

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let (Some(name), Some(path)) = (words.next(), words.next()) else {
        return Err("usage: profile_trace NAME TRACE".into());
    };
    let about = match name.as_str() {
        "wildchat-2024-03" => about_wildchat()?,
        "azure-conv-2023-11" => about_azure("AzureLLMInferenceTrace_conv.csv"),
        "azure-code-2023-11" => about_azure("AzureLLMInferenceTrace_code.csv"),
        "mooncake-conv" => about_mooncake(),
        _ => return Err(format!("no recipe for {name}").into()),
    };
    let traffic = observed(&path)?;
    let about = About { name: Some(name), ..about };
    let profile = Traffic::of(&traffic, about)?;
    report(&traffic, &profile)?;
    Ok(writeln!(std::io::stdout(), "{}", profile.to_json()?)?)
}

/// The means of all rows, of those that a histogram up to 16,384 tokens keeps, and its midpoints.
fn report(traffic: &ObservedTraffic, profile: &Traffic) -> std::io::Result<()> {
    let lengths = || traffic.requests.iter().map(|r| (r.isl, r.osl));
    let kept: Vec<_> = lengths().filter(|(isl, osl)| *isl.max(osl) <= 16_384).collect();
    let mean = |of: fn(&(u32, u32)) -> u32| {
        kept.iter().map(|l| f64::from(of(l))).sum::<f64>() / kept.len() as f64
    };
    writeln!(
        std::io::stderr(),
        "all {:.1}/{:.1}, kept {:.1}/{:.1}, midpoints {:?}, {} cells",
        profile.isl_tokens.mean,
        profile.osl_tokens.mean,
        mean(|l| l.0),
        mean(|l| l.1),
        bin_midpoints(lengths()),
        profile.joint.len(),
    )
}

/// Every row of a trace; they declare their lengths, so nothing is counted.
fn observed(path: &str) -> Result<ObservedTraffic, Box<dyn Error>> {
    let request = ReadRequest {
        inputs: &[Input::named(path)],
        field_map: None,
        window: None,
        counter: &Estimate,
        threads: all_cores(),
    };
    let profiled = read(&request, &mut |_| ())?;
    if profiled.skipped.total() > 0 {
        return Err(format!("{path}: skipped {}", profiled.skipped).into());
    }
    Ok(profiled.traffic)
}

/// The day on which the traces were read.
const READ_ON: &str = "2026-11-25";

fn about_wildchat() -> Result<About, Box<dyn Error>> {
    let midnight = |day: &str| -> Result<i64, Box<dyn Error>> {
        let at: jiff::Timestamp = format!("{day}T00:00:00Z").parse()?;
        Ok(i64::try_from(at.as_nanosecond())?)
    };
    Ok(About {
        source: Some(
            "allenai/WildChat-1M, conversations of 2024-03-17..2024-03-23, lengths as counted in \
             rushilbhat/inference-pricing@989f03c wildchat/cache.jsonl"
                .to_owned(),
        ),
        licence: Some("ODC-BY 1.0 (WildChat-1M)".to_owned()),
        tokenizer: Some("Meta-Llama-3.1-8B-Instruct".to_owned()),
        counting: Some(
            "history and user message per turn, a BOS token in each message, no chat template; \
             times are those of the answers"
                .to_owned(),
        ),
        window: Some("2024-03-17..2024-03-23".to_owned()),
        window_ns: Some(midnight("2024-03-17")?..midnight("2024-03-24")?),
        read_on: Some(READ_ON.to_owned()),
        ..About::default()
    })
}

fn about_azure(file: &str) -> About {
    About {
        source: Some(format!("Azure/AzurePublicDataset, data/{file} (Splitwise, ISCA 2024)")),
        licence: Some("CC-BY 4.0".to_owned()),
        tokenizer: Some("of the services traced, not named".to_owned()),
        counting: Some("ContextTokens and GeneratedTokens as published".to_owned()),
        read_on: Some(READ_ON.to_owned()),
        ..About::default()
    }
}

fn about_mooncake() -> About {
    About {
        source: Some(
            "kvcache-ai/Mooncake@3b5a594, FAST25-release/traces/conversation_trace.jsonl (FAST \
             2025)"
                .to_owned(),
        ),
        licence: Some("Apache-2.0".to_owned()),
        tokenizer: Some("of the service traced, not named".to_owned()),
        counting: Some("input_length and output_length as published".to_owned()),
        read_on: Some(READ_ON.to_owned()),
        ..About::default()
    }
}
