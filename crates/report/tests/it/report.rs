//! Reports: what they say, that they need nothing from outside, and that names cannot break them.

use crate::support::{curve, settings, slos};
use farebox_core::verdict::{Code, Reason, Severity};
use farebox_core::{LoadCurve, Verdict};
use farebox_report::report::{REPORT_CSS, Screen};
use farebox_report::{
    CHART_CSS, ReportRequest, ReportedRun, report_html, report_markdown, report_terminal,
};
use insta::assert_snapshot;
use ring::digest::{SHA256, digest};

fn run(curve: LoadCurve) -> ReportedRun {
    ReportedRun {
        curve,
        manifest: None,
        price: Some(settings()),
        verdict: Some(verdict(Severity::Pass, Vec::new())),
        recording: None,
    }
}

fn verdict(verdict: Severity, reasons: Vec<Reason>) -> Verdict {
    Verdict { schema: "farebox.verdict/1".to_owned(), verdict, reasons }
}

fn html(runs: &[ReportedRun]) -> String {
    report_html(&ReportRequest { runs, slos: &slos() }).unwrap()
}

/// A run that nobody should bill on.
fn invalid() -> ReportedRun {
    let reason = Reason {
        code: Code::EarlyStop,
        severity: Severity::Invalid,
        evidence: "40 % of the answers ended early".to_owned(),
        hint: "--ignore-eos".to_owned(),
    };
    ReportedRun { verdict: Some(verdict(Severity::Invalid, vec![reason])), ..run(curve()) }
}

#[test]
fn a_page_says_what_a_token_costs_and_why_to_believe_it() {
    let page = html(&[run(curve())]);
    for text in [
        "What a token must cost",
        "$2.7586",
        "ttft p90 ≤ 500 ms, tpot p90 ≤ 16.7 ms",
        "no price: concurrency 1: ttft p90 is 87.0 ms, over 20.0 ms",
        "PASS",
        "Prices by tier",
        "Load by load",
        "Under rising load",
        "Throughput against speed",
        "How latencies are spread",
        "In plain words",
        "<th scope=\"col\"",
        "<th scope=\"row\"",
    ] {
        assert!(page.contains(text), "`{text}` is missing");
    }
    assert!(page.len() < 200_000, "{} bytes", page.len());
    assert_eq!(page, html(&[run(curve())]), "equal runs give equal bytes");
}

#[test]
fn what_is_wrong_comes_first() {
    let page = html(&[invalid()]);
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("`{text}` is missing"));
    assert!(at("Do not bill on these figures") < at("What a token must cost"));
    assert!(at("40 % of the answers ended early") < at("What a token must cost"));
    assert!(at("Try: --ignore-eos") < at("What a token must cost"));
    let page = html(&[run(curve())]);
    assert!(page.find("PASS").unwrap() > page.find("What a token must cost").unwrap());
}

#[test]
fn a_page_needs_nothing_from_outside_and_allows_nothing() {
    let page = html(&[run(curve()), run(LoadCurve { name: "second".to_owned(), ..curve() })]);
    for outside in ["<script", "src=", "href=", "url(", "@import", " style=", "onload", "<link"] {
        assert!(!page.contains(outside), "{outside}");
    }
    let addresses = page.matches("http://").count() + page.matches("https://").count();
    let names = page.matches("xmlns=\"http://www.w3.org/2000/svg\"").count();
    assert_eq!(addresses, names, "the only addresses are the name of SVG itself");
    let style = page.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    assert!(style.contains(REPORT_CSS) && style.contains(CHART_CSS));
    let hash = base64(digest(&SHA256, style.as_bytes()).as_ref());
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'"
    );
    assert!(page.contains(&policy), "the style changed; STYLE_SHA256 is now sha256-{hash}");
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let at = |index: usize| u32::from(three.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for letter in 0..4 {
            let known = letter <= three.len();
            let index = (bits >> (18 - 6 * letter)) as usize & 63;
            text.push(if known { char::from(LETTERS[index]) } else { '=' });
        }
    }
    text
}

#[test]
fn hostile_names_are_words() {
    let hostile = "<script>alert(1)</script>\"' onload=x </style> ]]> <!--";
    let mut named = curve();
    named.name = hostile.to_owned();
    named.deployment.model = hostile.to_owned();
    named.deployment.engine = Some(hostile.to_owned());
    named.workload.lengths = Some(hostile.to_owned());
    let mut bad = invalid();
    bad.curve = named;
    if let Some(verdict) = &mut bad.verdict {
        verdict.reasons[0].evidence = hostile.to_owned();
    }
    let page = html(&[bad.clone(), run(curve())]);
    assert!(!page.contains("<script") && !page.contains("<!--"), "a tag got through");
    assert_eq!(page.matches("</style>").count(), 1);
    assert!(page.contains("&lt;script&gt;alert(1)"));
    let text = report_markdown(&ReportRequest { runs: &[bad], slos: &slos() });
    let escaped = text.matches("\\<script").count();
    assert_eq!(text.matches("<script").count(), escaped, "{text}");
}

#[test]
fn several_runs_are_held_against_the_first() {
    let second = LoadCurve { name: "second".to_owned(), ..curve() };
    let page = html(&[run(curve()), run(second.clone())]);
    assert!(page.contains("Side by side") && page.contains("second against first"));
    assert!(page.contains("Each figure over that of first"));
    let dearer = ReportedRun {
        price: Some(settings_of(7.2)),
        ..run(LoadCurve { name: "dear".to_owned(), ..curve() })
    };
    let runs = [dearer, run(second)];
    let page = html(&runs);
    assert!(page.contains("Bill: $7.20 per hour") && page.contains("Bill: $3.60 per hour"));
    let text = report_markdown(&ReportRequest { runs: &runs, slos: &slos() });
    assert!(text.contains("| dear | fast |") && text.contains("| second | fast |"), "{text}");
    assert!(page.contains("second, at concurrency 4"), "the cheaper one answers");
}

fn settings_of(usd_per_hour: f64) -> farebox_price::PriceSettings {
    let mut settings = settings();
    settings.rental.usd_per_hour_total = farebox_core::UsdPerHour::new(usd_per_hour);
    settings
}

#[test]
fn little_is_known_of_some_curves() {
    let empty = LoadCurve { points: Vec::new(), ..curve() };
    let mut bare = run(curve());
    (bare.price, bare.verdict) = (None, None);
    for point in &mut bare.curve.points {
        (point.ttft_ms, point.tpot_ms) = (None, None);
    }
    let page = html(&[bare]);
    for text in ["NOT JUDGED", "There is no verdict", "not measured", "--price-per-hour"] {
        assert!(page.contains(text), "`{text}` is missing");
    }
    assert!(!page.contains("NaN"));
    assert!(html(&[run(empty)]).contains("the curve has no load points"));
    assert!(html(&[]).contains("No run"));
}

#[test]
fn a_pull_request_gets_a_verdict_a_line_a_tier_and_tables() {
    let text = report_markdown(&ReportRequest { runs: &[invalid()], slos: &slos() });
    assert_snapshot!(text, @r"
    ### first

    **INVALID**: Do not bill on these figures.
    - early stop: 40 % of the answers ended early. Try: --ignore-eos.

    - **fast** (ttft p90 ≤ 500 ms, tpot p90 ≤ 16.7 ms): $2.7586 per million output tokens, $0.1724 per million input tokens; at concurrency 4, 290 output tok/s; blended $0.6897
    - **instant** (ttft p90 ≤ 20 ms): no price: concurrency 1: ttft p90 is 87.0 ms, over 20.0 ms

    | tier | load | replicas | input (tok/s) | output (tok/s) | input ($/Mtok) | output ($/Mtok) | blended ($/Mtok) | recovery |
    | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
    | fast | concurrency 4 | 1 | 1,160 | 290 | 0.1724 | 2.7586 | 0.6897 | 1.00 |
    | instant | no price | — | — | — | — | — | — | — |

    - fast: ttft p90 ≤ 500 ms, tpot p90 ≤ 16.7 ms
    - instant: ttft p90 ≤ 20 ms
    - No price, instant: concurrency 1: ttft p90 is 87.0 ms, over 20.0 ms.
    - Bill: $3.60 per hour for 2 GPUs (--price-per-hour); one replica carries all of it.
    - Allocation: time (prefill time pays for input, decode time for output, basis ttft1).
    - Note: 1 idle GPU is charged too; 2 replicas would fit: see --fill-box.
    - Note: tpot p90 rests on 20 samples: it needs 64.

    <details><summary>Load by load</summary>

    | concurrency | ok | failed | n | input (tok/s) | output (tok/s) | req/s | ttft (p50 ms) | ttft (p90 ms) | tpot (p50 ms) | tpot (p90 ms) |
    | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
    | 1 | 110 | 0 | 100 | 320 | 80.0 | 0.62 | 75.0 | 87.0 | 10.0 | \~11.6 |
    | 4 | 110 | 0 | 100 | 1,160 | 290 | 2.27 | 188 | 218 | 11.9 | \~13.8 |
    | \*16 | 110 | 0 | 100 | 3,600 | 900 | 7.03 | 875 | 1,015 | 17.5 | \~20.3 |

    - \~ too few samples: p50 needs 11, p90 64, p95 130, p99 662.
    - \* too few requests to cut off ramp and drain: figures span the whole point.

    </details>
    ");
}

#[test]
fn a_terminal_gets_bars_that_fit() {
    let runs = [run(curve())];
    let request = ReportRequest { runs: &runs, slos: &slos() };
    let text = report_terminal(&request, Screen { width: 60, colour: false });
    assert_snapshot!(text, @r"
    PASS first: Nothing was found that speaks against this
    measurement.

    fast (ttft p90 ≤ 500 ms, tpot p90 ≤ 16.7 ms)
      $2.7586 per million output tokens, $0.1724 per million
      input tokens; at concurrency 4, 290 output tok/s; blended
      $0.6897
    instant (ttft p90 ≤ 20 ms)
      no price: concurrency 1: ttft p90 is 87.0 ms, over 20.0 ms

    first

    output tok/s by concurrency
     1  80.0  ████▌
     4   290  ████████████████▏
    16   900  ██████████████████████████████████████████████████

    ttft p90, ms by concurrency
     1   87.0  ████▎
     4    218  ██████████▌
    16  1,015  █████████████████████████████████████████████████

    tpot p90, ms by concurrency
     1  11.6  ████████████████████████████▋
     4  13.8  █████████████████████████████████▉
    16  20.3  ██████████████████████████████████████████████████

    blended, $/Mtok by concurrency
     1  2.5000  ████████████████████████████████████████████████
     4  0.6897  █████████████▎
    16  0.2222  ████▎
    ");
    for width in [40, 60, 80, 200] {
        let text = report_terminal(&request, Screen { width, colour: false });
        let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= width, "{widest} in {width}:\n{text}");
    }
    let coloured = report_terminal(&request, Screen { width: 60, colour: true });
    assert!(coloured.contains("\u{1b}[1;32mPASS\u{1b}[0m") && !text.contains('\u{1b}'));
}
