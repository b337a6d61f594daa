//! The page over several experiments: the same choices, with their ranks.

use super::document::{contents, document, header};
use super::table::{TableRow, wide_table};
use super::{answer, charts};
use crate::charts::Chart;
use crate::ranking::MetricFormat;
use crate::tables::{MISSING, TextTable, is_best};
use convsweep_answers::{AcrossExperiments, ExperimentColumn};
use convsweep_spec::words::{counted, shortened};
use convsweep_statistics::friedman::Friedman;
use maud::{Markup, html};

/// Names in the heading at most.
const MOST_NAMES: usize = 12;
/// Columns of more experiments than this are narrow on paper.
const MANY: usize = 5;
/// Characters of a content hash that are shown.
const HASH: usize = 13;

/// The contents of the page.
pub struct AcrossPage<'a> {
    /// The choices.
    pub across: &'a AcrossExperiments,
    /// Their table.
    pub table: &'a TextTable,
    /// Warnings.
    pub warnings: &'a [String],
    /// Charts with their SVG documents.
    pub charts: &'a [(Chart, String)],
}

impl AcrossPage<'_> {
    /// The page as an HTML document.
    pub fn html(&self) -> String {
        let experiments = &self.across.experiments;
        let names: Vec<&str> = experiments.iter().map(|e| e.name.as_str()).collect();
        let title = match names.len() > MOST_NAMES {
            true => format!("{} and more", names[..MOST_NAMES].join(", ")),
            false => names.join(", "),
        };
        let kind = counted(names.len() as u64, "experiment");
        let sections = html! {
            (header(&kind, &title, Some("Which choice is better over all of them?")))
            (answer::section(&self.across.sentences(), self.warnings))
            (answer::details("What to know before relying on it", &self.across.caveats()))
            (contents(self.charts))
            (self.choices())
            (charts::sections(self.charts))
            (self.tests())
            (self.experiments())
        };
        document(&title, &sections)
    }

    fn choices(&self) -> Markup {
        let mut rows = Vec::new();
        for (choice, cells) in self.across.choices.iter().zip(&self.table.rows) {
            let bold = (0..cells.len()).filter(|i| is_best(choice, *i));
            rows.push(TableRow {
                bold: bold.collect(),
                ..TableRow::plain(cells)
            });
        }
        let class = match self.across.experiments.len() > MANY {
            true => "choices many",
            false => "choices",
        };
        html! {
            section class=(class) {
                h2 { "Choices and experiments" }
                p class="caption" { (caption(self.across)) }
                (wide_table(&self.table.columns, &rows))
                p class="caption" {
                    "The table for a thesis: " a href="choices.tex" { "LaTeX" } ", and for further \
                     work: " a href="choices.csv" { "CSV" } "."
                }
            }
        }
    }

    /// The figures of the tests; empty without ranks.
    fn tests(&self) -> Markup {
        let Some(ranks) = &self.across.ranks else {
            return Markup::default();
        };
        let across_size = (self.across.experiments.len(), self.across.common);
        let critical = ranks.critical_difference.map(|c| format!("{c:.4}"));
        html! {
            section {
                h2 { "The tests" }
                table class="facts" {
                    tr {
                        th scope="row" { "Friedman's test" }
                        td {
                            (friedman_in_words(across_size, &ranks.friedman))
                        }
                    }
                    tr {
                        th scope="row" { "Critical difference" }
                        td {
                            (critical.unwrap_or(MISSING.into()))
                            " (Nemenyi 1963, 5 % over all pairs; Demšar 2006)"
                        }
                    }
                }
            }
        }
    }

    /// The experiments with their own reports.
    fn experiments(&self) -> Markup {
        let columns = ["experiment", "best choice", "jobs", "metric", "images"];
        html! {
            section class="provenance" {
                h2 { "Where this comes from" }
                p class="caption" {
                    "Each experiment has a report of its own. " code {
                        "convsweep compare A B"
                    } " says in which keys of the files two experiments differ."
                }
                div class="wide" tabindex="0" role="group" aria-label="experiments" {
                    table {
                        thead { tr { @for column in columns { th scope="col" { (column) } } } }
                        tbody {
                            @for column in &self.across.experiments { (experiment_row(column)) }
                        }
                    }
                }
                p class="caption" { "Rendered by convsweep " (env!("CARGO_PKG_VERSION")) "." }
            }
        }
    }
}

/// Friedman's test of this many experiments and choices.
fn friedman_in_words((experiments, choices): (usize, usize), friedman: &Friedman) -> String {
    format!(
        "χ² = {:.4} with {} of freedom, p = {:.4}; as F (Iman and Davenport 1980), which is used, \
         p = {:.4}; {experiments} experiments, {choices} choices",
        friedman.chi_square,
        counted(choices as u64 - 1, "degree"),
        friedman.chi_square_p,
        friedman.p
    )
}

fn caption(across: &AcrossExperiments) -> String {
    let metric = match (across.experiments.first(), across.has_one_metric()) {
        (Some(first), true) => {
            let label = MetricFormat::from(&first.metric).label();
            format!("The {label} of each choice")
        }
        _ => "The metric of each experiment for each choice".to_string(),
    };
    let left_out = match across.left_out().len() {
        0 => String::new(),
        n => format!(
            " {} without a result in some experiment: below the others, not ranked.",
            counted(n as u64, "choice")
        ),
    };
    format!(
        "{metric}: mean ± standard deviation over runs (n, or n of planned runs). Bold: the best \
         of the experiment; * may be the best of it, with a probability of at least 95 % in each \
         experiment by itself.{left_out}"
    )
}

fn experiment_row(column: &ExperimentColumn) -> Markup {
    let images = match (&column.data, column.has_several_sets) {
        (_, true) => "several sets".to_string(),
        (Some((data, hash)), false) => {
            let limit = data.limit.map(|limit| format!(", limit {limit}"));
            let hash = shortened(hash, HASH);
            format!(
                "{}{} ({hash})",
                data.source.name(),
                limit.unwrap_or_default()
            )
        }
        (None, false) => MISSING.to_string(),
    };
    html! {
        tr {
            td { a href={ "../" (column.name) "/report.html" } { (column.name) } }
            td { (column.best.as_deref().unwrap_or(MISSING)) }
            td { (column.ended()) " of " (column.jobs) " ended" }
            td { (MetricFormat::from(&column.metric).words()) }
            td { (images) }
        }
    }
}
