//! The page as a whole: its head, its sections in order, its style and fonts.

use super::{answer, charts, comparisons, images, leaderboard, mistakes, provenance, stages};
use crate::charts::Chart;
use crate::draw::font::{BOLD, FAMILY, REGULAR};
use crate::job_files::JobFiles;
use crate::printable::without_controls;
use crate::ranking::Ranking;
use crate::tables::TextTable;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The page's style sheet.
pub const STYLE: &str = include_str!("style.css");

/// Where everything begins that follows the leaderboard: the page of a running sweep shows it when
/// the report is there.
pub const AFTER_LEADERBOARD: &str = "<!-- after the leaderboard -->";

/// The contents of the page.
pub struct Page<'a> {
    /// The configurations, the best first.
    pub ranking: &'a Ranking<'a>,
    /// The answer's paragraphs.
    pub answer: &'a [String],
    /// Warnings.
    pub warnings: &'a [String],
    /// The leaderboard.
    pub leaderboard: &'a TextTable,
    /// Files of the jobs.
    pub files: &'a JobFiles,
    /// Whether the report has a file with the predictions for all images.
    pub has_predictions: bool,
    /// Charts with their SVG documents.
    pub charts: &'a [(Chart, String)],
}

impl Page<'_> {
    /// The page as an HTML document.
    pub fn html(&self) -> String {
        let revision = self.ranking.revision;
        let title = revision.experiment.as_str();
        let sections = html! {
            (header("Experiment", title, revision.question.as_deref()))
            (answer::section(self.answer, self.warnings))
            (answer::details("In more detail", &self.ranking.answers.details()))
            (leaderboard::section(self.ranking, self.leaderboard))
            (PreEscaped(AFTER_LEADERBOARD))
            (contents(self.charts))
            (stages::section(self.ranking))
            (leaderboard::further_scores(self.ranking))
            (comparisons::section(self.ranking))
            (charts::sections(self.charts))
            (mistakes::section(self.ranking, self.files, self.has_predictions))
            (images::section(self.ranking))
            (provenance::section(self.ranking))
        };
        document(title, &sections)
    }
}

/// A whole page around its sections.
pub fn document(title: &str, sections: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " – report" }
                style { (PreEscaped(fonts())) (PreEscaped(STYLE)) }
            }
            body { main { (sections) } }
        }
    };
    without_controls(page.into_string())
}

/// What the page is about.
pub fn header(kind: &str, title: &str, question: Option<&str>) -> Markup {
    html! {
        header {
            p class="kind" { (kind) }
            h1 { (title) }
            @if let Some(question) = question {
                p class="question" { (question) }
            }
        }
    }
}

/// Links to the charts.
pub fn contents(charts: &[(Chart, String)]) -> Markup {
    html! {
        @if !charts.is_empty() {
            nav aria-label="Charts" {
                @for (chart, _) in charts {
                    a href={ "#" (chart.name) } { (chart.title) }
                }
            }
        }
    }
}

/// The embedded fonts as CSS.
fn fonts() -> String {
    let mut css = String::new();
    for (bytes, weight) in [(REGULAR, 400), (BOLD, 600)] {
        let data = STANDARD.encode(bytes);
        css += &format!(
            "@font-face {{ font-family: \"{FAMILY}\"; font-weight: {weight}; \
             src: url(data:font/otf;base64,{data}) format(\"opentype\"); }}\n"
        );
    }
    css
}
