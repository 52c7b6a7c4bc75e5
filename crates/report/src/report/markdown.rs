//! The report for a pull request: verdict, one line a tier, and the tables.

use super::ReportRequest;
use super::headline::headlines;
use super::trouble::judgements;
use crate::grid::escaped;
use crate::tables::{compare_table, curve_table, price_tables};
use farebox_core::compare::{MIN_EFFECT, compare};
use std::fmt::Write;

/// Ends with a line feed.
pub fn report_markdown(request: &ReportRequest<'_>) -> String {
    let mut text = format!("### {}\n\n", escaped(&request.title()));
    for judgement in judgements(request) {
        let of = if request.runs.len() > 1 {
            format!(" {}", escaped(&judgement.run))
        } else {
            String::new()
        };
        push(&mut text, format_args!("**{}**{of}: {}\n", judgement.word, judgement.meaning));
        for why in &judgement.reasons {
            let (code, evidence, hint) = (&why.code, escaped(&why.evidence), escaped(&why.hint));
            push(&mut text, format_args!("- {code}: {evidence}. Try: {hint}.\n"));
        }
        text.push('\n');
    }
    for headline in headlines(request) {
        let (tier, promise) = (escaped(&headline.tier), escaped(&headline.promise));
        push(&mut text, format_args!("- **{tier}** ({promise}): {}\n", escaped(&headline.line())));
    }
    text.push('\n');
    let curves = request.curves();
    for prices in price_tables(&request.sheets()) {
        text += &prices.to_markdown();
        text.push('\n');
    }
    if let Some(Ok(comparison)) = (curves.len() > 1).then(|| compare(&curves, MIN_EFFECT)) {
        text += &compare_table(&comparison).to_markdown();
        text.push('\n');
    }
    text += "<details><summary>Load by load</summary>\n\n";
    text += &curve_table(&curves).to_markdown();
    text + "\n</details>\n"
}

fn push(text: &mut String, words: std::fmt::Arguments<'_>) {
    // Writing into a string cannot fail.
    let _ = text.write_fmt(words);
}
