//! Pages without a browser: what they say, and that nothing in them could run.

use crate::support::Site;
use farebox_testkit::unescaped;

const PAGES: [&str; 6] = ["/", "/parts/result", "/parts/gpus", "/scenarios", "/api", "/?model=x/y"];

#[test]
fn nothing_is_inline_and_nothing_comes_from_elsewhere() {
    let site = Site::start();
    for path in PAGES {
        let page = site.get(path);
        assert_eq!(page.status, 200, "{path}");
        for policy in
            ["default-src 'self'", "frame-ancestors 'none'", "x-content-type-options: nosniff"]
        {
            assert!(page.head.contains(policy), "{path}: {policy}");
        }
        let html = page.body.to_lowercase();
        for inline in [
            " style=",
            "<style",
            "onclick=",
            "onload=",
            "javascript:",
            "src=\"http",
            "href=\"http",
            "@import",
        ] {
            assert!(!html.contains(inline), "{path}: {inline}");
        }
        let scripts = html.matches("<script").count();
        assert_eq!(
            scripts,
            html.matches("<script type=\"module\" src=\"/assets/").count(),
            "{path}"
        );
    }
}

/// Seed 002's form and cards: every input is on the page, every output too, with its defaults.
#[test]
fn the_first_page_is_the_example_of_the_calculator_it_took_over() {
    let site = Site::start();
    let page = site.get("/").body;
    for (name, value) in [
        ("model", "deepseek-ai/DeepSeek-V3.1"),
        ("isl", "2048"),
        ("osl", "1024"),
        ("tp", "16"),
        ("nodes", "8"),
        ("price_per_gpu_hour", "2.5"),
    ] {
        let field = page.split("<input").find(|field| field.contains(&format!(" name=\"{name}\"")));
        let value = format!("value=\"{}\"", value.replace('/', "&#x2f;"));
        assert!(field.is_some_and(|field| field.contains(&value)), "{name}: {field:?}");
    }
    for chosen in ["<option value=\"h100-sxm\" selected>", "<option value=\"fp8\" selected>"] {
        assert!(page.contains(chosen), "{chosen}");
    }
    for name in
        ["params", "hidden_size", "layers", "heads", "kv_heads", "experts", "active_experts"]
    {
        assert!(page.contains(&format!("name=\"{name}\"")), "{name}");
    }
    for id in [
        "max_concurrency",
        "weights",
        "kv_per_token",
        "gpus",
        "ttft",
        "tpot",
        "per_request",
        "per_replica",
        "system",
        "usd_input",
        "usd_output",
    ] {
        assert!(page.contains(&format!("id=\"figure-{id}\"")), "{id}");
    }
    assert!(page.contains("4 x 16 (H100 SXM5 80GB)"), "TP GPUs, and replicas in all");
}

#[test]
fn every_figure_explains_itself() {
    let site = Site::start();
    let page = site
        .get("/parts/result?model=Qwen/Qwen3-8B&gpu=l40s&concurrency=16&price_per_gpu_hour=1")
        .body;
    let figures: Vec<&str> = page.split("<details class=\"figure\"").skip(1).collect();
    assert!(figures.len() >= 15, "{}", figures.len());
    for figure in figures {
        for part in ["Formula</span> ", "Here</span> ", "Source</span> "] {
            let said = figure.split(part).nth(1).and_then(|rest| rest.split("</p>").next());
            assert!(said.is_some_and(|said| said.len() > 5), "{part}: {figure}");
        }
    }
    // Its values multiply to what it says.
    let whole = page.split("id=\"figure-e2e\"").nth(1).unwrap();
    let number = |text: &str| text.replace(',', "").trim().parse::<f64>().unwrap();
    let shown = number(whole.split("<b>").nth(1).unwrap().split("</b>").next().unwrap());
    let here = whole.split("Here</span> ").nth(1).unwrap().split("</p>").next().unwrap();
    let parts: Vec<f64> = here.replace(" ms", "").split(['+', 'x']).map(number).collect();
    let computed = parts[0] + parts[1] * parts[2];
    assert!((computed / shown - 1.0).abs() < 0.01, "{here} is {shown}");
}

#[test]
fn the_page_and_its_parts_say_the_same() {
    let site = Site::start();
    let query = "model=Qwen/Qwen3-8B&gpu=h100-sxm&isl=512&osl=128&slo_tpot_ms=20&at=slo";
    let page = site.get(&format!("/?{query}")).body;
    let result = site.get(&format!("/parts/result?{query}")).body;
    let gpus = site.get(&format!("/parts/gpus?{query}")).body;
    assert!(result.contains("id=\"figure-ttft\"") && result.contains("<svg"));
    assert!(page.contains(result.trim()) && page.contains(gpus.trim()));
}

#[test]
fn what_does_not_fit_says_what_would() {
    let site = Site::start();
    let page = site.get("/?model=Qwen/Qwen3-32B&gpu=l4").body;
    assert!(page.contains("does not fit") && page.contains("It would fit with"), "{page}");
    let way =
        page.split("It would fit with <a href=\"/?").nth(1).unwrap().split('"').next().unwrap();
    let query = unescaped(way);
    let fitting = site.get(&format!("/api/v1/estimate?{query}")).json();
    assert_eq!(fitting["memory"]["fits"], true, "{query}");
}

#[test]
fn hostile_words_stay_words() {
    let site = Site::start();
    let evil = "%3Cscript%3Ealert(1)%3C/script%3E%22%27";
    for path in [
        format!("/?model={evil}&gpu={evil}"),
        format!("/?params=7B&engine={evil}&gpu=l4"),
        format!("/?model=Qwen/Qwen3-8B&gpu=l4&pin={evil}"),
        format!("/?model=Qwen/Qwen3-8B&gpu=l4&offer={evil}"),
        format!("/scenarios?model={evil}&against={evil}"),
        format!("/parts/gpus?model={evil}"),
    ] {
        let page = site.get(&path);
        assert_eq!(page.status, 200, "{path}");
        assert!(!page.body.contains("<script>"), "{path}");
        assert!(!page.body.contains("alert(1)</script>"), "{path}");
    }
    let page = site.send("GET", &format!("/{evil}"), &[("accept", "text/html")], b"");
    assert!(page.status == 404 && !page.body.contains("<script>") && page.body.contains("<h1>"));
}

#[test]
fn pinned_questions_stand_side_by_side() {
    let site = Site::start();
    let page =
        site.get("/?model=Qwen/Qwen3-8B&gpu=l4&pin=model%3DQwen/Qwen3-8B%26gpu%3Dh100-sxm").body;
    let table = page.split("class=\"compare\"").nth(1).unwrap().split("</table>").next().unwrap();
    assert_eq!(table.matches("<th scope=\"col\">").count(), 3, "{table}");
    assert!(
        table.contains("1 x l4")
            && table.contains("1 x h100-sxm")
            && table.contains("class=\"best\"")
    );
    let damaged = site.get("/?model=Qwen/Qwen3-8B&gpu=l4&pin=tp%3Dx&pin=model%3Dno/such");
    assert!(damaged.status == 200 && !damaged.body.contains("class=\"compare\""));
}

#[test]
fn all_accelerators_are_sorted_by_the_price_of_a_token() {
    let site = Site::start();
    let table = site.get("/parts/gpus?model=Qwen/Qwen3-8B&gpu=l4&concurrency=8").body;
    let rows: Vec<&str> = table.split("<tr").skip(2).collect();
    let price = |row: &&str| {
        let cell = row.split("<td").nth(2)?.split('>').nth(1)?.split('<').next()?;
        cell.replace(',', "").parse::<f64>().ok()
    };
    let prices: Vec<f64> = rows.iter().filter_map(price).collect();
    assert!(rows.len() > 30 && prices.len() > 10 && prices.is_sorted(), "{prices:?}");
    assert!(rows.iter().skip(prices.len()).all(|row| price(row).is_none()), "unknown prices last");
}

#[test]
fn scenarios_are_answered_and_held_against_hosted_models() {
    let site = Site::start();
    let page = site.get("/scenarios").body;
    for name in ["chatbot", "summarisation", "code", "rag", "agent", "reasoning"] {
        assert!(page.contains(&format!("<article class=\"card\" id=\"{name}\"")), "{name}");
    }
    assert!(page.contains("<svg") && page.contains("break-even"));
    let other = site.get("/scenarios?model=Qwen/Qwen3-32B&gpu=l4").body;
    assert!(other.contains("It does not fit"), "and says why there is no answer");
}
