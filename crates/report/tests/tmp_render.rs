#![allow(missing_docs, clippy::unwrap_used)]
use farebox_core::curve::*;
use farebox_core::run::Rental;
use farebox_core::*;
use farebox_price::*;
use farebox_report::*;
fn w(name: &str, s: String) {
    std::fs::write(format!("/tmp/render/{name}"), s).unwrap();
}
#[test]
fn go() {
    std::fs::create_dir_all("/tmp/render").unwrap();
    let seed = std::fs::read_to_string(
        "../price/fixtures/pricing-seed/Meta-Llama-3.1-8B-Instruct_DGX_Station_A100_80GB.jsonl",
    )
    .unwrap();
    let curves =
        import::pricing_seed::read(&seed, &import::pricing_seed::SeedRun::published()).unwrap();
    let rental = |u, b, g| Rental {
        usd_per_hour_total: UsdPerHour::new(u),
        gpus_billed: b,
        gpus_used: g,
        source: "--price-per-hour".into(),
    };
    let slos: Vec<Slo> = [
        "Baseline:ttft.mean=1s,tpot.mean=50ms",
        "Fast:ttft.mean=0.5s,tpot.mean=16.7ms",
        "Instant:ttft.mean=0.25s,tpot.mean=10ms",
    ]
    .iter()
    .map(|s| s.parse().unwrap())
    .collect();
    let mut st = PriceSettings::new(rental(5.0, 4, 1));
    st.packing = Packing::FillBox;
    st.slos = slos.clone();
    w("seed.svg", to_svg(&plot(&PlotRequest { curves: &curves, slos: &slos, price: Some(&st) })));
    w(
        "seed_noprice.svg",
        to_svg(&plot(&PlotRequest { curves: &curves, slos: &slos, price: None })),
    );
    let sheet = price(&curves, &st).unwrap();
    let mut out = String::new();
    for f in Format::ALL {
        if f != Format::Json {
            out += &render_sheet(&sheet, f).unwrap();
            out += "\n=====\n";
        }
    }
    out += &render_curves(&curves[..2], Format::Human).unwrap();
    // synthetic single
    let mut pts = vec![];
    for (i, c) in [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0].into_iter().enumerate() {
        let k = i as f64;
        let out = 120.0 * c / (1.0 + c / 40.0);
        let d = |base: f64, spread: f64, n: usize| {
            Distribution::of(
                (0..n).map(|j| Milliseconds::new(base * (1.0 + spread * (j as f64 / n as f64)))),
            )
        };
        pts.push(LoadPoint {
            offered: Offered { kind: LoadKind::Concurrency, value: c, steady: i < 6 },
            window_start_ns: None,
            window_end_ns: None,
            requests: RequestCounts { ok: 100, in_window: 80, ..Default::default() },
            input_tok_per_s: TokensPerSecond::new(out * 4.0),
            cached_input_tok_per_s: None,
            output_tok_per_s: TokensPerSecond::new(out),
            total_tok_per_s: TokensPerSecond::new(out * 5.0),
            requests_per_s: RequestsPerSecond::new(out / 128.0),
            ttft_ms: d(60.0 * 1.6f64.powf(k), 0.8, 80),
            ttft_sched_ms: None,
            ttfo_ms: None,
            tpot_ms: d(8.0 + k * 1.5, 0.3, 40),
            icl_ms: None,
            itl_ms: None,
            e2e_ms: d(1100.0 + 200.0 * k, 0.3, 80),
            e2e_sched_ms: None,
            batch_ms: None,
            goodput: Default::default(),
            phase: None,
            kv_used_fraction: None,
            power_w: None,
            intervals: None,
        });
    }
    summarise::attach_phase_times(&mut pts);
    let one = LoadCurve {
        schema: CURVE_SCHEMA.into(),
        name: "runs/first <&>".into(),
        deployment: Deployment {
            engine: Some("vllm".into()),
            ..Deployment::machine("meta-llama/Llama-3.1-8B-Instruct")
        },
        workload: Workload {
            isl: Some(512),
            osl: Some(128),
            isl_observed: None,
            osl_observed: None,
        },
        source: Source::Measured,
        complete: true,
        points: pts,
    };
    let slos: Vec<Slo> = [
        "baseline:ttft.p90=1s,tpot.p90=50ms",
        "fast:ttft.p90=500ms,tpot.p90=16.7ms",
        "instant:ttft.p90=250ms,tpot.p90=10ms",
    ]
    .iter()
    .map(|s| s.parse().unwrap())
    .collect();
    let mut st = PriceSettings::new(rental(2.5, 1, 1));
    st.slos = slos.clone();
    let sheet = price(std::slice::from_ref(&one), &st).unwrap();
    out += "\n=====\n";
    out += &render_sheet(&sheet, Format::Human).unwrap();
    out += "\n";
    out += &render_curve(&one, Format::Human).unwrap();
    out += "\n";
    out += &render_curve(&one, Format::Csv).unwrap();
    w("tables.txt", out);
    w(
        "single.svg",
        to_svg(&plot(&PlotRequest {
            curves: std::slice::from_ref(&one),
            slos: &slos,
            price: Some(&st),
        })),
    );
    let mut p1 = one.clone();
    p1.points.truncate(1);
    w(
        "onepoint.svg",
        to_svg(&plot(&PlotRequest {
            curves: std::slice::from_ref(&p1),
            slos: &slos,
            price: Some(&st),
        })),
    );
    let mut p2 = one.clone();
    for p in &mut p2.points {
        p.tpot_ms = None;
    }
    p2.complete = false;
    w(
        "notpot.svg",
        to_svg(&plot(&PlotRequest { curves: std::slice::from_ref(&p2), slos: &slos, price: None })),
    );
    let un: Vec<Slo> =
        ["ttft.p90=20ms,tpot.p90=5ms".parse().unwrap(), "x:e2e.p99=3s".parse().unwrap()].into();
    w(
        "unmet.svg",
        to_svg(&plot(&PlotRequest {
            curves: std::slice::from_ref(&one),
            slos: &un,
            price: Some(&st),
        })),
    );
    let mut p3 = one.clone();
    for p in &mut p3.points {
        p.output_tok_per_s = p.output_tok_per_s.times(1e-5);
        p.input_tok_per_s = p.input_tok_per_s.times(1e-5);
        p.offered.value *= 0.01;
        p.ttft_ms = Distribution::of([p.ttft_ms.as_ref().unwrap().mean().times(1e-5)]);
    }
    w(
        "small.svg",
        to_svg(&plot(&PlotRequest {
            curves: std::slice::from_ref(&p3),
            slos: &slos,
            price: Some(&st),
        })),
    );
    w("empty.svg", to_svg(&plot(&PlotRequest { curves: &[], slos: &[], price: None })));
}
