//! Reports and pictures of runs, by the binary.

use crate::farebox::Farebox;
use farebox_testkit::{Answer, Script, ScriptedServer, ms};

fn measured() -> Farebox {
    let farebox = Farebox::new();
    let answer = Answer::stream().tokens_as_requested(ms(4), ms(2)).input_tokens(32);
    let server = ScriptedServer::start(Script::always(answer)).unwrap();
    let promise = ["--slo", "fast:ttft.p50=500ms", "--price-per-hour", "2.50"];
    farebox.bench(&server.url(), &[&promise[..], &["--concurrency", "1,2"]].concat()).exits(0);
    farebox
}

#[test]
fn a_run_is_reported_as_a_file_as_markdown_and_on_a_screen() {
    let farebox = measured();
    let ran = farebox.run(&["report", "run", "-o", "report.html"]).exits(0);
    assert_eq!(ran.stdout, "report.html\n");
    let page = farebox.text("report.html");
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>"));
    assert!(page.len() < 1_000_000);
    for text in ["What a token must cost", "ttft p50 ≤ 500 ms", "--slo fast:ttft.p50=500ms"] {
        assert!(page.contains(text), "`{text}` is missing");
    }
    let markdown = farebox.run(&["report", "run", "--format", "markdown"]).exits(0).stdout;
    assert!(markdown.contains("- **fast** (ttft p50 ≤ 500 ms): $"), "{markdown}");
    farebox.run(&["report", "run", "-o", "report.md"]).exits(0);
    assert_eq!(farebox.text("report.md"), markdown);
    let screen = farebox.run(&["report", "run"]).exits(0).stdout;
    assert!(screen.contains("output tok/s by concurrency") && screen.contains('█'), "{screen}");
    assert!(!screen.contains('\u{1b}'), "no colours outside a terminal");
}

#[test]
fn what_cannot_be_reported_is_said_and_nothing_is_written() {
    let farebox = measured();
    let ran = farebox.run(&["report", "run", "-o", "report.pdf"]).exits(2);
    assert!(ran.error().contains("report.pdf: reports end in .html or .md"));
    let ran = farebox.run(&["report", "run", "--format", "json"]).exits(2);
    assert!(ran.error().contains("--format json") && ran.stderr.contains("hint: farebox price"));
    farebox.run(&["report", "nowhere", "-o", "report.html"]).exits(2);
    farebox.run(&["report", "run", "-o", "no/such/folder.html"]).exits(2);
    std::fs::write(farebox.path("run/telemetry.jsonl"), "{}\n").unwrap();
    let ran = farebox.run(&["report", "run", "-o", "report.html"]).exits(2);
    assert!(ran.error().contains("telemetry.jsonl, line 1"), "{}", ran.error());
    assert!(!farebox.path("report.html").exists());
}

#[test]
fn a_run_that_was_cut_short_is_reported_with_a_warning() {
    let farebox = measured();
    for file in ["verdict.json", "curve.json"] {
        std::fs::remove_file(farebox.path("run").join(file)).unwrap();
    }
    let manifest = farebox.text("run/run.json").replace("\"complete\"", "\"running\"");
    std::fs::write(farebox.path("run/run.json"), manifest).unwrap();
    let markdown = farebox.run(&["report", "run", "--format", "markdown"]).exits(0).stdout;
    assert!(markdown.contains("**WARN**") && markdown.contains("cut short"), "{markdown}");
}

#[test]
fn every_kind_of_picture_is_drawn() {
    let farebox = measured();
    for (kind, says) in [
        ("curve", "Output throughput of one replica"),
        ("frontier", "Output tokens per second of the deployment, against tpot at p90"),
        ("cost", "Cost ($ per million tokens)"),
        ("latency", "requests no slower than this"),
    ] {
        let ran = farebox.run(&["plot", "run", "--kind", kind]).exits(0);
        assert_eq!(ran.stdout, format!("run/{kind}.svg\n"));
        let picture = farebox.text(&format!("run/{kind}.svg"));
        assert!(picture.starts_with("<svg") && picture.contains(says), "{kind}");
    }
    farebox.run(&["plot", "run", "--kind", "frontier", "-o", "frontier.png"]).exits(0);
    let pixels = std::fs::read(farebox.path("frontier.png")).unwrap();
    assert!(pixels.starts_with(b"\x89PNG") && pixels.ends_with(b"IEND\xaeB`\x82"));
    farebox.run(&["plot", "run", "--kind", "frontier", "-o", "again.png"]).exits(0);
    assert_eq!(pixels, std::fs::read(farebox.path("again.png")).unwrap(), "equal bytes");
}
