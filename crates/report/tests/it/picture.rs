//! The picture: what it says, that it is XML, that it is the same each time.

use crate::support::{curve, settings, slos};
use farebox_core::{Distribution, LoadCurve, Milliseconds, Slo, TokensPerSecond};
use farebox_price::PriceSettings;
use farebox_report::chart::{Limit, Panel, Series, Stroke, Tag};
use farebox_report::{PlotRequest, Size, panel_svg, plot, to_svg};

fn svg(curves: &[LoadCurve], slos: &[Slo], price: Option<&PriceSettings>) -> String {
    to_svg(&plot(&PlotRequest { curves, slos, price }))
}

/// The words of a picture, in drawing order. Fails unless every tag is closed in order and no
/// text holds a bare `<` or `&`.
fn words(svg: &str) -> Vec<String> {
    let (mut open, mut words, mut rest) = (Vec::new(), Vec::new(), svg);
    while let Some(start) = rest.find('<') {
        let (text, tag) = rest.split_at(start);
        let end = tag.find('>').unwrap();
        for entity in text.split('&').skip(1) {
            let name = entity.split_once(';').unwrap().0;
            assert!(["lt", "gt", "amp", "quot", "apos"].contains(&name), "{text}");
        }
        if !text.trim().is_empty() {
            words.push(text.trim().to_owned());
        }
        let name = &tag[1..end];
        match (name.strip_prefix('/'), name.ends_with('/')) {
            (Some(closed), _) => assert_eq!(open.pop(), Some(closed)),
            (None, true) => {}
            (None, false) => open.push(name.split_whitespace().next().unwrap()),
        }
        rest = &tag[end + 1..];
    }
    assert!(open.is_empty(), "{open:?} are left open");
    words
}

fn says(words: &[String], text: &str) -> bool {
    words.iter().any(|word| word.contains(text))
}

#[test]
fn one_curve_shows_its_tiers_and_its_price() {
    let words = words(&svg(&[curve()], &slos(), Some(&settings())));
    for text in [
        "m/8b",
        "512 input and 128 output tokens per request",
        "Output throughput of one replica (tokens per second)",
        "Time to first token, ttft (p50 and p90, ms)",
        "Cost ($ per million tokens)",
        "fast: p90 ≤ 500 ms",
        "instant: p90 ≤ 20 ms",
        "blended",
        "Highest load that keeps “fast” (ttft p90 ≤ 500 ms, tpot p90 ≤ 16.7 ms): concurrency 4.",
        "“instant” (ttft p90 ≤ 20 ms) is not kept at concurrency 1",
        "requests in flight (concurrency)",
    ] {
        assert!(says(&words, text), "`{text}` is missing: {words:#?}");
    }
    let flags = words.iter().filter(|word| *word == "fast").count();
    assert_eq!(flags, 4, "the load line is marked in every panel, that of an unmet tier in none");
}

#[test]
fn without_a_price_the_picture_says_how_to_get_one() {
    let words = words(&svg(&[curve()], &[], None));
    assert!(says(&words, "--price-per-hour"), "{words:#?}");
    assert!(says(&words, "No promise was given"), "{words:#?}");
    assert!(!says(&words, "Cost ("), "{words:#?}");
    assert!(says(&words, "Answers of one replica (per second)"), "no e2e was measured");
}

#[test]
fn several_curves_have_a_legend_and_a_winner() {
    let mut slower = LoadCurve { name: "slower".to_owned(), ..curve() };
    for point in &mut slower.points {
        point.output_tok_per_s = TokensPerSecond::new(1.0);
    }
    let words = words(&svg(&[slower, curve()], &slos(), Some(&settings())));
    assert!(says(&words, "Cheapest that keeps “fast”") && says(&words, "first at concurrency 4"));
    assert!(words.contains(&"slower".to_owned()) && words.contains(&"fast: first".to_owned()));
}

#[test]
fn names_are_escaped_and_equal_requests_give_equal_bytes() {
    let mut named = curve();
    named.name = "a<b> & \"c\" \u{7}".to_owned();
    let picture = svg(std::slice::from_ref(&named), &slos(), Some(&settings()));
    assert!(says(&words(&picture), "a&lt;b&gt; &amp; &quot;c&quot;"));
    assert!(!picture.contains('\u{7}'));
    assert_eq!(picture, svg(&[named], &slos(), Some(&settings())));
}

#[test]
fn what_is_missing_or_no_number_is_left_out() {
    let bare = |change: fn(&mut LoadCurve)| {
        let mut curve = curve();
        change(&mut curve);
        svg(&[curve], &slos(), Some(&settings()))
    };
    for (picture, text) in [
        (bare(|curve| curve.points.clear()), "there are no load points"),
        (bare(|curve| curve.points.truncate(1)), "concurrency"),
        (bare(|curve| curve.points.iter_mut().for_each(|p| p.tpot_ms = None)), "not measured"),
        (bare(|curve| curve.points[0].offered.value = 0.0), "Cost"),
        (bare(|curve| curve.points[1].offered.value = f64::INFINITY), "Cost"),
        (bare(|c| c.points[0].output_tok_per_s = TokensPerSecond::new(f64::NAN)), "Cost"),
        (bare(|c| c.points[0].output_tok_per_s = TokensPerSecond::new(1e300)), "Cost"),
        (
            bare(|c| {
                let mean = Milliseconds::new(f64::NAN);
                c.points[0].ttft_ms = Some(Distribution::Mean { mean, n: None });
            }),
            "Cost",
        ),
        (svg(&[], &[], None), "No curve"),
    ] {
        assert!(says(&words(&picture), text), "`{text}` is missing");
        assert!(!picture.contains("NaN") && !picture.contains("inf\""), "{picture}");
    }
}

const SIZE: Size = Size { width: 440.0, height: 290.0 };

/// A panel of points with a name each.
fn named(points: &[(f64, f64)]) -> Panel {
    let tag = |(nth, at): (usize, &(f64, f64))| Tag { at: *at, label: format!("c {}", nth + 1) };
    Panel {
        series: vec![Series { stroke: Stroke::Dots, points: points.to_vec(), ..Series::default() }],
        tags: points.iter().enumerate().map(tag).collect(),
        ..Panel::default()
    }
}

#[test]
fn points_on_one_another_share_a_name_and_no_name_covers_another() {
    let panel = named(&[(1.0, 1.0), (9.0, 9.0), (1.0, 1.0)]);
    let shown = words(&panel_svg(&panel, SIZE));
    assert!(says(&shown, "c 1, c 3") && shown.contains(&"c 2".to_owned()), "{shown:?}");
    let crowd: Vec<(f64, f64)> = (0..40).map(|nth| (5.0 + f64::from(nth) * 0.1, 5.0)).collect();
    let shown = words(&panel_svg(&named(&crowd), SIZE));
    let names = shown.iter().filter(|word| word.starts_with("c ")).count();
    assert!((5..30).contains(&names), "{names} names of 40 points");
}

/// How far down the plot begins: where its staffs reach up to, less its rows of flags.
fn top(marks: &[f64]) -> f64 {
    let mark = |at: &f64| Limit { at: *at, label: "a promise of many words".to_owned() };
    let panel =
        Panel { marks: marks.iter().map(mark).collect(), ..named(&[(1.0, 1.0), (9.0, 9.0)]) };
    let svg = panel_svg(&panel, SIZE);
    let grid = svg.lines().filter(|line| line.contains("fb-grid"));
    let ys = grid.filter_map(|line| line.split("y1=\"").nth(1)?.split('"').next()?.parse().ok());
    ys.fold(f64::INFINITY, f64::min)
}

#[test]
fn flags_take_as_many_rows_as_they_need() {
    let one = top(&[1.0]);
    assert!(top(&[]) < one);
    assert!((top(&[1.0, 9.0]) - one).abs() < 0.05, "side by side");
    let five = top(&[4.0, 4.1, 4.2, 4.3, 4.4]);
    assert!((five - one - 4.0 * 16.0).abs() < 0.05, "one above the other: {one}, {five}");
}
