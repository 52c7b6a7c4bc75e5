//! Style and scripts, embedded.

use crate::reply::Reply;
use farebox_report::CHART_CSS;

const FILES: [(&str, &str, &str); 4] = [
    ("chart.css", "text/css; charset=utf-8", CHART_CSS),
    ("farebox.css", "text/css; charset=utf-8", include_str!("assets/farebox.css")),
    ("calculator.js", "text/javascript; charset=utf-8", include_str!("assets/calculator.js")),
    ("icon.svg", "image/svg+xml", include_str!("assets/icon.svg")),
];

/// The file called `name`; there are no others, whatever the name looks like.
pub(crate) fn find(name: &str) -> Option<Reply> {
    let (_, content_type, text) = FILES.into_iter().find(|(own, ..)| *own == name)?;
    Some(Reply::asset(content_type, text))
}
