//! The page: its words stand in `docs/seeds-side-by-side.md`, its tables are rendered here between
//! the marks `<!-- NAME -->` and `<!-- end -->`.

use super::calculator;
use super::number;
use super::ours::{self, Asked, ask};
use super::roofline::{self, Inputs};
use serde_json::Value;
use std::fs;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/seeds-side-by-side.md");
const RENDER: &str = "FAREBOX_RENDER=1 cargo nextest run -p farebox seeds::page";
const GIB: f64 = 1_073_741_824.0;

/// How far our own figures may wander from the page before it must be rendered again: constants
/// are fitted anew more often than pages are written.
const LOOSE: f64 = 0.5;

#[test]
fn the_page_is_what_the_binary_and_the_formulas_say() {
    let page = fs::read_to_string(PAGE).unwrap();
    let mut rendered = page.clone();
    for (name, table) in [
        ("calculator", calculator_table()),
        ("roofline", roofline_tables()),
        ("repairs", repairs()),
    ] {
        rendered = replaced(&rendered, name, &table);
    }
    if std::env::var_os("FAREBOX_RENDER").is_some() {
        fs::write(PAGE, rendered).unwrap();
        return;
    }
    for (number, (old, new)) in page.lines().zip(rendered.lines()).enumerate() {
        let line = number + 1;
        assert!(same(old, new), "line {line} is `{old}`, now `{new}`; render it: {RENDER}");
    }
    assert_eq!(page.lines().count(), rendered.lines().count(), "render it: {RENDER}");
}

/// Equal, but for figures of ours (in bold) that may wander.
fn same(old: &str, new: &str) -> bool {
    let cells = |line: &str| line.split('|').map(|c| c.trim().to_owned()).collect::<Vec<_>>();
    let (old, new) = (cells(old), cells(new));
    let figure = |cell: &str| {
        let digits = cell.strip_prefix("**")?.strip_suffix("**")?.replace(',', "");
        digits.parse::<f64>().ok()
    };
    let alike = |(old, new): (&String, &String)| match (figure(old), figure(new)) {
        (Some(old), Some(new)) => super::close(new, old, LOOSE),
        _ => old == new,
    };
    old.len() == new.len() && old.iter().zip(&new).all(alike)
}

fn replaced(page: &str, name: &str, table: &str) -> String {
    let mark = format!("<!-- {name} -->\n");
    let (before, rest) = page.split_once(&mark).unwrap_or_else(|| panic!("no {mark} in the page"));
    let (_, after) = rest.split_once("<!-- end -->").unwrap();
    format!("{before}{mark}{table}<!-- end -->{after}")
}

/// Three significant figures, grouped, never in powers of ten.
fn shown(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let decimals = (2 - value.abs().log10().floor() as i32).clamp(0, 6) as usize;
    let scale = 10_f64.powi(2 - value.abs().log10().floor() as i32);
    let rounded = (value * scale).round() / scale;
    let text = format!("{rounded:.decimals$}");
    let (whole, part) = text.split_once('.').map_or((text.as_str(), None), |(w, p)| (w, Some(p)));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    part.map_or(grouped.clone(), |part| format!("{grouped}.{part}"))
}

fn own(value: Option<f64>) -> String {
    value.map_or("does not fit".to_owned(), |value| format!("**{}**", shown(value)))
}

fn row(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<String> = cells.into_iter().collect();
    format!("| {} |\n", cells.join(" | "))
}

fn commands<'a>(asked: impl Iterator<Item = &'a Asked>) -> String {
    let lines: Vec<String> = asked.map(|a| format!("$ {}\n", a.command)).collect();
    format!("\n```console\n{}```\n", lines.concat())
}

fn calculator_table() -> String {
    let file = calculator::file();
    let cases = file["golden"].as_array().unwrap();
    let asked: Vec<Asked> = ours::CALCULATOR.into_iter().map(ask).collect();
    let head = ["asked", "seconds", "ours", "GB", "ours", "USD", "ours", "runs", "ours"];
    let mut table = row(head.map(str::to_owned)) + "|---|---:|---:|---:|---:|---:|---:|---|---|\n";
    for (case, asked) in cases.iter().zip(&asked) {
        let seed = calculator::formula(&file, case);
        let name = |field: &str| case[field].as_str().unwrap().to_owned();
        let batch = number(case, "/batch_size");
        let of = |path: &str| asked.document.pointer(path).and_then(Value::as_f64);
        let hosted = asked.document["deployment"]["kind"] == "hosted";
        let memory = of("/memory/weights_bytes_total").map(|weights| {
            (weights
                + number(&asked.document, "/memory/overhead_bytes_per_gpu")
                + cache(asked, batch))
                / 1e9
        });
        let unknown = |cell: String| if hosted { "unknown".to_owned() } else { cell };
        let fits = asked.document["memory"]["fits"] != false;
        table += &row([
            format!(
                "{} on {}, {} tokens, batch {batch}",
                name("model_size"),
                name("hardware_type"),
                case["tokens"]
            ),
            shown(seed.latency_ms / 1e3),
            unknown(own(of("/system/e2e_ms").map(|ms| ms / 1e3))),
            shown(seed.memory_gb),
            if hosted { "0".to_owned() } else { own(memory) },
            shown(seed.cost_usd),
            own(of("/price/usd_per_request").map(|usd| usd * batch)),
            "yes".to_owned(),
            if fits { "yes" } else { "no" }.to_owned(),
        ]);
    }
    table + &commands(asked.iter())
}

/// Bytes of the cache that the whole batch fills.
fn cache(asked: &Asked, batch: f64) -> f64 {
    let tokens =
        number(&asked.document, "/workload/isl") + number(&asked.document, "/workload/osl");
    batch * tokens * number(&asked.document, "/memory/kv_bytes_per_token")
}

fn roofline_tables() -> String {
    let asked: Vec<Asked> = ours::ROOFLINE.into_iter().map(ask).collect();
    let mut text = String::new();
    for (case, asked) in roofline::cases().iter().zip(&asked) {
        text += &roofline_table(case, asked);
    }
    text + &commands(asked.iter())
}

fn roofline_table(case: &Value, asked: &Asked) -> String {
    let word = |field: &str| case["input"][field].as_str().unwrap();
    let answer = Inputs::of(case).answer(None);
    let of = |path: &str| asked.document.pointer(path).and_then(Value::as_f64);
    let replicas = answer.replicas;
    let batch = number(&asked.document, "/workload/batch") / replicas;
    let rows = [
        ("largest batch of a replica", answer.batch, of("/memory/max_concurrency")),
        ("weights, GiB", answer.weights_gib, of("/memory/weights_bytes_total").map(|b| b / GIB)),
        (
            "cache of a token, KiB",
            kv_kib(case),
            of("/memory/kv_bytes_per_token").map(|b| b / 1024.0),
        ),
        ("TTFT, ms", answer.ttft_ms, of("/prefill/ttft_ms")),
        ("a step or TPOT, ms", answer.step_ms, of("/decode/tpot_ms")),
        (
            "output tok/s of a request",
            answer.request_tok_per_s,
            of("/decode/output_tok_per_s_per_request"),
        ),
        (
            "output tok/s of a replica",
            answer.replica_tok_per_s,
            of("/decode/output_tok_per_s_per_replica"),
        ),
        ("output tok/s of the system", answer.system_tok_per_s, of("/system/output_tok_per_s")),
        ("input, $/Mtok", answer.usd_per_mtok_input, of("/price/usd_per_mtok_input")),
        ("output, $/Mtok", answer.usd_per_mtok_output, of("/price/usd_per_mtok_output")),
    ];
    let mut text = format!(
        "\n**{}**, {}, {}, TP {}, {replicas} x; ours at batch {batch:.0} per replica\n\n",
        word("name").trim_end_matches(" page defaults"),
        word("hw"),
        word("precision"),
        case["input"]["tp"]
    );
    text += "| figure | published | ours |\n|---|---:|---:|\n";
    for (what, published, value) in rows {
        text += &row([what.to_owned(), shown(published), own(value)]);
    }
    text
}

fn kv_kib(case: &Value) -> f64 {
    Inputs::of(case).kv_bytes_per_token / 1024.0
}

/// What each repair alone does to its answers.
fn repairs() -> String {
    let cases = roofline::cases();
    let asked: Vec<Asked> = ours::ROOFLINE.into_iter().map(ask).collect();
    let mut table = String::from(
        "| case | dense peaks: TTFT | active counted: TTFT | weights cut once: step | cache as kept: \
         step | 4 bits as half a byte: weights | GPUs charged once: output price |\n\
         |---|---:|---:|---:|---:|---:|---:|\n",
    );
    for (case, asked) in cases.iter().zip(&asked) {
        let seed = Inputs::of(case);
        let before = seed.answer(None);
        let at = |inputs: Inputs| inputs.answer(Some(before.batch));
        let active = number(&asked.document, "/model/params_active");
        let kv = number(&asked.document, "/memory/kv_bytes_per_token");
        let four = case["input"]["precision"] == "FP4";
        let times = |after: f64, before: f64| format!("x {}", shown(after / before));
        table += &row([
            format!(
                "{}, {}",
                case["input"]["name"].as_str().unwrap().trim_end_matches(" page defaults"),
                case["input"]["hw"].as_str().unwrap()
            ),
            times(at(seed.dense()).ttft_ms, before.ttft_ms),
            times(at(seed.counted(active)).ttft_ms, before.ttft_ms),
            times(at(seed.cut_once()).step_ms, before.step_ms),
            times(at(seed.cached(kv)).step_ms, before.step_ms),
            if four {
                times(seed.half_bytes().answer(None).weights_gib, before.weights_gib)
            } else {
                "-".to_owned()
            },
            times(at(seed.charged_once()).usd_per_mtok_output, before.usd_per_mtok_output),
        ]);
    }
    table
}
