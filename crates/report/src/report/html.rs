//! The report as one HTML file: no network, no script.

use super::definitions::definitions;
use super::facts::{self, Fact};
use super::headline::{Headline, headlines};
use super::trouble::{Judgement, failures, judgements};
use super::{ReportRequest, ReportedRun, method};
use crate::chart::{Chart, Named};
use crate::grid::{Grid, Side, align};
use crate::plots::{
    PlotRequest, Timeline, TimelineKind, distribution_chart, frontier_chart, plot, timeline_chart,
};
use crate::render::RenderError;
use crate::svg::{CHART_CSS, Size, panel_svg};
use crate::tables::{compare_table, detail_table, price_tables};
use farebox_core::compare::{MIN_EFFECT, compare};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value, context};
use serde::Serialize;

/// How a report looks inside an element of class `report`; a page that holds one includes it and
/// [`CHART_CSS`].
pub const REPORT_CSS: &str = include_str!("templates/report.css");

/// How a report's own page looks.
const FILE_CSS: &str = include_str!("templates/file.css");

/// What the style of a report hashes to: nothing else in the file may style or run.
const STYLE_SHA256: &str = "sha256-gPsKQLjLswV65Inir08zbp2QZbrre3UkY/+wQLlWUiE=";

/// Charts in a page: two abreast on a screen, one on a phone.
const PANEL: Size = Size { width: 460.0, height: 290.0 };

/// The whole file.
pub fn report_html(request: &ReportRequest<'_>) -> Result<String, RenderError> {
    let templates = templates()?;
    let page = templates.get_template("report.html")?;
    Ok(page.render(context! {
        style => style(),
        style_hash => STYLE_SHA256,
        report => Value::from(Serde(Report::of(request))),
    })?)
}

/// What stands between header and footer, for a page that has its own.
pub fn report_body(request: &ReportRequest<'_>) -> Result<String, RenderError> {
    let templates = templates()?;
    let report = Value::from(Serde(Report::of(request)));
    Ok(templates.get_template("body.html")?.render(context! { report })?)
}

fn style() -> String {
    format!("{FILE_CSS}{REPORT_CSS}{CHART_CSS}")
}

fn templates() -> Result<Environment<'static>, minijinja::Error> {
    let mut templates = Environment::new();
    templates.set_auto_escape_callback(|_| AutoEscape::Html);
    templates.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    templates.add_template("parts.html", include_str!("templates/parts.html"))?;
    templates.add_template("body.html", include_str!("templates/body.html"))?;
    templates.add_template("report.html", include_str!("templates/report.html"))?;
    Ok(templates)
}

/// Everything that the templates say.
#[derive(Serialize)]
struct Report {
    title: String,
    subtitle: String,
    headlines: Vec<Headline>,
    has_prices: bool,
    judgements: Vec<Judgement>,
    /// One for each bill.
    prices: Vec<Table>,
    curve: Table,
    comparison: Option<Table>,
    /// Why runs cannot be compared.
    incomparable: Option<String>,
    charts: Vec<Figures>,
    setups: Vec<Setup>,
    failures: Option<Table>,
    definitions: Vec<Fact>,
}

/// A run's facts under its name.
#[derive(Serialize)]
struct Setup {
    run: String,
    facts: Vec<Fact>,
    method: Vec<Fact>,
}

#[derive(Serialize)]
struct Table {
    columns: Vec<Head>,
    rows: Vec<Vec<String>>,
    footers: Vec<String>,
}

#[derive(Serialize)]
struct Head {
    title: String,
    unit: String,
    is_number: bool,
}

/// A chart, panel by panel.
#[derive(Serialize)]
struct Figures {
    heading: String,
    legend: Vec<Key>,
    panels: Vec<Figure>,
    captions: Vec<String>,
}

#[derive(Serialize)]
struct Key {
    label: String,
    hue: usize,
}

#[derive(Serialize)]
struct Figure {
    title: String,
    svg: String,
}

impl Report {
    fn of(request: &ReportRequest<'_>) -> Self {
        let curves = request.curves();
        let comparison = (curves.len() > 1).then(|| compare(&curves, MIN_EFFECT));
        let incomparable =
            comparison.as_ref().and_then(|c| c.as_ref().err()).map(ToString::to_string);
        let sheets = request.sheets();
        let setup = |run: &ReportedRun| Setup {
            run: run.curve.name.clone(),
            facts: facts::of(run),
            method: method::of(run),
        };
        let price = request.one_price();
        let plots = PlotRequest { curves: &curves, slos: request.slos, price };
        Self {
            title: request.title(),
            subtitle: plot(&plots).subtitle,
            headlines: headlines(request),
            has_prices: !sheets.is_empty(),
            judgements: judgements(request),
            prices: price_tables(&sheets).into_iter().map(Table::from).collect(),
            curve: detail_table(&curves, request.slos).into(),
            comparison: comparison.and_then(Result::ok).map(|c| compare_table(&c).into()),
            incomparable,
            charts: charts(&plots).into_iter().chain(timelines(request)).collect(),
            setups: request.runs.iter().map(setup).collect(),
            failures: failures(request).map(Table::from),
            definitions: definitions(),
        }
    }
}

/// What is said under the curves; the rest of their captions stands elsewhere in the report.
const CURVE_CAPTION: &str = "Dashed lines are limits; dotted ones stand at the highest load that \
                             keeps a promise. Bars around points are 95 % intervals.";

fn charts(request: &PlotRequest<'_>) -> Vec<Figures> {
    let curve = Chart { captions: vec![CURVE_CAPTION.to_owned()], ..plot(request) };
    vec![
        Figures::of("Under rising load", curve),
        Figures::of("Throughput against speed", frontier_chart(request)),
        Figures::of("How latencies are spread", distribution_chart(request)),
    ]
}

/// What machines reported over time: of each run by itself, since runs have their own clocks.
fn timelines(request: &ReportRequest<'_>) -> Vec<Figures> {
    let of = |run: &ReportedRun| {
        let (recording, loads) = run.recording.as_ref()?;
        let runs = [Timeline { name: &run.curve.name, recording, loads }];
        let kinds = [
            ("KV cache while it ran", TimelineKind::Kv),
            ("Memory while it ran", TimelineKind::Memory),
        ];
        let heading = |what: &str| match request.runs {
            [_] => what.to_owned(),
            _ => format!("{what}: {}", run.curve.name),
        };
        let figures = kinds.into_iter().filter_map(|(what, kind)| {
            Some(Figures::of(&heading(what), timeline_chart(kind, &runs)?))
        });
        Some(figures.collect::<Vec<_>>())
    };
    request.runs.iter().filter_map(of).flatten().collect()
}

impl Figures {
    fn of(heading: &str, chart: Chart) -> Self {
        let key = |Named { label, hue }: Named| Key { label, hue: hue % 7 };
        let panels = chart.panels.iter();
        Self {
            heading: heading.to_owned(),
            panels: panels
                .map(|panel| Figure { title: panel.title.clone(), svg: panel_svg(panel, PANEL) })
                .collect(),
            legend: chart.legend.into_iter().map(key).collect(),
            captions: chart.captions,
        }
    }
}

impl From<Grid> for Table {
    fn from(grid: Grid) -> Self {
        let head = |column: crate::grid::Column| Head {
            title: column.title,
            unit: column.unit,
            is_number: column.side == Side::Right,
        };
        let row = |row: Vec<crate::grid::Cell>| row.iter().map(crate::grid::Cell::shown).collect();
        let mut rows: Vec<Vec<String>> = grid.rows.into_iter().map(row).collect();
        for nth in 0..grid.columns.len() {
            align(rows.iter_mut().filter_map(|row| row.get_mut(nth)));
        }
        Self { columns: grid.columns.into_iter().map(head).collect(), rows, footers: grid.footers }
    }
}
