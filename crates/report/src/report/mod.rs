//! Runs as something to read and to hand on: an HTML file, Markdown, or a screenful.
//!
//! Reading order: [`ReportRequest`] (what is reported), `headline` (what a token must cost),
//! `trouble` (verdicts and failures), `facts` (what answered what), `method` (how it was measured),
//! `definitions` (plain words), then the forms: `html`, `markdown`, `terminal`.

mod definitions;
mod facts;
mod headline;
mod html;
mod markdown;
mod method;
mod terminal;
mod trouble;

pub use headline::{Headline, headlines};
pub use html::{REPORT_CSS, report_body, report_html};
pub use markdown::report_markdown;
pub use terminal::{Screen, report_terminal};

use farebox_core::{LoadCurve, RunManifest, Slo, TelemetrySample, Verdict};
use farebox_price::{PriceSettings, PriceSheet};

/// A run as a report sees it. Of an estimate or a foreign file there is the curve alone.
#[derive(Debug, Clone)]
pub struct ReportedRun {
    /// Its curve, under a name that no other run of the report has.
    pub curve: LoadCurve,
    /// How it was made.
    pub manifest: Option<RunManifest>,
    /// What its machine costs, where that is known. Its own promises are not looked at.
    pub price: Option<PriceSettings>,
    /// Whether it can be believed.
    pub verdict: Option<Verdict>,
    /// What the engine and the accelerators said meanwhile.
    pub telemetry: Vec<TelemetrySample>,
}

/// What to report.
#[derive(Debug, Clone, Copy)]
pub struct ReportRequest<'a> {
    /// The runs; the first is the baseline of comparisons.
    pub runs: &'a [ReportedRun],
    /// The promises asked about; none asks for the highest throughput.
    pub slos: &'a [Slo],
}

impl ReportRequest<'_> {
    fn curves(&self) -> Vec<LoadCurve> {
        self.runs.iter().map(|run| run.curve.clone()).collect()
    }

    /// Runs at all promises, a sheet for each bill; runs of an unknown price are in none.
    fn sheets(&self) -> Vec<PriceSheet> {
        let mut bills: Vec<&PriceSettings> = Vec::new();
        for price in self.runs.iter().filter_map(|run| run.price.as_ref()) {
            if !bills.contains(&price) {
                bills.push(price);
            }
        }
        let sheet = |bill: &PriceSettings| {
            let billed = self.runs.iter().filter(|run| run.price.as_ref() == Some(bill));
            let curves: Vec<LoadCurve> = billed.map(|run| run.curve.clone()).collect();
            let settings = PriceSettings { slos: self.slos.to_vec(), ..bill.clone() };
            farebox_price::price(&curves, &settings).ok()
        };
        bills.into_iter().filter_map(sheet).collect()
    }

    /// What every run costs, where they cost the same.
    fn one_price(&self) -> Option<&PriceSettings> {
        let first = self.runs.first()?.price.as_ref()?;
        self.runs.iter().all(|run| run.price.as_ref() == Some(first)).then_some(first)
    }

    fn title(&self) -> String {
        match self.runs {
            [] => "No run".to_owned(),
            [one] => one.curve.name.clone(),
            [first, others @ ..] => {
                let others: Vec<&str> = others.iter().map(|run| run.curve.name.as_str()).collect();
                format!("{} against {}", others.join(", "), first.curve.name)
            }
        }
    }
}
