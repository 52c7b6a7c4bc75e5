//! Style and scripts, embedded.

use crate::reply::Reply;
use farebox_report::CHART_CSS;
use farebox_report::report::REPORT_CSS;

const FILES: [(&str, &str, &str); 8] = [
    ("chart.css", "text/css; charset=utf-8", CHART_CSS),
    ("charts.js", "text/javascript; charset=utf-8", include_str!("assets/charts.js")),
    ("report.css", "text/css; charset=utf-8", REPORT_CSS),
    ("runs.css", "text/css; charset=utf-8", include_str!("assets/runs.css")),
    ("runs.js", "text/javascript; charset=utf-8", include_str!("assets/runs.js")),
    ("farebox.css", "text/css; charset=utf-8", include_str!("assets/farebox.css")),
    ("calculator.js", "text/javascript; charset=utf-8", include_str!("assets/calculator.js")),
    ("icon.svg", "image/svg+xml", include_str!("assets/icon.svg")),
];

/// The file called `name`; there are no others, whatever the name looks like.
pub(crate) fn find(name: &str) -> Option<Reply> {
    let (_, content_type, text) = FILES.into_iter().find(|(own, ..)| *own == name)?;
    Some(Reply::asset(content_type, text))
}
