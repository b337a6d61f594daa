//! What failed, why, and what to do about it.

use crate::address::job_path;
use convsweep_progress::JobStanding;
use convsweep_store::FailureRow;
use maud::{Markup, html};

/// Characters of the end of a log that are shown.
const LOG_END: usize = 2000;

/// The failed attempts; empty if there are none.
pub fn failures(rows: &[FailureRow]) -> Markup {
    if rows.is_empty() {
        return Markup::default();
    }
    html! {
        section {
            h2 { "Failures" }
            @for row in rows { (failure(row)) }
        }
    }
}

fn failure(row: &FailureRow) -> Markup {
    let first_line = row.detail.lines().next().unwrap_or_default();
    html! {
        div class="failure" {
            p {
                a href=(job_path(&row.job)) { (row.label) ", seed " (row.seed) }
                ": " strong { (row.outcome) }
                @if !first_line.is_empty() { ", " (first_line) }
                @if row.is_mended { " (a later attempt finished)" }
            }
            @if !row.is_mended {
                p class="muted" { (JobStanding::Failed(row.outcome.clone()).advice()) }
            }
            @if !row.stderr.is_empty() {
                details { summary { "End of its log" } pre { (end_of(&row.stderr)) } }
            }
        }
    }
}

/// The last characters of a text.
pub fn end_of(text: &str) -> &str {
    let start = text.char_indices().rev().take(LOG_END).last();
    start.map_or("", |(start, _)| &text[start..])
}
