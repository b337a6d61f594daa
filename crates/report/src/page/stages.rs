//! What the stages of the file chose, with the figures that were known when they chose.

use super::table::{TableRow, wide_table};
use crate::ranking::{MetricFormat, Ranking};
use crate::tables::MISSING;
use convsweep_spec::log::{Choice, Evidence};
use maud::{Markup, html};

/// A table for each stage; empty if the file has no stages.
pub fn section(ranking: &Ranking) -> Markup {
    let choices = &ranking.revision.decisions;
    if choices.is_empty() {
        return Markup::default();
    }
    html! {
        section class="stages" {
            h2 { "Stages" }
            p class="caption" {
                "Each stage starts from what the one before it chose. The figures are those that \
                 were known when it chose; a choice is kept until " code { "--redecide" }
                " makes it again. The best of many looks better than it is: a figure measured on \
                 the images by which it was chosen is not an independent estimate."
            }
            @for choice in choices {
                (stage(choice, &ranking.metric))
            }
        }
    }
}

fn stage(choice: &Choice, metric: &MetricFormat) -> Markup {
    let columns = ["configuration", &metric.words(), "standard deviation", "n"];
    let cells: Vec<[String; 4]> = choice.evidence.iter().map(|e| row(e, metric)).collect();
    let mut rows = Vec::with_capacity(cells.len());
    for (i, cells) in cells.iter().enumerate() {
        let class = (i == 0).then_some("best");
        rows.push(TableRow::classed(class, cells));
    }
    html! {
        details open {
            summary { (choice.stage) ": " (choice.label) }
            (wide_table(&columns, &rows))
        }
    }
}

fn row(evidence: &Evidence, metric: &MetricFormat) -> [String; 4] {
    let sd = evidence.deviation;
    [
        evidence.label.clone(),
        metric.number(evidence.mean.0),
        sd.map_or(MISSING.into(), |sd| metric.number(sd.0)),
        evidence.n.to_string(),
    ]
}
