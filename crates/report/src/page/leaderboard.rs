//! The leaderboard and the further scores.

use super::table::{TableRow, wide_table};
use crate::ranking::Ranking;
use crate::tables::{TextTable, scores};
use maud::{Markup, html};

/// The leaderboard, with the best and the baseline highlighted.
pub fn section(ranking: &Ranking, table: &TextTable) -> Markup {
    let mut rows = Vec::with_capacity(table.rows.len());
    for (rank, cells) in table.rows.iter().enumerate() {
        let class = if rank == 0 && ranking.ranked > 0 {
            Some("best")
        } else if Some(rank) == ranking.baseline {
            Some("baseline")
        } else {
            None
        };
        rows.push(TableRow::classed(class, cells));
    }
    let test_figures = if ranking.revision.show_test {
        "The file asks for the test figures of all configurations."
    } else {
        "Test figures are shown for the chosen configuration and the baseline only, so that \
         nobody chooses by them."
    };
    html! {
        section {
            h2 { "Leaderboard" }
            p class="caption" {
                @if ranking.answers.some_do_not_train {
                    "Trained: runs above the chance level. "
                }
                "Ordered by " (ranking.metric.words()) " alone; mean ± standard deviation over \
                 runs, 95 % interval of the expected result with the spread that all \
                 configurations teach, n: finished of planned runs. * may be the best: with a \
                 probability of at least 95 % the truly best one is among these. \
                 MACs: multiply-accumulate operations for one image. Time: training one run, \
                 without epochs that were taken over from another job. " (test_figures)
            }
            (wide_table(&table.columns, &rows))
        }
    }
}

/// Scores other than the one that configurations are compared by; empty if none were recorded.
pub fn further_scores(ranking: &Ranking) -> Markup {
    let Some(table) = scores(ranking) else {
        return Markup::default();
    };
    let rows: Vec<TableRow> = table.rows.iter().map(|row| TableRow::plain(row)).collect();
    html! {
        section {
            details {
                summary { "Further scores" }
                p class="caption" {
                    "On the validation images, by the weights that are kept; mean ± standard \
                     deviation over runs. Macro: the mean over the classes, each counting the \
                     same. ROC-AUC: of each class against the rest. Calibration error: how far \
                     the probability of the predicted class is from the share of correct \
                     predictions, over 15 bins. Precision, recall and F1 of each class: "
                    code { "convsweep query \"select * from per_class\"" } "."
                }
                (wide_table(&table.columns, &rows))
            }
        }
    }
}
