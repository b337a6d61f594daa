//! The answer and the warnings.

use maud::{Markup, html};

/// Paragraphs, the first one as the lead.
pub fn section(answer: &[String], warnings: &[String]) -> Markup {
    html! {
        section class="answer" {
            h2 { "Answer" }
            @for (i, paragraph) in answer.iter().enumerate() {
                p class=[(i == 0).then_some("lead")] { (paragraph) }
            }
            @for warning in warnings {
                p class="warning" { strong { "Note." } " " (warning) }
            }
        }
    }
}

/// What is worth knowing beyond the answer; empty if there is nothing.
pub fn details(title: &str, details: &[String]) -> Markup {
    html! {
        @if !details.is_empty() {
            section {
                h2 { (title) }
                ul { @for detail in details { li { (detail) } } }
            }
        }
    }
}
