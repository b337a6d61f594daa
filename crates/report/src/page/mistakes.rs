//! The surest mistakes by name, so that their files can be looked at.

use super::table::{TableRow, wide_table};
use crate::job_files::{JobFiles, KeptImage};
use crate::ranking::{Ranking, class_name};
use convsweep_spec::words::counted;
use maud::{Markup, html};
use std::collections::BTreeSet;

/// The mistakes of the network whose images are shown, the surest first; empty without any.
pub fn section(ranking: &Ranking, files: &JobFiles, has_predictions: bool) -> Markup {
    let run = ranking.shown_run();
    let Some(predictions) = run.and_then(|run| files.predictions_of(run)) else {
        return Markup::default();
    };
    let mut mistakes: Vec<&KeptImage> = predictions.images.iter().collect();
    mistakes.retain(|kept| !kept.is_correct());
    mistakes.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    let mut seen = BTreeSet::new();
    mistakes.retain(|kept| seen.insert(kept.index));
    if mistakes.is_empty() {
        return Markup::default();
    }
    let classes = &ranking.revision.classes;
    let mut cells = Vec::with_capacity(mistakes.len());
    for kept in &mistakes {
        cells.push(vec![
            files.image_name(predictions.part, kept.index),
            class_name(classes, kept.label.into()),
            class_name(classes, kept.predicted.into()),
            format!("{:.1} %", kept.probability * 100.0),
        ]);
    }
    let rows: Vec<TableRow> = cells.iter().map(|row| TableRow::plain(row)).collect();
    let images = format!("{} images", predictions.part.name());
    let command = format!("convsweep predictions {}", ranking.revision.experiment);
    let columns = ["image", "true class", "predicted class", "probability"];
    html! {
        section id="mistakes" {
            details {
                summary { "Which images are the surest mistakes? "
                    (counted(mistakes.len() as u64, "image")) }
                p class="caption" {
                    "Mistakes on the " (images) " of which a picture is kept, the surest first, by "
                    "the network of seed " (run.map_or(0, |run| run.job.seed)) ". Images are named \
                     by their files where the set consists of files and has been decoded on this \
                     machine, else numbered from 0 in the order of the set. The predictions for all images "
                    @if has_predictions { "are in " code { "predictions.csv" } "." }
                    @else { "are printed by " code { (command) } "." }
                }
                (wide_table(&columns, &rows))
            }
        }
    }
}
