//! A run as a file to keep.

use super::asked::RunsAsked;
use super::kept::Gathered;
use super::page::gather;
use crate::app::App;
use crate::error::WebError;
use crate::reply::Reply;
use farebox_price::{Note, PriceSettings, PriceSheet, price};
use farebox_report::{
    Format, PlotRequest, ReportRequest, frontier_chart, plot, render_curve, render_sheet,
    report_html, report_markdown, to_svg,
};

/// What is handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    CurveJson,
    CurveCsv,
    PriceJson,
    PriceCsv,
    CurveSvg,
    FrontierSvg,
    Html,
    Markdown,
}

impl Form {
    /// Every form with its name in addresses, what a file of it is called, and what it is.
    const ALL: [(Self, &str, &str, &str); 8] = [
        (Self::CurveJson, "json", "curve.json", "application/json"),
        (Self::CurveCsv, "csv", "curve.csv", "text/csv; charset=utf-8"),
        (Self::PriceJson, "prices", "prices.json", "application/json"),
        (Self::PriceCsv, "prices-csv", "prices.csv", "text/csv; charset=utf-8"),
        (Self::CurveSvg, "svg", "curve.svg", "image/svg+xml"),
        (Self::FrontierSvg, "frontier", "frontier.svg", "image/svg+xml"),
        (Self::Html, "html", "report.html", "text/html; charset=utf-8"),
        (Self::Markdown, "markdown", "report.md", "text/markdown; charset=utf-8"),
    ];

    /// The names, for a hint.
    pub(super) const NAMES: &str = "json, csv, prices, prices-csv, svg, frontier, html or markdown";

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, own, ..)| *own == name).map(|(form, ..)| form)
    }
}

/// The run that is asked for, as a file.
pub(super) async fn answer(app: &App, asked: &RunsAsked, form: Form) -> Result<Reply, WebError> {
    let gathered = gather(app, asked).await?;
    let text = text(&gathered, form)?;
    let known = Form::ALL.into_iter().find(|(own, ..)| *own == form);
    let (_, _, file, content_type) =
        known.ok_or_else(|| WebError::broken("a form without a name"))?;
    Reply::download(content_type, file, text)
}

/// The first of the runs as `form` has it.
pub(crate) fn text(gathered: &Gathered, form: Form) -> Result<String, WebError> {
    let Gathered { runs, slos, .. } = gathered;
    let run = runs.first().ok_or_else(|| WebError::broken("no run was read"))?;
    let request = ReportRequest { runs, slos };
    let curves = std::slice::from_ref(&run.curve);
    let plots = PlotRequest { curves, slos, price: run.price.as_ref() };
    let broken = |error: farebox_report::RenderError| WebError::broken(error.to_string());
    match form {
        Form::CurveJson => render_curve(&run.curve, Format::Json).map_err(broken),
        Form::CurveCsv => render_curve(&run.curve, Format::Csv).map_err(broken),
        Form::PriceJson => render_sheet(&sheet(gathered)?, Format::Json).map_err(broken),
        Form::PriceCsv => render_sheet(&sheet(gathered)?, Format::Csv).map_err(broken),
        Form::CurveSvg => Ok(to_svg(&plot(&plots))),
        Form::FrontierSvg => Ok(to_svg(&frontier_chart(&plots))),
        Form::Html => report_html(&request).map_err(broken),
        Form::Markdown => Ok(report_markdown(&request)),
    }
}

/// What the first run costs at each promise.
fn sheet(gathered: &Gathered) -> Result<PriceSheet, WebError> {
    let unknown = || {
        WebError::refused("no_price", "nobody said what the machine costs")
            .hint("price_per_hour=2.50 in the address is what the whole machine costs")
    };
    let run = gathered.runs.first().ok_or_else(|| WebError::broken("no run was read"))?;
    let known = run.price.clone().ok_or_else(unknown)?;
    let settings = PriceSettings { slos: gathered.slos.clone(), ..known };
    let mut sheet = price(std::slice::from_ref(&run.curve), &settings)
        .map_err(|error| WebError::refused("price", error.to_string()))?;
    sheet.notes.extend(Note::of_verdict(run.verdict.as_ref()).map(|note| note.to_string()));
    Ok(sheet)
}
